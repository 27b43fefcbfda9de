"""The few errors a user meets. Each text says what was found, what was expected, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any


class SpikingGRUError(Exception):
    """Base of every error that is meant to be read by a person."""


class InputError(SpikingGRUError, ValueError):
    """Data of a wrong shape, type or value."""


class SettingError(SpikingGRUError, ValueError):
    """A setting or a name that is not known, or a value out of its range."""


class ProgramError(SpikingGRUError, ValueError):
    """A program file that is damaged, foreign, or newer than this release."""


class RangeError(SpikingGRUError, ValueError):
    """A number that would not fit the chip's word."""


class PlacementError(SpikingGRUError, ValueError):
    """A program that a chip cannot hold."""


class EngineError(SpikingGRUError, RuntimeError):
    """An engine that failed while running a program."""


class TrainingError(SpikingGRUError, RuntimeError):
    """A training run that cannot go on."""


class ExportError(SpikingGRUError, RuntimeError):
    """A computation that the graph of another format cannot hold."""


class MissingPackageError(SpikingGRUError, ImportError):
    """A package that is not installed; the text is the command that installs it."""


class RowsError(SpikingGRUError, ValueError):
    """Rows of a batch that failed. All other rows went on."""

    def __init__(self, faults: Mapping[int, SpikingGRUError], rows: Any, scores: Any) -> None:
        row, first = next(iter(faults.items()))
        super().__init__(
            f"{len(faults)} of {len(rows)} rows failed, the first is row {row}: {first}: see the "
            f"error's `faults`; its `scores` are those of the other rows"
        )
        self.faults = faults
        """The error of each row that failed."""

        self.rows = rows
        """(rows,): the rows of the call."""

        self.scores = scores
        """(rows, outputs): the scores of `rows`; 0 for a row that took no frame."""

    def __reduce__(self) -> Any:
        return type(self), (self.faults, self.rows, self.scores)


class ClampedInputsWarning(UserWarning):
    """Frames of which the encoder clamped more than such data let expect."""


class UnevenTimesWarning(UserWarning):
    """A long series whose rows are evenly spaced in time, but for a few gaps."""


class KernelCacheWarning(UserWarning):
    """Compiled kernels that cannot be kept where later processes find them."""


class LeftoverWarning(UserWarning):
    """A killed command has left files in a folder; the text says what happens to them."""


NEAREST = 0.65
"""Smallest similarity of a name that is suggested (difflib's ratio): spelling mistakes have 2/3."""

LONGEST_NAME = 200
"""Characters of a name."""


def name_fault(name: str) -> str | None:
    """Why no terminal, table or file could show a name as it is; None for a good one."""
    if name.isprintable() and 1 <= len(name) <= LONGEST_NAME:
        return None
    return (
        f"the name {name[:LONGEST_NAME]!r} has {len(name)} characters, expected 1 to "
        f"{LONGEST_NAME} printable ones"
    )


def text_fault(text: str) -> str | None:
    """Return why no terminal, table or file could show a text; None for a good one."""
    if text.isprintable():
        return None
    place, found = next((i, c) for i, c in enumerate(text) if not c.isprintable())
    return f"character {place + 1} is {found!a}: expected printable characters"


def unknown_name(kind: str, name: object, known: Iterable[str]) -> SettingError:
    """The error for a name that is not among the known ones, with the nearest of them."""
    names = sorted(known)
    near = get_close_matches(str(name), names, n=1, cutoff=NEAREST)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return SettingError(f"unknown {kind} {name!r}: {hint}known are {', '.join(names)}")


def choose(kind: str, name: str, known: Iterable[str]) -> str:
    """`name` itself where it is known, `unknown_name` raised where it is not."""
    names = list(known)
    if name not in names:
        raise unknown_name(kind, name, names)
    return name
