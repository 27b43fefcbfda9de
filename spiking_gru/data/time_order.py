"""Rows of a table in the order of a column of times."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import numpy as np

from hardware.errors import InputError
from spiking_gru.data.tables import Table

ISO = re.compile(
    r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d{3}|\.\d{6})?)?(Z|[+-]\d\d:\d\d)?)?", re.ASCII
)
"""Dates and times in text: such as 2026-03-01, 2026-03-01 12:30, 2026-03-01T12:30:00+01:00."""


def in_time_order(table: Table, time: str | None) -> Table:
    """Return a table with its rows in the order of the column `time`; equal times stay as they are.

    Times are numbers, dates, or text of either. Rows whose times are other text stay as they are.
    """
    if time is None:
        return table
    column = table.columns[table.require(time)]
    missing = np.flatnonzero([item == "" or item != item for item in column])
    if len(missing):
        raise InputError(
            f"{table.where(missing[0], time)} is missing: expected a time: fill it in, or leave "
            f"the row out"
        )
    try:
        keys = [_key(item) for item in column]
        order = sorted(range(len(keys)), key=keys.__getitem__)
    except (TypeError, ValueError):
        return table
    rows = np.array(order, dtype=np.int64)
    return table if (np.diff(rows) > 0).all() else table.take(rows)


def _key(item: Any) -> Any:
    """Return what a time is sorted by."""
    if not isinstance(item, str):
        return item
    if ISO.fullmatch(item):
        return datetime.fromisoformat(item.replace("Z", "+00:00"))
    return float(item)
