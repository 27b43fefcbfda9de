"""TOML, read as strictly as JSON: UTF-8, bounded depth, numbers that can be shown."""

from __future__ import annotations

import json
import sys
from typing import Any

from hardware.files.strict_json import require_plain, too_deep

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


LINE_LIMIT = 1000
"""Bytes of a line: tomllib takes a time that grows with the square of a key's parts."""


def parse(content: bytes) -> dict[str, Any]:
    """The tables of a TOML text; a ValueError for any other text."""
    longest = max(map(len, content.splitlines()), default=0)
    if longest > LINE_LIMIT:
        raise ValueError(f"a line has {longest} bytes, the limit is {LINE_LIMIT}")
    try:
        tables = tomllib.loads(content.decode())
    except RecursionError:
        raise too_deep() from None
    require_plain(tables)
    return tables


def value(given: str | bool | int | float) -> str:
    """The TOML text of a value: that of JSON, but for a character that TOML must escape."""
    return json.dumps(given, ensure_ascii=False, allow_nan=False).replace("\x7f", "\\u007f")
