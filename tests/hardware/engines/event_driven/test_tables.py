"""Look-ups give the entries of a table, on every kind of processor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import pytest
from numpy.typing import NDArray
from processors import runs_here

from hardware.definition.arithmetic import TABLE_ENTRIES
from hardware.engines.event_driven import tables
from hardware.engines.event_driven.processors import PROCESSORS
from hardware.engines.event_driven.tables import MANY, SOME, of_places

TABLE = np.random.default_rng(0).integers(-(2**15), 2**15, TABLE_ENTRIES).astype(np.int16)


def compiled(count: int) -> Callable[[NDArray[Any]], None]:
    """A function that looks up `count` places at a time, compiled for the processor of now."""
    own = of_places(count)

    @numba.njit
    def run(values: Any, table: Any) -> None:
        for start in range(0, len(values), count):
            own(values, start, table)

    return lambda values: run(values, TABLE)


@pytest.mark.parametrize("number", [np.int32, np.int64])
@pytest.mark.parametrize("count", [MANY, SOME])
@pytest.mark.parametrize("processor", PROCESSORS, ids=lambda each: each.product or "plain")
def test_every_kind_of_processor_reads_every_entry(
    processor: Any, count: int, number: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not runs_here(processor):
        pytest.skip("this machine lacks the instruction")
    monkeypatch.setattr(tables, "processor_of", lambda _: processor)
    places = np.concatenate([np.arange(TABLE_ENTRIES), np.arange(TABLE_ENTRIES)[::-1]])
    values = places.astype(number)
    compiled(count)(values)
    assert np.array_equal(values, TABLE[places])


@numba.njit
def whole(values: Any, table: Any) -> None:
    tables.look_up(values, table)


@pytest.mark.parametrize("length", [0, 1, 7, 8, 31, 32, 33, 40, 71, 127])
def test_every_place_of_a_row_is_looked_up_once(length: int) -> None:
    places = np.random.default_rng(length).integers(0, TABLE_ENTRIES, length)
    values = places.astype(np.int32)
    whole(values, TABLE)
    assert np.array_equal(values, TABLE[places])
