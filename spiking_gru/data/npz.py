"""The arrays of a `.npz` file. Sizes are checked before anything is unpacked or allocated."""

from __future__ import annotations

import re
import zipfile
import zlib
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from hardware.errors import InputError
from hardware.files.disk import one_line, opened

Arrays = dict[str, NDArray[np.generic]]

ALWAYS_UNPACKED = 64 * 2**20
"""Bytes to which any file may unpack."""

MOST_TIMES = 100
"""Times its own size to which a larger file may unpack."""

METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Those of numpy.savez; zipfile unpacks others without a bound."""

LENGTH_BYTES = {(1, 0): 2, (2, 0): 4}
"""Bytes of a header's length, in each version of `.npy` that holds plain arrays."""

HEADER_LIMIT = 10_000
HEADER = re.compile(
    rb"\{'descr': ?'([<>|=]?[?biufcmMSUV]\d{0,9}(?:\[\w{1,9}\])?)', ?"
    rb"'fortran_order': ?(?:True|False), ?"
    rb"'shape': ?\(((?:\d{1,19}, ?)*(?:\d{1,19})?)\),? ?\}\s*"
)

UNREADABLE = (
    ValueError,
    TypeError,
    EOFError,
    LookupError,
    MemoryError,
    RuntimeError,  # an encrypted member
    zipfile.BadZipFile,
    zlib.error,
)
"""Errors of NumPy and zipfile for a file that is damaged or of another kind."""


def read_arrays(path: Path) -> Arrays:
    """The arrays of a `.npz` file, or an error that says why it cannot be read."""
    try:
        with opened(path) as (file, size):
            if file.read(len(npy.MAGIC_PREFIX)) == npy.MAGIC_PREFIX:
                raise ValueError("it is one array (.npy), expected a .npz archive of several")
            if not zipfile.is_zipfile(file):
                raise ValueError("neither a .npz archive nor an array of numbers")
            with zipfile.ZipFile(file) as archive:
                return _arrays(archive, size)
    except InputError:
        raise
    except UNREADABLE as error:
        raise InputError(
            f"{path}: not a readable .npz file of plain numbers: {one_line(error)}: write it again "
            f"with numpy.savez"
        ) from error


def _arrays(archive: zipfile.ZipFile, size: int) -> Arrays:
    members = archive.infolist()
    unpacked, most = sum(m.file_size for m in members), max(ALWAYS_UNPACKED, MOST_TIMES * size)
    if unpacked > most:
        raise ValueError(
            f"its {size} bytes unpack to {unpacked}, the limit is {most}: store it uncompressed, "
            f"or in narrower types"
        )
    arrays: Arrays = {}
    for member in members:
        name = member.filename.removesuffix(".npy")
        if name in arrays:
            raise ValueError(f"it holds {name!r} twice")
        if member.compress_type not in METHODS:
            raise ValueError(f"{name!r} is compressed by method {member.compress_type}")
        arrays[name] = _array(archive, member, name)
    return arrays


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> NDArray[Any]:
    """The array of a member, once its header is known to tell the member's size."""
    with archive.open(member) as file:
        needed = _needed(file, name)
    if needed != member.file_size:
        raise ValueError(f"{name!r} has {member.file_size} bytes, but its header says {needed}")
    with archive.open(member) as file:
        array: NDArray[Any] = npy.read_array(file, allow_pickle=False)  # type: ignore[no-untyped-call]
        return array


def _needed(file: IO[bytes], name: str) -> int:
    """Bytes that an array takes by its own header."""
    if file.read(len(npy.MAGIC_PREFIX)) != npy.MAGIC_PREFIX:
        raise ValueError(f"it holds {name!r}, which is not an array, expected arrays alone")
    version = tuple(file.read(2))
    if version not in LENGTH_BYTES:
        raise ValueError(f"{name!r} is of version {version} of .npy, which no plain array needs")
    length = int.from_bytes(file.read(LENGTH_BYTES[version]), "little")
    found = HEADER.fullmatch(file.read(min(length, HEADER_LIMIT)))
    if found is None:
        raise ValueError(f"the header of {name!r} is not that of an array of plain numbers")
    kind, shape = (group.decode() for group in found.groups())
    return file.tell() + prod(map(int, re.findall(r"\d+", shape))) * np.dtype(kind).itemsize
