"""Tables in files: CSV, Parquet, and one array in a `.npz`. Sizes are checked before reading."""

from __future__ import annotations

import csv
import io
from array import array
from collections.abc import Callable, Collection, Iterator
from itertools import chain
from math import nan
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from hardware.display import number_of
from hardware.errors import InputError, MissingPackageError
from hardware.files.disk import one_line, opened, read_bytes
from spiking_gru.data.npz import read_arrays
from spiking_gru.data.tables import Column, Table, require_column, table_of_array, table_of_columns

LARGEST = 256 * 2**20
"""Bytes of a table's file."""

MOST_CELLS = LARGEST // 8
"""Cells of a table."""

LONGEST_LINE = 2**20
"""Characters of a line."""

DELIMITERS = ";\t,"
"""Those of cells. The first that the first line has is taken: some write decimal commas."""

WORDS = {"nan": nan, "na": nan, "n/a": nan, "null": nan, "none": nan, "": nan}
WORDS |= {"true": 1.0, "false": 0.0}
"""Cells that are no numbers, and yet have a value or are missing."""


def read_csv(path: Path, texts: Collection[str] | None = ()) -> Table:
    """Return the columns of a CSV file; those in `texts` stay text, and with None all.

    Cells are separated by commas, semicolons or tabs. A first row without any number names the
    columns; else they are counted from 1.
    """
    with opened(path, LARGEST) as (file, _):
        try:
            with io.TextIOWrapper(file, encoding="utf-8-sig", newline="") as text:
                return _parsed(path, text, texts)
        except UnicodeDecodeError as error:
            raise InputError(
                f"{path}: not a CSV file in UTF-8: {first_foreign(path)}: save it as UTF-8"
            ) from error


def first_foreign(path: Path) -> str:
    """Return the first byte of a file that is not UTF-8, and its line, in words."""
    content = read_bytes(path, LARGEST)
    try:
        content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return f"line {line} has the byte {content[error.start]:#04x}"
    return "it changed while it was read"


def _parsed(path: Path, text: TextIO, texts: Collection[str] | None) -> Table:
    rows = _rows(path, text)
    line, first = next(rows, (0, []))
    if _names_columns(first):
        names = [cell.strip() for cell in first]
    else:
        names = [str(i + 1) for i in range(len(first))]
        rows = chain([(line, first)] if first else [], rows)
    for name in texts or ():
        require_column(path, name, names)
    kept: dict[int, list[str]]
    kept = {i: [] for i, name in enumerate(names) if texts is None or name in texts}
    chosen = [i for i in range(len(names)) if i not in kept]
    numbers, lines = array("d"), array("q")
    for line, row in rows:
        lines.append(line)
        if len(lines) * len(names) > MOST_CELLS:
            raise InputError(f"{path}: more than {MOST_CELLS} cells by line {line}: split the file")
        try:
            numbers.extend([float(row[i]) for i in chosen])
        except ValueError:
            numbers.extend([_number(path, line, names[i], row[i]) for i in chosen])
        for i, cells in kept.items():
            cells.append(row[i].strip())
    values = np.asarray(numbers).reshape(len(lines), len(chosen))
    columns: dict[int, Column] = dict(zip(chosen, values.T, strict=True))
    columns |= {i: np.array(cells, dtype=object) for i, cells in kept.items()}
    pairs = [(name, columns[i]) for i, name in enumerate(names)]
    return table_of_columns(str(path), pairs, lines)


def _rows(path: Path, text: TextIO) -> Iterator[tuple[int, list[str]]]:
    """Yield every row with its line: rows of equal length, with no empty line between them."""
    rows = csv.reader(_lines(path, text), delimiter=_delimiter(text))
    width = empty = 0
    for row in _read(path, rows):
        line = rows.line_num
        if not row:
            empty = empty or line
            continue
        if width and empty:
            raise InputError(f"{path}: line {empty} is empty: expected a row: delete the line")
        width, empty = width or len(row), 0
        if len(row) != width:
            raise InputError(
                f"{path}: line {line} has {number_of(len(row), 'cell')}, expected {width} as in "
                f"the first: give every row as many"
            )
        yield line, row


