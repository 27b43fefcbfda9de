"""Types of the options of `Dataset.from_*`: a wrong one is refused by name before data are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from inspect import signature
from numbers import Integral, Real
from os import PathLike
from typing import Any, NamedTuple, ParamSpec, TypeVar

from hardware.errors import InputError
from hardware.sequences.events import EventForm
from hardware.sequences.log_mel import LogMel

P = ParamSpec("P")
R = TypeVar("R")

MOST_STEPS = 2**31
"""Largest whole number of an option."""


class Kind(NamedTuple):
    """A type of options: whether a value is of it, and its name in an error."""

    holds: Callable[[Any], bool]
    expected: str


def _is_whole(value: Any) -> bool:
    return (
        isinstance(value, Integral)
        and not isinstance(value, bool)
        and -MOST_STEPS < int(value) < MOST_STEPS
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_list(value: Any) -> bool:
    """Return whether a value has items in an order, and is no text."""
    if isinstance(value, (str, bytes, Mapping)) or not hasattr(value, "__len__"):
        return False
    return getattr(value, "ndim", 1) > 0


def _or_list(holds: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: holds(value) or (_is_list(value) and all(map(holds, value)))


def _or_none(holds: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or holds(value)


def _by_name(holds: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, Mapping) and all(map(holds, value.values()))


def _is_iterable(value: Any) -> bool:
    return isinstance(value, Iterable) and getattr(value, "ndim", 1) > 0


def _is_frame(value: Any) -> bool:
    return _is_iterable(value) or hasattr(value, "columns")


TEXT = Kind(_is_text, "text")
NAME = Kind(_or_none(_is_text), "the name of a column")
NAMES = Kind(_or_list(_is_text), "the name of a column, or a list of names")
CHOICE = Kind(_or_none(_is_text), "text")
SHARE = Kind(_is_number, "a number between 0 and 1")
SEED = Kind(lambda value: _is_whole(value) and value >= 0, "a whole number of 0 or more")
STEPS = Kind(_is_whole, "a whole number of steps")
ITEMS = Kind(_or_none(_is_list), "a list with one for each sequence")
PATH = Kind(lambda value: isinstance(value, (str, PathLike)), "a path")
LOADER = Kind(_is_iterable, "an iterable of batches")

OPTIONS: dict[str, Kind] = {
    "path": PATH,
    "name": Kind(_or_none(_is_text), "text"),
    "licence": TEXT,
    "split": CHOICE,
    "task": Kind(
        lambda value: value is None or _is_text(value) or _by_name(_is_text)(value),
        "text, or a dict of texts by the name of a head",
    ),
    "missing": CHOICE,
    "time": NAME,
    "sequence": NAME,
    "group": NAME,
    "target": NAMES,
    "known": NAMES,
    "heads": NAMES,
    "classes": Kind(
        lambda value: _is_list(value) or _by_name(_is_list)(value),
        "a list of names, or a dict of lists by the name of a head",
    ),
    "frames": Kind(_is_frame, "a data frame, or a list of them"),
    "targets": Kind(_is_iterable, "one target for each sequence"),
    "groups": ITEMS,
    "parts": ITEMS,
    "places": ITEMS,
    "test": SHARE,
    "validation": SHARE,
    "seed": SEED,
    "test_seed": SEED,
    "history": STEPS,
    "horizon": Kind(_or_list(_is_whole), "a whole number of steps, or a list of them"),
    "season": Kind(_or_none(_is_whole), "a whole number of steps"),
    "loader": LOADER,
    "validation_loader": LOADER,
    "test_loader": LOADER,
    "log_mel": Kind(
        lambda value: value is None or isinstance(value, (LogMel, Mapping)),
        "LogMel, or its settings by name",
    ),
    "events": Kind(
        lambda value: value is None or isinstance(value, (EventForm, Mapping)),
        "EventForm, or its settings by name",
    ),
}
"""Options by name."""


def checked(*without: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator that checks the options of a constructor, but those in `without`."""

    def decorate(made: Callable[P, R]) -> Callable[P, R]:
        form = signature(made)
        optional = {name for name, known in form.parameters.items() if known.default is None}

        @wraps(made)
        def call(*arguments: P.args, **options: P.kwargs) -> R:
            given = {**options, **form.bind_partial(*arguments).arguments}
            for name, value in given.items():
                asked = name in OPTIONS and name not in without
                if asked and not (value is None and name in optional):
                    require_type(name, value)
            return made(*arguments, **options)

        return call

    return decorate


def require_type(name: str, value: Any) -> None:
    """Refuse a value that is not of the type of its option."""
    kind = OPTIONS[name]
    if not kind.holds(value):
        raise InputError(f"{name}: found {_shown(value)}, expected {kind.expected}")


def _shown(value: Any) -> str:
    """Return a value, or the type of one that has no short text."""
    text = repr(value)
    plain = text.isprintable() and len(text) <= 60 and not text.startswith("<")
    return text if plain else f"the type {type(value).__name__}"
