"""How far messages travel: cores laid out by `place` against cores in row order, and its time.

Hops are exact, from the loads of a run. All layouts fill the same number of tiles. The profile that
one of them is laid out for is a run of other sequences; what is least possible for the run itself
is found by trying every layout, where there are few enough.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

import numpy as np
from networks import NETWORKS, random_network, sparse_sequences

from hardware import core_loads, load_chip, place, run
from hardware.cost.core_loads import CoreLoads
from hardware.cost.placement.mesh import HOST_TILE, distances, places
from hardware.cost.placement.placing import expected_traffic, sent_in
from hardware.cost.projections import projections

STEPS = 100
LARGE = (500, (1650,), 10)
WIDTHS = {
    "cores": 6,
    "tiles": 6,
    "row order": 10,
    "laid out": 15,
    "for a profile": 15,
    "least possible": 15,
}
"""The columns of the table."""

MOST_TILES = 3
"""Up to which every layout is tried."""


def hops(loads: CoreLoads) -> int:
    return int(loads.hops_east_west.sum() + loads.hops_north_south.sum())


def groups(cores: tuple[int, ...], tiles: int, size: int) -> Iterator[list[tuple[int, ...]]]:
    """Every way to put cores on so many numbered tiles, each of which holds at most `size`."""
    if tiles == 0:
        yield []
        return
    fewest = max(0, len(cores) - (tiles - 1) * size)
    for number in range(fewest, min(size, len(cores)) + 1):
        for first in combinations(cores, number):
            rest = tuple(core for core in cores if core not in first)
            yield from ([first, *others] for others in groups(rest, tiles - 1, size))


def fewest_hops(traffic: np.ndarray, host: np.ndarray, size: int) -> int:
    """Of every layout on as few tiles as hold the cores.

    Tiles are tried within a square at the host's corner of as many columns and rows as there are
    tiles: from any layout beyond it a column or row without a core can be taken out, which makes no
    way longer.
    """
    cores = len(host)
    tiles = -(-cores // size)
    ways = list(groups(tuple(range(cores)), tiles, size))
    members = np.zeros((len(ways), tiles, cores))
    for i, way in enumerate(ways):
        for tile, group in enumerate(way):
            members[i, tile, list(group)] = 1
    between = (members.reshape(-1, cores) @ traffic).reshape(members.shape)
    between = np.einsum("wac,wbc->wab", between, members).reshape(len(ways), -1)
    arriving = members @ host
    square = np.stack(np.divmod(np.arange(tiles**2), tiles), axis=1)
    return min(
        int((between @ distances(at, at).ravel() + arriving @ distances(at, HOST_TILE)[:, 0]).min())
        for at in (square[list(chosen)] for chosen in combinations(range(tiles**2), tiles))
    )


def row(name: str, *figures: object) -> str:
    widths = WIDTHS.values()
    return f"{name:15}" + "".join(f"{f:>{n}}" for f, n in zip(figures, widths, strict=True))


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    chip = load_chip("loihi2")
    print(row("on " + chip.name, *WIDTHS))
    for name, shape in NETWORKS.items():
        rng = np.random.default_rng(0)
        program = random_network(rng, *shape)
        trace = run(program, sparse_sequences(rng, shape[0], 1, STEPS))
        profile = run(program, sparse_sequences(rng, shape[0], 1, STEPS))
        laid, profiled = place(program, chip), place(program, chip, profile=profile)
        in_order = replace(laid, tiles=places(chip.mesh, laid.chips)[: laid.total])
        ways = in_order, laid, profiled
        first, *others = (hops(core_loads(trace, program, way)) for way in ways)
        shown = [f"{first:,}", *(f"{n:,} {(n - first) / max(first, 1):+.1%}" for n in others)]
        least = "–"
        if laid.tiles_in_use <= MOST_TILES:
            ways = projections(program)
            traffic, host = expected_traffic(ways, laid.layers, sent_in(trace, program))
            least = f"{fewest_hops(traffic, host, chip.mesh.cores_per_tile):,}"
        print(row(name, laid.total, laid.tiles_in_use, *shown, least))
    program = random_network(np.random.default_rng(0), *LARGE)
    synapses = sum(int(np.count_nonzero(p.weights)) for p in projections(program))
    start = time.perf_counter()
    placement = place(program, chip)
    seconds = time.perf_counter() - start
    print(f"\n{synapses:,} synapses placed on {placement.total} cores in {seconds:.1f} s")


if __name__ == "__main__":
    main()
