"""`index.csv` of a folder of recordings: the file, target, group and part of each."""

from __future__ import annotations

from collections.abc import Sequence
from math import isinf
from pathlib import Path
from typing import Any, NamedTuple

from hardware.errors import InputError, name_fault, unknown_name
from spiking_gru.data.splits import PARTS
from spiking_gru.data.table_files import read_csv
from spiking_gru.data.tables import Table, targets_in
from spiking_gru.data.tasks import task_of

INDEX = "index.csv"

MOST_FILES = 100_000
"""Entries of a folder, and recordings of a data set."""

FEWEST_FRAMES = 2
"""Frames of a recording."""

KNOWN = ("file", "label", "group", "part")
"""Columns of an index, besides those that begin with `target`."""


class Entry(NamedTuple):
    """One recording, and what is said of it outside its file."""

    path: Path
    target: Any = None
    group: str | None = None
    part: str | None = None
    place: str = ""
    """Its name in errors: its path within the folder, or its line of the index."""


class Indexed(NamedTuple):
    """The recordings that an index lists, their task, and the heads that are columns of it."""

    entries: list[Entry]
    task: str | None
    heads: tuple[str, ...] = ()


def indexed(folder: Path, per_frame: bool, heads: Sequence[str] = ()) -> Indexed:
    """Return the recordings that the index lists.

    The task is None where targets are in the recordings (`per_frame`), and where there are heads,
    each a column of the index or of the recordings.
    """
    index = read_csv(folder / INDEX, texts=None)
    if any(name in index.columns for name in heads):
        return _with_heads(index, folder, heads)
    per_frame = per_frame or bool(heads)
    named = [name for name in index.columns if name.startswith("target")]
    for name in index.columns:
        if name not in (*KNOWN, *named):
            fault = unknown_name("column", name, (*KNOWN, "target"))
            raise InputError(f"{index.source}: {fault}: rename the column, or take it out")
    index.require("file")
    if per_frame + bool(named) + ("label" in index.columns) != 1:
        raise InputError(
            f"{index.source}: the columns are {', '.join(index.columns)}: expected a column label, "
            f"or columns that begin with target, or targets in the recordings: give one of these"
        )
    entries = [_entry(index, folder, named, row) for row in range(len(index))]
    _require_different(index, entries)
    if named:
        return Indexed(entries, task_of(names_classes=False, per_step=False))
    return Indexed(entries, None if per_frame else task_of(names_classes=True, per_step=False))


def _with_heads(index: Table, folder: Path, heads: Sequence[str]) -> Indexed:
    """Return the recordings with a target of each head, a dict by its name."""
    for name in index.columns:
        if name not in (*KNOWN, *heads):
            fault = unknown_name("column", name, (*KNOWN, *heads))
            raise InputError(f"{index.source}: {fault}: rename the column, or name it as a head")
    index.require("file")
    columns = {name: targets_in([index], [index.require(name)])[0] for name in heads}
    entries = [
        _entry(index, folder, [], row, heads)._replace(
            target={name: column[row] for name, column in columns.items()}
        )
        for row in range(len(index))
    ]
    _require_different(index, entries)
    return Indexed(entries, None, tuple(heads))


def _entry(
    index: Table, folder: Path, named: list[str], row: int, heads: Sequence[str] = ()
) -> Entry:
    label = _cell(index, "label", row) if "label" not in heads else None
    group, part = (_cell(index, name, row) for name in ("group", "part"))
    if part is not None and part not in PARTS:
        raise InputError(f"{index.where(row, 'part')}: {unknown_name('part', part, PARTS)}")
    numbers = [_number(index, name, row) for name in named]
    target = label if not named else numbers if len(named) > 1 else numbers[0]
    path = _file(index, folder, row)
    place = f"{INDEX}: {index.unit} {index.place(row)}, {path.relative_to(folder)}"
    return Entry(path, target, group, part, place)


def _cell(index: Table, name: str, row: int) -> str | None:
    """Return the text of a cell; None where there is no such column."""
    if name not in index.columns:
        return None
    text: str = index.columns[name][row]
    if fault := name_fault(text):
        raise InputError(f"{index.where(row, name)}: {fault}: give each recording a {name}")
    return text


def _number(index: Table, name: str, row: int) -> float | None:
    """Return a target; None for one that is missing."""
    text: str = index.columns[name][row]
    try:
        number = float(text) if text else None
    except ValueError:
        raise InputError(
            f"{index.where(row, name)} is {text[:60]!r}: expected a number, or nothing where the "
            f"target is missing; classes belong in a column that is called label"
        ) from None
    if number is not None and isinf(number):
        raise InputError(
            f"{index.where(row, name)} is {text[:60]!r}: expected a finite number, or nothing "
            f"where the target is missing: correct it, or leave the cell empty"
        )
    return number


def _file(index: Table, folder: Path, row: int) -> Path:
    """Return the path of a recording, which is in the folder."""
    path = Path(str(_cell(index, "file", row)))
    if path.is_absolute() or ".." in path.parts:
        raise InputError(
            f"{index.where(row, 'file')} is {str(path)[:60]!r}: expected a path within the folder: "
            f"move the recording there"
        )
    return folder / path


def require_course(path: Path, frames: int) -> None:
    """Refuse a recording of a single frame, which has no course in time."""
    if frames < FEWEST_FRAMES:
        raise InputError(
            f"{path}: {frames} frame, expected at least {FEWEST_FRAMES}: record it again, or take "
            f"it out"
        )


def _require_different(index: Table, entries: list[Entry]) -> None:
    """Refuse a file that is listed twice: it could be in two parts."""
    seen: dict[Path, int] = {}
    for row, entry in enumerate(entries):
        if seen.setdefault(entry.path, row) != row:
            raise InputError(
                f"{index.where(row, 'file')} is {entry.path.name!r}, as in line "
                f"{index.place(seen[entry.path])}: list every recording once"
            )
