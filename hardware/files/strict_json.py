"""JSON that every reader reads alike: one value for each key, finite numbers, bounded depth."""

from __future__ import annotations

import json
from collections import Counter
from math import isfinite
from typing import Any

DEEPEST = 64
DIGITS = 32
"""A whole number of more digits is no size, seed or count, and takes long to read."""


def parse(content: bytes) -> Any:
    """The value of a JSON text in UTF-8; a ValueError for any other text."""
    try:
        value = json.loads(
            content.decode(),
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_float=_finite,
            parse_int=_whole,
        )
    except RecursionError:
        raise _too_deep() from None
    _require_shallow(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        [(key, times)] = Counter(key for key, _ in pairs).most_common(1)
        raise ValueError(f"the key {key!r} is there {times} times")
    return found


def _constant(text: str) -> float:
    raise ValueError(f"{text} is not a finite number")


def _finite(text: str) -> float:
    value = float(text)
    return value if isfinite(value) else _constant(text)


def _whole(text: str) -> int:
    if len(text) > DIGITS:
        raise ValueError(f"a whole number has {len(text)} digits, the limit is {DIGITS}")
    return int(text)


def _require_shallow(value: Any) -> None:
    level = [value]
    for _ in range(DEEPEST):
        inside = [item for item in level if isinstance(item, (dict, list))]
        if not inside:
            return
        level = [v for item in inside for v in (item.values() if isinstance(item, dict) else item)]
    raise _too_deep()


def _too_deep() -> ValueError:
    return ValueError(f"nested deeper than {DEEPEST}")
