from __future__ import annotations

import pytest

from hardware.files.strict_json import DEEPEST
from hardware.files.strict_toml import LINE_LIMIT, parse


def test_tables_are_read_as_toml_says() -> None:
    assert parse('name = "µ"\n[a.b]\nc = [1, 2.5, true]'.encode()) == {
        "name": "µ",
        "a": {"b": {"c": [1, 2.5, True]}},
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"a = " + b"[\n" * 5000 + b"]" * 500, f"nested deeper than {DEEPEST}"),
        (b"a." * 5000 + b"a = 1", f"a line has 10005 bytes, the limit is {LINE_LIMIT}"),
        (b"a = " + b"[" * DEEPEST + b"]" * DEEPEST, f"nested deeper than {DEEPEST}"),
        (b"a." * DEEPEST + b"a = 1", f"nested deeper than {DEEPEST}"),
        (b"a = " + b"9" * 33, "more digits than the limit, 32"),
        (b"a = [-" + b"9" * 33 + b"]", "more digits than the limit, 32"),
        (b"a = 0x" + b"f" * 500, "more digits than the limit, 32"),
        (b"a = '\xff'", "can't decode byte 0xff"),
        (b"a = 1\na = 2", "Cannot overwrite a value"),
        (b"a = ", "Invalid value"),
    ],
)
def test_what_could_not_be_shown_or_read_is_refused(text: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse(text)
