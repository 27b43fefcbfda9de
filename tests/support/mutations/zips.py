"""Zips that hold something else than they say, or other things than they should."""

from __future__ import annotations

import bz2
import io
import lzma
import struct
import warnings
import zipfile
import zlib
from functools import cache

import numpy as np
from sealing import MANIFEST, WEIGHTS, joined, members_of, zipped

from mutations.damage import flipped_bits
from mutations.registry import (
    mutation,
    one_of,
)

PATHS = (
    "../escape", "../../etc/escape", "/tmp/escape", "C:\\escape", "..\\escape", "a/../../escape",
    "manifest.json/../x", "./manifest.json", "manifest.json\0", "MANIFEST.JSON", "", "manifest",
    "manifest.json ", "\u202emanifest.json", "x" * 60_000, "aux", "~/.bashrc", "$(id)", "`id`",
)  # fmt: skip


@mutation
def a_field_of_a_zip_header(rng: np.random.Generator, content: bytes) -> bytes:
    start = one_of(rng, [i for i in range(len(content)) if content[i : i + 2] == b"PK"])
    place, size = start + int(rng.integers(4, 46)), one_of(rng, (2, 4))
    value = one_of(rng, (0, 1, 8, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, int(rng.integers(2**32))))
    written = (value & (256**size - 1)).to_bytes(size, "little")
    return content[:place] + written + content[place + size :]


@mutation
def members_in_another_order(rng: np.random.Generator, content: bytes) -> bytes:
    manifest, weights = members_of(content)
    return one_of(
        rng,
        (
            zipped([(WEIGHTS, weights), (MANIFEST, manifest)]),
            joined(weights, manifest),
            zipped([(MANIFEST, manifest)]),
            zipped([(WEIGHTS, weights)]),
            zipped([]),
        ),
    )


@mutation
def further_members(rng: np.random.Generator, content: bytes) -> bytes:
    manifest, weights = members_of(content)
    members = [(MANIFEST, manifest), (WEIGHTS, weights)]
    further = one_of(rng, (*members, (one_of(rng, PATHS), b"x"), ("x/", b"")))
    members.insert(int(rng.integers(3)), further)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names that are there twice
        return zipped(members)


@mutation
def names_that_are_paths(rng: np.random.Generator, content: bytes) -> bytes:
    manifest, weights = members_of(content)
    path = one_of(rng, PATHS)
    return zipped(one_of(rng, ([(path, manifest), (WEIGHTS, weights)],
                               [(MANIFEST, manifest), (path, weights)])))  # fmt: skip


@mutation
def names_changed_in_place(rng: np.random.Generator, content: bytes) -> bytes:
    """In one of the two headers, or in both."""
    name = one_of(rng, (MANIFEST, WEIGHTS)).encode()
    other = (b"../" + name)[: len(name)]
    return content.replace(name, other, one_of(rng, (1, -1)))


@mutation
def entries_that_are_no_files(rng: np.random.Generator, content: bytes) -> bytes:
    """Links, folders, devices and programs."""
    manifest, weights = members_of(content)
    kind = one_of(rng, (0o120777, 0o040755, 0o020666, 0o060666, 0o010666, 0o104755))
    chosen = int(rng.integers(2))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for i, (name, data) in enumerate(((MANIFEST, manifest), (WEIGHTS, weights))):
            about = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            if i == chosen:
                about.external_attr = kind << 16
            archive.writestr(about, one_of(rng, (data, b"/etc/passwd")) if i == chosen else data)
    return buffer.getvalue()


