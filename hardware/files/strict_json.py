"""JSON that every reader reads alike: one value for each key, finite numbers, bounded depth."""

from __future__ import annotations

import json
import re
from collections import Counter
from math import isfinite
from typing import Any

DEEPEST = 64
DIGITS = 32
"""A whole number of more digits is no size, seed or count, and takes long to read."""

SURROGATE = re.compile("[\ud800-\udfff]")


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
        raise too_deep() from None
    require_plain(value)
    return value


def require_plain(value: Any) -> None:
    """Raise a ValueError for what is nested too deep, or holds what could not be shown."""
    level = [value]
    for _ in range(DEEPEST):
        keys = [key for item in level if isinstance(item, dict) for key in item]
        for item in (*keys, *level):
            _require_showable(item)
        inside = [item for item in level if isinstance(item, (dict, list))]
        if not inside:
            return
        level = [v for item in inside for v in (item.values() if isinstance(item, dict) else item)]
    raise too_deep()


def _require_showable(item: Any) -> None:
    """No whole number that is too long, and no half of a surrogate pair, which is no character."""
    if isinstance(item, int) and abs(item) >= 10**DIGITS:
        raise ValueError(f"a whole number has more digits than the limit, {DIGITS}")
    if isinstance(item, str) and not item.isascii() and SURROGATE.search(item):
        raise ValueError(f"{item[:DIGITS]!a} holds half a surrogate pair, which is no character")


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


def too_deep() -> ValueError:
    return ValueError(f"nested deeper than {DEEPEST}")
