from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.files.strict_json import DEEPEST, parse

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(values)
def test_what_everybody_reads_alike_is_read(value: object) -> None:
    assert parse(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b'{"a": 1, "b": 2, "a": 1}', "the key 'a' is there 2 times"),
        (b'[{"x": {"a": 1, "\\u0061": 2}}]', "the key 'a' is there 2 times"),
        (b"[NaN]", "NaN is not a finite number"),
        (b"-Infinity", "-Infinity is not a finite number"),
        (b"1e999", "1e999 is not a finite number"),
        (b"-" + b"9" * 32, "33 digits, the limit is 32"),
        (b"9" * 900_000, "900000 digits"),
        (b"[" * 900_000, f"nested deeper than {DEEPEST}"),
        (b"[" * DEEPEST + b"]" * DEEPEST, f"nested deeper than {DEEPEST}"),
        (b'{"a":' * 200 + b"1" + b"}" * 200, f"nested deeper than {DEEPEST}"),
        (b'["\\ud800"]', r"'.ud800' holds half a surrogate pair"),
        (b'[{"\\udfff x": 1}]', r"'.udfff x' holds half a surrogate pair"),
        (b"\xff", "can't decode byte 0xff"),
        (b"\xef\xbb\xbf{}", "BOM"),
        ("{}".encode("utf-16"), "can't decode"),
        (b"{} {}", "Extra data"),
        (b"", "Expecting value"),
        (b"{'a': 1}", "double quotes"),
    ],
)
def test_what_others_may_read_otherwise_is_refused(text: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse(text)


def test_the_deepest_that_is_read_is_read() -> None:
    parse(b"[" * (DEEPEST - 1) + b"]" * (DEEPEST - 1))


def test_a_whole_surrogate_pair_is_the_character_that_it_means() -> None:
    assert parse(b'["\\ud83d\\ude00"]') == ["\U0001f600"]
