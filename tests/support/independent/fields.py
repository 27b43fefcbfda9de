"""Checks of the manifest's fields: docs/format.md, "The manifest"."""

import unicodedata
from collections.abc import Collection
from typing import Any

from independent.container import RefusedError


def members(value: Any, names: Collection[str]) -> dict[str, Any]:
    """Return an object that has exactly these members."""
    if not isinstance(value, dict) or set(value) != set(names):
        raise RefusedError(f"expected an object with exactly {sorted(names)}")
    return value


def integer(value: Any, low: int, high: int) -> int:
    """Return a whole number within `low` and `high`."""
    if type(value) is not int or not low <= value <= high:
        raise RefusedError(f"{value!r} is not a whole number in {low} … {high}")
    return value


def number(value: Any) -> float:
    """Return a float; a whole number is accepted."""
    if type(value) not in (int, float):
        raise RefusedError(f"{value!r} is not a number")
    return float(value)


def array(value: Any, low: int = 0, high: int | None = None) -> list[Any]:
    """Return an array of `low` to `high` items."""
    if not isinstance(value, list) or len(value) < low or (high is not None and len(value) > high):
        raise RefusedError("expected an array, or another number of items")
    return value


def string(value: Any) -> str:
    """Return a string."""
    if not isinstance(value, str):
        raise RefusedError(f"{value!r} is not a string")
    return value


def one_of(value: Any, names: Collection[str]) -> str:
    """Return one of the names."""
    if string(value) not in names:
        raise RefusedError(f"{value!r} is none of {sorted(names)}")
    return string(value)


def name(value: Any) -> str:
    """Return a name: 1 to 200 printable characters."""
    if not 1 <= len(string(value)) <= 200:
        raise RefusedError("a name has 1 to 200 characters")
    if any(unicodedata.category(c)[0] in "CZ" and c != " " for c in value):
        raise RefusedError(f"the name {value!r} is not printable")
    return string(value)