@mutation
def packed_members(rng: np.random.Generator, content: bytes) -> bytes:
    manifest, weights = members_of(content)
    chosen = int(rng.integers(1, 4))
    method = one_of(rng, (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for i, (name, data) in enumerate(((MANIFEST, manifest), (WEIGHTS, weights)), 1):
            about = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            about.compress_type = method if chosen & i else zipfile.ZIP_STORED
            archive.writestr(about, data)
    return one_of(rng, (buffer.getvalue(), flipped_bits(rng, buffer.getvalue())))


@cache
def bomb(method: int) -> bytes:
    """Zeros, packed: 512 MiB of them, or with LZMA, which takes long to write, 32."""
    zeros = bytes(2**20)
    if method == zipfile.ZIP_BZIP2:
        return bz2.compress(zeros) * 512
    if method == zipfile.ZIP_LZMA:
        return lzma.compress(zeros * 32, lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA1}])
    pack = zlib.compressobj(9, zlib.DEFLATED, -15)
    once = pack.compress(zeros) + pack.flush(zlib.Z_FULL_FLUSH)  # which begins anew after it
    return once * 512 + pack.flush()


def entry(
    name: bytes,
    data: bytes,
    *,
    method: int = 0,
    size: int | None = None,
    flags: int = 0,
    place: int = 0,
    extra: bytes = b"",
) -> tuple[bytes, bytes]:
    """Both headers of a member, as false as may be."""
    about = (flags, method, 0, 33, zlib.crc32(data), len(data))
    about += (len(data) if size is None else size, len(name), len(extra))
    local = struct.pack("<4s5H3L2H", b"PK\3\4", 20, *about) + name + extra + data
    central = struct.pack(
        "<4s6H3L5H2L", b"PK\1\2", 20 | 3 << 8, 20, *about, 0, 0, 0, 0o600 << 16, place
    )
    return local, central + name + extra


def archive_of(parts: list[bytes], directory: list[bytes]) -> bytes:
    size, start = sum(map(len, directory)), sum(map(len, parts))
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, len(directory), len(directory), size, start, 0)
    return b"".join(parts + directory) + end


@mutation
def zip_bombs(rng: np.random.Generator, content: bytes) -> bytes:
    manifest, _ = members_of(content)
    method = one_of(rng, (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
    data, size = bomb(method), one_of(rng, (2**28, 2**32 - 1, 100))
    first, of_first = entry(MANIFEST.encode(), manifest)
    second, of_second = entry(WEIGHTS.encode(), data, method=method, size=size, place=len(first))
    if rng.integers(2):
        second, of_second = entry(WEIGHTS.encode(), content, place=len(first))  # a zip in a zip
    return archive_of([first, second], [of_first, of_second])


@mutation
def overlapping_entries(rng: np.random.Generator, content: bytes) -> bytes:
    """Entries that share bytes: both names for one member, or one member within the other."""
    manifest, weights = members_of(content)
    if rng.integers(2):
        local, central = entry(MANIFEST.encode(), manifest)
        _, other = entry(WEIGHTS.encode(), manifest)
        return archive_of([local], [central, other])
    inner, _ = entry(WEIGHTS.encode(), weights)
    outer, of_outer = entry(MANIFEST.encode(), manifest + inner)
    place = len(outer) - len(inner)
    return archive_of([outer], [of_outer, entry(WEIGHTS.encode(), weights, place=place)[1]])


@mutation
def unusual_entries(rng: np.random.Generator, content: bytes) -> bytes:
    """Encrypted, with flags, with further fields (of 64-bit sizes too), of sizes that are false."""
    manifest, weights = members_of(content)
    wide = struct.pack("<2H2Q", 1, 16, len(weights), 2**60)
    about = one_of(
        rng,
        (
            {"flags": 1}, {"flags": 8}, {"flags": 0x800}, {"flags": 1 << 6}, {"extra": wide},
            {"extra": rng.bytes(9)}, {"size": 0}, {"size": 2**32 - 1}, {"size": len(weights) + 1},
            {"size": len(weights) - 1}, {"method": 99}, {"method": 14}, {"place": 3},
        ),
    )  # fmt: skip
    first, of_first = entry(MANIFEST.encode(), manifest)
    second, of_second = entry(WEIGHTS.encode(), weights, **{"place": len(first), **about})
    return archive_of([first, second], [of_first, of_second])
