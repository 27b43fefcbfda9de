"""Tables of named columns, and the numbers in them; from CSV, Parquet, data frames or arrays."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import InputError, choose, name_fault, unknown_name
from hardware.sequences.dense import NO_ARRAY, NUMBERS, as_array

Column = NDArray[Any]

WHOLE, NAMED_BY_DIGITS = (re.compile(p, re.ASCII) for p in (r"[+-]?\d{1,30}", r"[+-]?0\d+"))
"""Text of whole numbers, and text of digits that is no number."""

LARGEST_NUMBER = float(np.finfo(np.float32).max)
"""Largest magnitude of a value; frames are kept as float32."""


def _interpolate(column: NDArray[np.float64]) -> NDArray[np.float64]:
    known = np.flatnonzero(~np.isnan(column))
    return np.interp(np.arange(len(column)), known, column[known])


def _hold(column: NDArray[np.float64]) -> NDArray[np.float64]:
    known = np.flatnonzero(~np.isnan(column))
    last = np.searchsorted(known, np.arange(len(column)), side="right") - 1
    return column[known[np.maximum(last, 0)]]


FILLS: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "interpolate": _interpolate,
    "hold": _hold,
    "zero": np.nan_to_num,
}
"""Ways to fill missing values of a column: on the line between its neighbours, the last value
before it (the first one at the start), or 0."""


@dataclass(frozen=True)
class Table:
    """Columns of equal length: numbers as float64, anything else as objects."""

    source: str
    """The file, or which frame: the start of every error."""

    columns: Mapping[str, Column]

    places: Sequence[int] = ()
    """The number of each row for errors; by default it is counted from 1."""

    unit: str = "row"
    """Unit of `places`: rows, or the lines of a file."""

    def numbers(self, names: Iterable[str], missing: str | None = None) -> NDArray[np.float64]:
        """Return columns of finite numbers as (rows, columns).

        `missing` names a way to fill gaps; without it a gap is an InputError.
        """
        if missing is not None:
            choose("way to fill missing values", missing, FILLS)
        names = list(names)
        for name in names:
            self._require_numbers(name)
        values = np.stack([self.columns[name] for name in names], axis=1, dtype=np.float64)
        large = np.argwhere(np.abs(values) > LARGEST_NUMBER)
        if len(large):
            row, column = large[0]
            raise InputError(
                f"{self.where(row, names[column])} is {values[row, column]}: expected a finite "
                f"number that float32 can hold: correct it, or leave the row out"
            )
        gaps = np.isnan(values)
        if gaps.any():
            self._fill(values, gaps, names, missing)
        return values

    def _fill(
        self,
        values: NDArray[np.float64],
        gaps: NDArray[np.bool_],
        names: Sequence[str],
        missing: str | None,
    ) -> None:
        row, column = np.argwhere(gaps)[0]
        if missing is None:
            raise InputError(
                f"{self.where(row, names[column])} is missing: expected a number: fill it in, or "
                f"give missing='interpolate', 'hold' or 'zero'"
            )
        fill = FILLS[missing]
        for i in np.flatnonzero(gaps.any(axis=0)):
            if gaps[:, i].all():
                raise InputError(
                    f"{self.source}: every value of the column {names[i]!r} is missing: leave the "
                    f"column out"
                )
            values[:, i] = fill(values[:, i])

    def _require_numbers(self, name: str) -> None:
        column = self.columns[name]
        if column.dtype.kind not in NUMBERS:
            found = repr(column[0]) if len(column) else column.dtype
            raise InputError(
                f"{self.where(0, name)} is {found:.60}: expected a number: leave the column out, "
                f"or name it as the time"
            )

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def where(self, row: int, name: str) -> str:
        """Return the place of a value, for an error."""
        return f"{self.source}: {self.unit} {self.place(row)}, column {name!r}"

    def place(self, row: int) -> int:
        """Return the number of a row."""
        return self.places[row] if len(self.places) else row + 1

    def take(self, rows: NDArray[np.int64]) -> Table:
        """Return some rows, with their numbers."""
        columns = {name: column[rows] for name, column in self.columns.items()}
        return Table(self.source, columns, [self.place(row) for row in rows], self.unit)

    def require(self, name: str) -> str:
        """Return `name` where it is a column."""
        return require_column(self.source, name, self.columns)

    def without(self, names: Iterable[str]) -> list[str]:
        """Return the names of the other columns, at least one."""
        left = [name for name in self.columns if name not in set(names)]
        if not left:
            raise InputError(f"{self.source}: no column is left: expected one for each channel")
        return left


def require_column(source: object, name: str, known: Collection[str]) -> str:
    """Return `name` where it is among the known columns."""
    if name not in known:
        raise InputError(f"{source}: {unknown_name('column', name, known)}")
    return name


def targets_in(tables: Sequence[Table], names: Sequence[str]) -> list[NDArray[np.object_]]:
    """Return one target of each row of each table, or a row of them; None where text is missing.

    Text is taken for numbers where that of all tables is.
    """
    columns = [
        _as_numbers(np.concatenate([table.columns[table.require(name)] for table in tables]))
        for name in names
    ]
    whole = np.stack(columns, axis=1) if len(names) > 1 else columns[0]
    return np.split(whole, np.cumsum([len(table) for table in tables])[:-1])


def table_of_frame(source: str, frame: Any, exact: Collection[str] = ()) -> Table:
    """Return the columns of a data frame of pandas or Polars, or of a dict of arrays.

    The items of columns in `exact` stay as they are, also numbers that float64 cannot hold.
    """
    names = frame.keys() if isinstance(frame, Mapping) else getattr(frame, "columns", None)
    if names is None:
        raise InputError(
            f"{source} is of the type {type(frame).__name__}, expected a data frame with columns"
        )
    return table_of_columns(source, [(str(name), frame[name]) for name in names], exact=exact)


def table_of_array(source: str, values: Any) -> Table:
    """Return (rows, columns), or one column (rows,), as a table; columns are counted from 1."""
    try:
        array = as_array(values)
    except NO_ARRAY as error:
        raise InputError(f"{source}: not an array of numbers: {error}") from error
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2:
        raise InputError(f"{source} has shape {array.shape}, expected (frames, channels)")
    return table_of_columns(source, [(str(i + 1), column) for i, column in enumerate(array.T)])


def table_of_columns(
    source: str,
    columns: Iterable[tuple[str, Any]],
    lines: Sequence[int] | None = None,
    exact: Collection[str] = (),
) -> Table:
    """Return a table of columns with different names, each as long as the others, at least 1.

    The items of columns in `exact` stay as they are.
    """
    named: dict[str, Column] = {}
    for name, column in columns:
        if fault := name_fault(name):
            raise InputError(f"{source}: columns: {fault}: rename this one, or take it out")
        if name in named:
            raise InputError(f"{source}: two columns are called {name!r}: rename one of them")
        try:
            named[name] = _column(column, name in exact)
        except NO_ARRAY as error:
            raise InputError(f"{source}: column {name!r} is no list of items: {error}") from error
    if not named:
        raise InputError(
            f"{source}: no columns, expected one for each channel: fill it, or take it out"
        )
    if len({len(column) for column in named.values()}) > 1:
        raise InputError(f"{source}: its columns have different lengths")
    if not len(next(iter(named.values()))):
        raise InputError(
            f"{source}: no rows, expected at least one frame of numbers: fill it, or take it out"
        )
    return Table(source, named) if lines is None else Table(source, named, lines, "line")


def _column(values: Any, exact: bool) -> Column:
    """Return numbers as float64 with NaN for what is missing, anything else as objects.

    With `exact` numbers are objects as well.
    """
    array = as_array(values)
    if array.ndim != 1:
        raise ValueError(f"shape {array.shape}, expected (rows,)")
    if array.dtype.kind in NUMBERS and not exact:
        return array.astype(np.float64, copy=False)
    if array.dtype.kind == "M" and exact:
        array = _readable(array)
    items = array.astype(object)
    items[[_is_absent(item) for item in items]] = np.nan
    if not exact and all(isinstance(item, (int, float, np.number, np.bool_)) for item in items):
        return items.astype(np.float64)
    return items


def _readable(times: NDArray[Any]) -> NDArray[Any]:
    """Return times in µs, which become dates as objects; those that µs cannot hold as they are."""
    coarse = times.astype("M8[us]")
    return coarse if ((coarse == times) | np.isnat(times)).all() else times


def _as_numbers(column: Column) -> NDArray[np.object_]:
    """Return numbers as they are, or in text; other text, with None for an empty one.

    Text such as 01 names something: a number is not written so.
    """
    items = column.astype(object)
    texts = {item for item in items if isinstance(item, str)}
    try:
        if any(NAMED_BY_DIGITS.fullmatch(text) for text in texts):
            raise ValueError
        known: dict[str, Any] = {text: _number_in(text) for text in texts}
    except ValueError:
        known = {"": None}
    for i, item in enumerate(items):
        if isinstance(item, str):
            items[i] = known.get(item, item)
    return items


def _number_in(text: str) -> float | int:
    """Return the number that a text is; a whole one exactly, NaN for an empty text."""
    if WHOLE.fullmatch(text):
        return int(text)
    return float(text or "nan")


def _is_absent(item: Any) -> bool:
    """Return whether an item is None, or the NA of pandas, which compares with nothing."""
    return item is None or type(item).__name__ == "NAType"
