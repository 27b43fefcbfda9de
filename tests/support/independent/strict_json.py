"""JSON as the page restricts it, and its canonical text: docs/format.md, "JSON"."""

import json
import math
from typing import Any, NoReturn

from independent.container import RefusedError

NESTED = 63
WHOLE_NUMBER_CHARACTERS = 32


def parse(text: bytes) -> Any:
    """Return the value of `text`, or refuse it."""
    try:
        value = json.loads(
            text.decode("utf-8"),
            object_pairs_hook=object_of,
            parse_int=whole_number,
            parse_float=finite,
            parse_constant=constant,
        )
    except (ValueError, RecursionError) as error:
        raise RefusedError(f"not the page's JSON: {error}") from error
    check(value, depth=0)
    return value


def object_of(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object; each key may be there once."""
    if len({key for key, _ in members}) != len(members):
        raise RefusedError("an object has a key twice")
    return dict(members)


def whole_number(text: str) -> int:
    """Return the integer of at most 32 characters."""
    if len(text) > WHOLE_NUMBER_CHARACTERS:
        raise RefusedError(f"a whole number has {len(text)} characters")
    return int(text)


def finite(text: str) -> float:
    """Return the float64, which must be finite."""
    value = float(text)
    if math.isinf(value):
        raise RefusedError(f"{text[:40]} is not finite as a float64")
    return value


def constant(text: str) -> NoReturn:
    """Refuse `NaN`, `Infinity` and `-Infinity`."""
    raise RefusedError(f"{text} is not JSON")


def check(value: Any, depth: int) -> None:
    """Refuse nesting beyond the limit, and halves of surrogate pairs in keys and strings."""
    if isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
        raise RefusedError("a string has half of a surrogate pair")
    if isinstance(value, dict | list):
        if depth == NESTED:
            raise RefusedError(f"more than {NESTED} objects and arrays are nested")
        parts = [*value.keys(), *value.values()] if isinstance(value, dict) else value
        for part in parts:
            check(part, depth + 1)


def canonical(value: Any) -> bytes:
    """Return the canonical text: docs/format.md, "Canonical JSON"."""
    return json.dumps(value, sort_keys=True, allow_nan=False).encode("ascii")
