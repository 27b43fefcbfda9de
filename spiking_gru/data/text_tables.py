"""Texts in files: a table with a column of texts, a table of pairs, or one text a line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from hardware.definition.vocabulary import END_NAME, Vocabulary, tokens_of
from hardware.errors import InputError, unknown_name
from hardware.files.disk import read_bytes
from hardware.sequences.dense import Sequences
from spiking_gru.data.fingerprint import fingerprint
from spiking_gru.data.npz_form import Inputs
from spiking_gru.data.splits import PARTS
from spiking_gru.data.table_files import LARGEST, first_foreign, read_csv, read_table
from spiking_gru.data.tables import Table, targets_in
from spiking_gru.data.texts import next_tokens

LINES = ".txt"
"""Ending of a file with one text a line."""

TARGETS = ("label", "target")
"""Columns of targets that need not be named."""


class Texts(NamedTuple):
    """The texts of a table, with the target, group and part of each where it has them."""

    texts: list[str]
    targets: list[Any] | None = None
    groups: list[str] | None = None
    parts: list[str] | None = None


def lines_in(path: Path) -> list[str]:
    """Return the lines of a text file that are not empty."""
    try:
        content = read_bytes(path, LARGEST).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}: not a text file in UTF-8: {first_foreign(path)}: save it as UTF-8"
        ) from error
    found = [line for line in content.splitlines() if line.strip()]
    if not found:
        raise InputError(f"{path}: no lines: expected one text a line")
    return found


def inputs_of_lines(path: Path, vocabulary: Vocabulary, classes: Sequence[str]) -> Inputs:
    """Return the lines of a text file as inputs of a program with these classes.

    Where the classes are tokens, the targets are those that follow.
    """
    texts = lines_in(path)
    content = np.frombuffer("\n".join(texts).encode(), dtype=np.uint8)
    names, found = vocabulary.names, fingerprint({"texts": content})
    if tuple(classes) in (names, (*names, END_NAME)):
        ends = len(classes) > len(names)
        return Inputs(*next_tokens(texts, vocabulary, ends), found)
    tokens = [np.array(one)[:, np.newaxis] for one in tokens_of(texts, vocabulary)]
    return Inputs(Sequences.of(tokens), None, found)


def texts_in(path: Path, text: str, target: str | None) -> Texts:
    """Return the texts of a CSV or Parquet file.

    Without `target` it is the column `label` or `target`, if there is one. The columns `group` and
    `part` say more of each text.
    """
    table = _table(path)
    named = next((name for name in TARGETS if name in table.columns), None)
    chosen = target or named
    return Texts(
        _texts(table, text),
        None if chosen is None else _targets(table, chosen),
        _texts(table, "group") if "group" in table.columns else None,
        _parts(table),
    )


def pairs_in(path: Path, source: str, target: str) -> Texts:
    """Return the sources of a table of pairs; the text to write for each is its target."""
    table = _table(path)
    return Texts(_texts(table, source), _texts(table, target), parts=_parts(table))


def _table(path: Path) -> Table:
    """Return the table in a file; of a CSV file all cells are text."""
    return read_csv(path, None) if path.suffix.lower() == ".csv" else read_table(path)


def _texts(table: Table, name: str) -> list[str]:
    found = table.columns[table.require(name)].tolist()
    for row, text in enumerate(found):
        if not isinstance(text, str):
            fault = "is missing" if text != text else f"is {text!r:.60}"
            raise InputError(f"{table.where(row, name)} {fault}: expected a text")
        if not text.strip():
            raise InputError(
                f"{table.where(row, name)} is empty: expected a text: leave the row out"
            )
    return found


def _targets(table: Table, name: str) -> list[Any]:
    """Return the target of each text; a class is never missing."""
    (found,) = targets_in([table], [name])
    items: list[Any] = found.tolist()
    if any(isinstance(item, str) for item in items):
        for row, item in enumerate(items):
            if item is None or item != item:
                raise InputError(
                    f"{table.where(row, name)} is empty: expected a class: leave the row out"
                )
    return items


def _parts(table: Table) -> list[str] | None:
    if "part" not in table.columns:
        return None
    found: list[str] = table.columns["part"].tolist()
    for row, part in enumerate(found):
        if part not in PARTS:
            raise InputError(f"{table.where(row, 'part')}: {unknown_name('part', part, PARTS)}")
    return found
