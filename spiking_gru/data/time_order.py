"""Rows of a table in the order of a column of times."""

from __future__ import annotations

import re
import warnings
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np

from hardware.errors import InputError, UnevenTimesWarning
from spiking_gru.data.tables import Table

ISO = re.compile(
    r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d{3}|\.\d{6})?)?(Z|[+-]\d\d:\d\d)?)?", re.ASCII
)
"""Dates and times in text: such as 2026-03-01, 2026-03-01 12:30, 2026-03-01T12:30:00+01:00."""

SAME_STEP = 1e-3
"""Relative difference of two steps in time that are taken for equal: clocks are rounded."""

LONGEST_STEP = 1.5
"""Multiple of the usual step above which a row is missing."""

MOSTLY = 0.9
"""Smallest share of equal steps of rows that are evenly spaced: not of months or working days."""

LONGEST_SHOWN = 40
"""Characters of a time in an error."""


def in_time_order(table: Table, time: str | None) -> Table:
    """Return a table with its rows in the order of the column `time`; equal times stay as they are.

    Times are numbers, dates, or text of either. Rows whose times are other text stay as they are.
    """
    keys = None if time is None else _keys(table, time)
    if keys is None:
        return table
    rows = np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.int64)
    return table if (np.diff(rows) > 0).all() else table.take(rows)


def require_time_order(table: Table, time: str) -> None:
    """Refuse rows whose times repeat or go back; warn of gaps between evenly spaced times.

    Rows whose times are text that is no number and no date are not compared.
    """
    keys = _keys(table, time)
    if keys is None:
        return
    for row, (before, now) in enumerate(pairwise(keys), start=1):
        if not before < now:
            found, remedy = "goes back", "sort the rows by time"
            if before == now:
                found, remedy = "repeats", "keep one of the rows"
            raise InputError(
                f"{table.where(row, time)} {found}: it is {_shown(table, time, row)}, after "
                f"{_shown(table, time, row - 1)} in {table.unit} {table.place(row - 1)}, expected "
                f"later times: {remedy}"
            )
    _warn_of_gaps(table, time, keys)


def _warn_of_gaps(table: Table, time: str, keys: list[Any]) -> None:
    steps = np.array([_length(now - before) for before, now in pairwise(keys)])
    step = float(np.median(steps)) if len(steps) else 0.0
    gaps = np.flatnonzero(steps > LONGEST_STEP * step) + 1
    even = np.isclose(steps, step, rtol=SAME_STEP, atol=0).sum()
    if len(gaps) and even >= MOSTLY * len(steps):
        more = f", and {len(gaps) - 1} more gap{'s' * (len(gaps) > 2)}" if len(gaps) > 1 else ""
        warnings.warn(
            f"{table.where(gaps[0], time)} is {_shown(table, time, gaps[0])}, after "
            f"{_shown(table, time, gaps[0] - 1)} in {table.unit} {table.place(gaps[0] - 1)}: rows "
            f"are missing between them{more}: add these rows, empty, and give "
            f"missing='interpolate'",
            UnevenTimesWarning,
            stacklevel=2,
        )


def _length(step: Any) -> float:
    """Return a difference of times as a number: seconds, or as it is."""
    return step.total_seconds() if isinstance(step, timedelta) else float(step)


def _shown(table: Table, time: str, row: int) -> str:
    """Return a time as its table has it, for an error."""
    return str(table.columns[time][row])[:LONGEST_SHOWN]


def _keys(table: Table, time: str) -> list[Any] | None:
    """Return what each row is sorted by; None where the times cannot be compared."""
    column = table.columns[table.require(time)]
    missing = np.flatnonzero([item == "" or item != item for item in column])
    if len(missing):
        raise InputError(
            f"{table.where(missing[0], time)} is missing: expected a time: fill it in, or leave "
            f"the row out"
        )
    try:
        keys = [_key(item) for item in column]
        sorted(keys)
    except (TypeError, ValueError):
        return None
    return keys


def _key(item: Any) -> Any:
    """Return what a time is sorted by."""
    if not isinstance(item, str):
        return item
    if ISO.fullmatch(item):
        return datetime.fromisoformat(item.replace("Z", "+00:00"))
    return float(item)
