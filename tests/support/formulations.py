"""Every valid formulation, and a way to put one into the table for the time of a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, combinations, product

from hardware.definition.formulation import FORMULATIONS, GATES, Formulation
from hardware.errors import SettingError


def _rows() -> Iterator[Formulation]:
    gates = chain.from_iterable(combinations(GATES, count) for count in range(len(GATES) + 1))
    choices = product(gates, (None, "after", "before"), ("keeps", "writes"), (True, False))
    for names, reset, update, candidate_input in choices:
        if "forget" in names:  # another name of the update gate, nothing else
            continue
        for count in range(len(names) + 1):
            for recurrent in combinations(names, count):
                try:
                    yield Formulation(names, reset, update, candidate_input, recurrent)
                except SettingError:
                    continue


ROWS = list(_rows())
"""Every valid row, each once; the mixing gate is called `update`."""


@contextmanager
def with_row(row: Formulation) -> Iterator[str]:
    """Put a row into the table under a name; take it out again."""
    name = f"row {ROWS.index(row)}" if row in ROWS else "row"
    FORMULATIONS[name] = row
    try:
        yield name
    finally:
        del FORMULATIONS[name]
