"""Heads: a program and its trace as one or several pairs, each of which has one target."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from hardware.errors import InputError, choose
from hardware.program.model import Program
from hardware.runs.trace import Trace

T = TypeVar("T")

ALONE = ""
"""The name of the only target of a program without heads."""


def by_head(program: Program, trace: Trace) -> dict[str, tuple[Program, Trace]]:
    """Return the program and the trace of each head by its name; of one target as they are."""
    if not program.heads:
        return {ALONE: (program, trace)}
    return {name: (program.head(name), trace.head(program, name)) for name in program.heads}


def of_each_head(program: Program, given: T | Mapping[str, T], what: str) -> dict[str, T]:
    """Return what is given for each head, in the order of the heads; some may have nothing.

    A program of one target takes it as it is.
    """
    if not program.heads:
        if isinstance(given, Mapping):
            raise InputError(f"{what} are given by name, but the program has one target: give them")
        return {ALONE: given}
    if not isinstance(given, Mapping):
        raise InputError(
            f"{what} are not given by name, but the program has the heads "
            f"{', '.join(program.heads)}: give a dict with those of each"
        )
    for name in given:
        choose(f"head in {what}", name, program.heads)
    return {name: given[name] for name in program.heads if name in given}
