"""A zip of stored members, as plain as one can be: what is read is exactly what `pack` writes.

Any zip tool opens it. The reader compares every byte outside the members with the one that `pack`
would put there, so that nothing can be hidden between, before or behind them.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from zlib import crc32

LOCAL = struct.Struct("<4s5H3L2H")
CENTRAL = struct.Struct("<4s6H3L5H2L")
END = struct.Struct("<4s4H2LH")
LOCAL_SIGNATURE, CENTRAL_SIGNATURE, END_SIGNATURE = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"

VERSION = 20
MADE_ON_UNIX = 3 << 8
FIRST_DATE = 1 << 5 | 1  # 1980-01-01
READABLE_BY_OWNER = 0o600 << 16
ENCRYPTED = 1


def pack(members: Mapping[str, bytes]) -> bytes:
    """The zip file of these members, in their order."""
    parts = [part for name, data in members.items() for part in (_local(name, data), data)]
    return b"".join([*parts, _directory(members)])


def unpack(content: bytes, names: Sequence[str]) -> dict[str, bytes]:
    """The members of a file that `pack` wrote; a ValueError where they are not just `names`."""
    members: dict[str, bytes] = {}
    place = 0
    for name in names:
        found, size = _look(content, place)
        if found != name:
            raise ValueError(f"expected exactly {' and '.join(names)} in it, found {found!r}")
        place += LOCAL.size + len(name)
        if size > len(content) - place:
            raise ValueError(f"{name} declares {size} bytes, but {len(content) - place} are left")
        members[name] = content[place : place + size]
        header = _local(name, members[name])
        if content[place - len(header) : place] != header:
            raise ValueError(f"the header or the checksum of {name} is wrong")
        place += size
    if content[place:] != _directory(members):
        raise ValueError(f"its directory is not that of {' and '.join(names)} alone")
    return members


def begins_with(content: bytes, name: str) -> bool:
    """Return whether the first member of a zip has this name."""
    return content[: LOCAL.size + len(name)].endswith(name.encode())


def _look(content: bytes, place: int) -> tuple[str, int]:
    """Name and size of the stored member that begins here."""
    if content[place : place + 4] != LOCAL_SIGNATURE or len(content) - place < LOCAL.size:
        raise ValueError(f"no member of a zip begins at byte {place}")
    _, _, flags, method, _, _, _, _, size, length, _ = LOCAL.unpack_from(content, place)
    name = content[place + LOCAL.size :][:length].decode("ascii", "backslashreplace")
    if flags & ENCRYPTED:
        raise ValueError(f"{name!r} in it is encrypted")
    if method:
        raise ValueError(f"{name!r} in it is compressed (method {method}), expected it stored")
    return name, size


def _common(name: str, data: bytes) -> tuple[int, ...]:
    """Return the fields in both headers of a member: stored, no flags, time or extra fields."""
    size = len(data)
    return VERSION, 0, 0, 0, FIRST_DATE, crc32(data), size, size, len(name), 0


def _local(name: str, data: bytes) -> bytes:
    return LOCAL.pack(LOCAL_SIGNATURE, *_common(name, data)) + name.encode()


def _directory(members: Mapping[str, bytes]) -> bytes:
    place, entries = 0, b""
    for name, data in members.items():
        entries += CENTRAL.pack(
            CENTRAL_SIGNATURE,
            VERSION | MADE_ON_UNIX,
            *_common(name, data),
            *(0, 0, 0),  # no comment, first disk, not a text
            READABLE_BY_OWNER,
            place,
        )
        entries += name.encode()
        place += LOCAL.size + len(name) + len(data)
    count = len(members)
    return entries + END.pack(END_SIGNATURE, 0, 0, count, count, len(entries), place, 0)
