"""The zip file of a program, byte for byte: docs/format.md, "The container"."""

import struct
import zlib
from typing import NamedTuple

NAMES = ("manifest.json", "weights.safetensors")
FILE_BYTES = 67_108_864
DATE = 33
MADE_BY = 788
OWNER_READS_AND_WRITES = 25_165_824


class RefusedError(ValueError):
    """A file that the page says a reader must refuse."""


class Members(NamedTuple):
    """The two members of the file."""

    manifest: bytes
    tensors: bytes


def split(file: bytes) -> Members:
    """Return the members of `file`; every other byte must be the one that the page fixes.

    The members' sizes decide all other bytes: read the sizes, write the file again, compare.
    """
    if len(file) > FILE_BYTES:
        raise RefusedError(f"the file has {len(file)} bytes")
    manifest, next_header = member_at(file, 0)
    tensors, _ = member_at(file, next_header)
    if join(manifest, tensors) != file:
        raise RefusedError("a byte of the zip file is not the one that the page fixes")
    return Members(manifest, tensors)


def member_at(file: bytes, offset: int) -> tuple[bytes, int]:
    """Return the member whose local header is at `offset`, and the offset after the member."""
    header = file[offset : offset + 30]
    if len(header) < 30:
        raise RefusedError("the file ends within a local header")
    size, name_length = struct.unpack("<IH", header[22:28])
    begin = offset + 30 + name_length
    return file[begin : begin + size], begin + size


def join(manifest: bytes, tensors: bytes) -> bytes:
    """Return the file of these two members."""
    body, directory = b"", b""
    for name, member in zip(NAMES, (manifest, tensors), strict=True):
        fields = common_fields(name, member)
        directory += b"PK\x01\x02" + struct.pack("<H", MADE_BY) + fields
        directory += struct.pack("<HHHII", 0, 0, 0, OWNER_READS_AND_WRITES, len(body))
        directory += name.encode("ascii")
        body += b"PK\x03\x04" + fields + name.encode("ascii") + member
    end = struct.pack("<HHHHIIH", 0, 0, 2, 2, len(directory), len(body), 0)
    return body + directory + b"PK\x05\x06" + end


def common_fields(name: str, member: bytes) -> bytes:
    """Return the 26 bytes that a local header and its directory entry share."""
    size = len(member)
    return struct.pack(
        "<HHHHHIIIHH", 20, 0, 0, 0, DATE, zlib.crc32(member), size, size, len(name), 0
    )