def _read(path: Path, rows: Any) -> Iterator[list[str]]:
    """Yield the rows of a reader."""
    end = 0
    try:
        for row in rows:
            yield row
            end = rows.line_num
    except csv.Error as error:
        raise InputError(
            f"{path}: line {end + 1}: not a CSV file: {one_line(error)}: correct the quotes, "
            f"or save it again"
        ) from error


def _lines(path: Path, text: TextIO) -> Iterator[str]:
    number = 0
    while line := text.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE:
            raise InputError(
                f"{path}: line {number} has {LONGEST_LINE} characters or more: split it"
            )
        yield line


def _delimiter(text: TextIO) -> str:
    """Return the delimiter of the first line that is not blank."""
    first = ""
    while (line := text.readline(LONGEST_LINE)) and not (first := line.strip("\r\n ")):
        pass
    text.seek(0)
    return next((delimiter for delimiter in DELIMITERS if delimiter in first), ",")


def _names_columns(row: list[str]) -> bool:
    known = [_value(cell) for cell in row]
    return None in known and all(value is None or value != value for value in known)


def _value(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return WORDS.get(cell.strip().lower())


def _number(path: Path, line: int, name: str, cell: str) -> float:
    value = _value(cell)
    if value is None:
        raise InputError(
            f"{path}: line {line}, column {name!r} is {cell[:60]!r}: expected a number such as "
            f"1.5: correct it, or leave the column out"
        )
    return value


def read_parquet(path: Path, texts: Collection[str] = ()) -> Table:
    """Return the columns of a Parquet file; those in `texts` stay as they are."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise MissingPackageError(
            f'{path} needs pyarrow: pip install "spiking-gru[parquet]"'
        ) from error
    with opened(path, LARGEST) as (file, _):
        try:
            archive = parquet.ParquetFile(file)
            about = archive.metadata
            unpacked = sum(about.row_group(i).total_byte_size for i in range(about.num_row_groups))
            cells = about.num_rows * len(archive.schema_arrow.names)
            if cells > MOST_CELLS or unpacked > LARGEST:
                raise InputError(
                    f"{path}: {cells} cells of {unpacked} bytes, the limit is {MOST_CELLS} cells "
                    f"of 8 bytes: split the file"
                )
            table = archive.read()
            pairs = [
                (name, column.to_numpy() if name not in texts else column.to_pylist())
                for name, column in zip(table.column_names, table.columns, strict=True)
            ]
        except (pyarrow.ArrowException, OSError, ValueError, MemoryError) as error:
            if isinstance(error, InputError):
                raise
            reason = one_line(error).rstrip(". ")
            raise InputError(
                f"{path}: not a readable Parquet file: {reason}: write it again"
            ) from error
    return table_of_columns(str(path), pairs, exact=texts)


def read_npz(path: Path, texts: Collection[str] = ()) -> Table:
    """Return the array `values`, or the only one, of a `.npz` file: (frames, channels)."""
    with opened(path, LARGEST):
        arrays = read_arrays(path)
    if "values" not in arrays and len(arrays) != 1:
        raise InputError(
            f"{path}: the arrays {', '.join(arrays) or 'none'}: expected one array, or one that "
            f"is called values: write it again with one of these"
        )
    return table_of_array(str(path), arrays.get("values", next(iter(arrays.values()))))


READERS: dict[str, Callable[..., Table]] = {
    ".csv": read_csv,
    ".parquet": read_parquet,
    ".npz": read_npz,
}
"""How a table is read, by the ending of its file."""


def read_table(path: Path, texts: Collection[str] = ()) -> Table:
    """Return the table in a file; the columns in `texts` need not be numbers."""
    if path.suffix.lower() not in READERS:
        raise InputError(f"{path}: expected a file that ends in {', '.join(READERS)}")
    return READERS[path.suffix.lower()](path, texts)
