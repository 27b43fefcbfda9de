from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sealing import zipped

from hardware.files.archive import pack, unpack

names = st.text("abcdefgh./_-", min_size=1, max_size=12)
members = st.dictionaries(names, st.binary(max_size=200), min_size=1, max_size=4)


@given(members)
def test_what_is_packed_is_what_pythons_own_zipfile_writes(files: dict[str, bytes]) -> None:
    assert pack(files) == zipped(list(files.items()))


@given(members)
def test_what_is_packed_is_what_is_unpacked(files: dict[str, bytes]) -> None:
    assert unpack(pack(files), list(files)) == files
    with zipfile.ZipFile(io.BytesIO(pack(files))) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == files


def test_no_byte_outside_or_inside_of_the_members_can_change() -> None:
    files = {"a": b"alpha", "b/c": b"\0" * 40}
    content = pack(files)
    for place in range(len(content)):
        for bit in range(8):
            damaged = bytearray(content)
            damaged[place] ^= 1 << bit
            with pytest.raises(ValueError, match="."):
                unpack(bytes(damaged), list(files))
    for end in range(len(content)):
        with pytest.raises(ValueError, match="."):
            unpack(content[:end], list(files))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no member of a zip begins at byte 0"),
        (b"x" + pack({"a": b"1"}), "no member of a zip begins at byte 0"),
        (pack({"a": b"1"}) + b"x", "its directory is not that of a alone"),
        (pack({"b": b"1"}), "expected exactly a in it, found 'b'"),
        (pack({"a": b"1", "b": b"2"}), "its directory is not that of a alone"),
    ],
)
def test_what_is_wrong_is_said(content: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        unpack(content, ["a"])
