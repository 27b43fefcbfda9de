"""Tiles multiply exactly, on every kind of processor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from processors import runs_here

from hardware.engines.event_driven import tiles
from hardware.engines.event_driven.arrays import owned, room
from hardware.engines.event_driven.memory import rows_of
from hardware.engines.event_driven.processors import PROCESSORS, Processor
from hardware.engines.event_driven.products import multiply
from hardware.engines.event_driven.tiles import PANEL, tile
from hardware.engines.event_driven.wiring import pack, packed_shape

INT16 = np.iinfo(np.int16)
EDGES = [INT16.min, INT16.min + 1, -1, 0, 1, INT16.max]

sizes = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 10_000),
        "sources": st.integers(1, 150),
        "targets": st.integers(1, 230),
        "count": st.integers(1, 17),
        "bits": st.integers(2, 8),
        "edges": st.booleans(),
    }
)


def product(
    run: Callable[..., Any],
    seed: int,
    sources: int,
    targets: int,
    count: int,
    bits: int,
    edges: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """The sums of a function like `multiply`, and those of NumPy."""
    rng = np.random.default_rng(seed)
    low = -(2 ** (bits - 1))
    weights = rng.integers(low, -low, (targets, sources)).astype(np.int8)
    if edges:
        weights = np.where(weights < 0, low, -low - 1).astype(np.int8)
    values = rows_of(count + 3, sources)
    shape = count + 3, sources
    numbers = rng.choice(EDGES, shape) if edges else rng.integers(INT16.min, INT16.max + 1, shape)
    values[:, :sources] = numbers
    packed = room(packed_shape(targets, sources), np.int8)
    pack(packed, weights.T)
    places = owned(rng.permutation(count + 3)[:count], np.int64)
    sums = room((count, len(packed) * PANEL), np.int32)
    run(packed, values, places, count, sums)
    assert not sums[:, targets:].any()
    return sums[:, :targets], numbers[places] @ weights.T.astype(np.int64)


@numba.njit
def multiplied(packed: Any, values: Any, places: Any, count: int, sums: Any) -> None:
    multiply(packed, values, places, count, sums)


@settings(deadline=None)
@given(size=sizes)
def test_sums_of_pairs_are_those_of_numpy(size: dict) -> None:
    found, expected = product(multiplied, **size)
    assert np.array_equal(found, expected)


@settings(deadline=None)
@given(size=sizes)
def test_sums_beyond_32_bits_are_exact_modulo_their_word(size: dict) -> None:
    found, expected = product(multiplied, **{**size, "sources": 700, "edges": True, "bits": 8})
    assert np.array_equal(found, expected.astype(np.int32))


def compiled_for(processor: Processor, rows: int, panels: int) -> Callable[..., None]:
    """As `multiply`, of one size of tiles, compiled for a kind of processor."""
    own = tile(rows, panels)

    @numba.njit
    def run(packed: Any, values: Any, places: Any, count: int, sums: Any) -> None:
        for first in range(0, count, rows):
            for panel in range(0, packed.shape[0] - panels + 1):
                own(values, places, first, count, packed, panel, sums)

    return run


@pytest.mark.parametrize("processor", PROCESSORS, ids=lambda each: each.product or "plain")
@pytest.mark.parametrize(("rows", "panels"), [(1, 1), (1, 6), (4, 3), (8, 1), (8, 3)])
def test_every_kind_of_processor_gives_the_same_sums(
    processor: Processor, rows: int, panels: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not runs_here(processor):
        pytest.skip("this machine lacks the instruction")
    monkeypatch.setattr(tiles, "processor_of", lambda _: processor)
    run = compiled_for(processor, rows, panels)
    for seed, (sources, count) in enumerate([(1, 1), (2, 3), (33, 8), (64, 13)]):
        for edges in (False, True):
            targets = PANEL * (panels + seed) - seed
            found, expected = product(run, seed, sources, targets, count, 8, edges)
            assert np.array_equal(found, expected)
