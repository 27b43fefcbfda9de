"""Cores laid on the mesh so that messages travel few hops."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hardware.cost.chip import Mesh

Tiles = NDArray[np.int64]
"""(cores, 2): column and row of each core's tile; chips form one long mesh."""

HOST_TILE = np.zeros((1, 2), dtype=np.int64)
"""Where the host's messages enter the mesh: its first tile. No chip's own place is public."""


MOST_SHUFFLES, SHUFFLED_CORES = 10, 300
"""Shuffled starts of each shape: fewer of them the more cores there are."""


def offsets(a: Tiles, b: Tiles) -> NDArray[np.int64]:
    """(2, a, b): hops along the row and along the column from each tile of `a` to each of `b`."""
    return np.abs(a[:, np.newaxis] - b[np.newaxis]).transpose(2, 0, 1)


def distances(a: Tiles, b: Tiles) -> NDArray[np.int64]:
    """(a, b): hops from each tile of `a` to each of `b`."""
    return offsets(a, b).sum(axis=0)


def hops(traffic: NDArray[np.float64], host: NDArray[np.float64], tiles: Tiles) -> float:
    """Hops of all messages: from core to core, and from the host to each core."""
    between = (traffic * distances(tiles, tiles)).sum()
    return float(between + host @ distances(tiles, HOST_TILE)[:, 0])


def places(mesh: Mesh, chips: int) -> Tiles:
    """The tile of every core of that many chips: chip after chip, row after row."""
    chip, core = np.divmod(np.arange(chips * mesh.cores), mesh.cores)
    row, column = np.divmod(core // mesh.cores_per_tile, mesh.columns)
    return np.stack([chip * mesh.columns + column, row], axis=1)


def shapes(tiles: int, mesh: Mesh, chips: int) -> list[Tiles]:
    """Sets of that many tiles: blocks of every width, and the tiles nearest to the host's.

    Never more tiles than the cores fill: each makes every tick wait longer.
    """
    long = chips * mesh.columns
    widths = range(-(-tiles // mesh.rows), min(tiles, long) + 1)
    blocks = [np.stack(np.divmod(np.arange(tiles), width)[::-1], axis=1) for width in widths]
    everywhere = places(mesh, chips)[:: mesh.cores_per_tile]
    near = np.argsort(distances(everywhere, HOST_TILE)[:, 0], kind="stable")[:tiles]
    return [everywhere[:tiles], *blocks, everywhere[near]]


def lay_out(
    traffic: NDArray[np.float64], host: NDArray[np.float64], mesh: Mesh, chips: int
) -> Tiles:
    """A tile for each core: of every shape the best that a local search finds, and of those.

    It starts from the order of the cores, from a greedy order, and from shuffled ones. `traffic`
    holds messages from core to core, `host` those from the host to each core.
    """
    cores, rng = len(host), np.random.default_rng(0)
    tiles = -(-cores // mesh.cores_per_tile)
    idle = tiles * mesh.cores_per_tile - cores
    # A free place is a core that talks with nobody.
    both_ways = np.pad(traffic + traffic.T, (0, idle))
    np.fill_diagonal(both_ways, 0)
    from_host = np.pad(host, (0, idle))
    everywhere = places(mesh, chips)[:: mesh.cores_per_tile]
    found = []
    for shape in shapes(tiles, mesh, chips):
        apart, entry = _ways(shape, mesh.cores_per_tile)
        starts = [np.arange(len(entry)), _greedy(both_ways, from_host, apart, entry)]
        for _ in range(min(MOST_SHUFFLES, SHUFFLED_CORES // cores)):
            starts.append(rng.permutation(len(entry)))
        for start in starts:
            laid = _searched(both_ways, from_host, shape, start, cores, everywhere)
            found.append(laid[:cores])
    return min(found, key=lambda tiles: hops(traffic, host, tiles))


def _ways(shape: Tiles, size: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Hops between the places of that many tiles, and from the host to each."""
    seats = np.repeat(shape, size, axis=0)
    apart = distances(seats, seats).astype(np.float64)
    return apart, distances(seats, HOST_TILE)[:, 0].astype(np.float64)


def _searched(
    traffic: NDArray[np.float64],
    host: NDArray[np.float64],
    shape: Tiles,
    place: NDArray[np.int64],
    cores: int,
    everywhere: Tiles,
) -> Tiles:
    """The tile of each core, once neither two cores exchanged nor a whole tile moved saves hops."""
    size = len(place) // len(shape)
    while True:
        place = _exchanged(traffic, host, *_ways(shape, size), place, cores)
        moved = _moved(traffic, host, shape, place // size, everywhere)
        if moved is None:
            return shape[place // size]
        shape = moved


def _moved(
    traffic: NDArray[np.float64],
    host: NDArray[np.float64],
    shape: Tiles,
    tile: NDArray[np.int64],
    everywhere: Tiles,
) -> Tiles | None:
    """The tiles after the move of one to a free place that saves most hops; None if none does."""
    member = (tile == np.arange(len(shape))[:, np.newaxis]).astype(np.float64)
    between = member @ traffic @ member.T
    np.fill_diagonal(between, 0)
    arriving = member @ host
    there = between @ distances(shape, everywhere)
    there += np.outer(arriving, distances(everywhere, HOST_TILE)[:, 0])
    here = (between * distances(shape, shape)).sum(1) + arriving * distances(shape, HOST_TILE)[:, 0]
    taken = (distances(everywhere, shape) == 0).any(axis=1)
    change = np.where(taken, np.inf, there - here[:, np.newaxis])
    which, where = divmod(int(change.argmin()), len(everywhere))
    if change[which, where] > -1e-6:
        return None
    moved = shape.copy()
    moved[which] = everywhere[where]
    return moved


def _greedy(
    traffic: NDArray[np.float64],
    host: NDArray[np.float64],
    apart: NDArray[np.float64],
    entry: NDArray[np.float64],
) -> NDArray[np.int64]:
    """A place for each core: the next is the one that talks most with those that stand.

    It goes where its messages travel least; those without messages take the tiles that are left.
    """
    place = np.full(len(host), -1)
    free = np.ones(len(host), dtype=np.bool_)
    talks = host.copy()
    costs = np.outer(host, entry)
    for _ in range(len(host)):
        core = int(np.where(place < 0, talks, -1.0).argmax())
        where = int(np.where(free, costs[core], np.inf).argmin())
        place[core], free[where] = where, False
        talks += traffic[core]
        costs += np.outer(traffic[core], apart[where])
    return place


def _exchanged(
    traffic: NDArray[np.float64],
    host: NDArray[np.float64],
    apart: NDArray[np.float64],
    entry: NDArray[np.float64],
    place: NDArray[np.int64],
    cores: int,
) -> NDArray[np.int64]:
    """Exchange the places of two cores that save most hops, until no exchange saves any."""
    place = place.copy()
    costs = traffic @ apart[place] + np.outer(host, entry)
    while True:
        elsewhere = costs[:cores, place]  # of each core at the place of each other
        here = costs[np.arange(len(place)), place]
        back = costs[:, place[:cores]].T
        change = elsewhere + back - here[:cores, np.newaxis] - here
        change += 2 * traffic[:cores] * apart[place[:cores]][:, place]
        a, b = divmod(int(change.argmin()), len(place))
        if change[a, b] > -1e-6:
            return place
        moved = apart[place[b]] - apart[place[a]]
        costs += np.outer(traffic[:, a] - traffic[:, b], moved)
        place[[a, b]] = place[[b, a]]
