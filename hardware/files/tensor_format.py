"""The safetensors format, read strictly: nothing is allocated that the file does not hold.

A file is the length of its header (8 bytes, little-endian), the header (JSON: for each tensor its
type, its shape and where its bytes begin and end), then the bytes of all tensors. Here the tensors
must cover those bytes exactly, without gap or overlap.
"""

from __future__ import annotations

from math import prod
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hardware.files.strict_json import parse

HEADER_LIMIT = 2**20
DIMENSIONS = 8
TYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2",
    "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "<i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "<u1",
}  # fmt: skip


class _Entry(NamedTuple):
    begin: int
    end: int
    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]


def read(file: BinaryIO, size: int) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """The tensors in the next `size` bytes, and the strings that describe them; else ValueError."""
    start = file.read(8)
    length = int.from_bytes(start, "little")
    if len(start) < 8 or length > min(size - 8, HEADER_LIMIT):
        raise ValueError(
            f"its header declares {length} bytes, expected at most {HEADER_LIMIT} and no more "
            f"than the file holds"
        )
    header = parse(file.read(length))
    if not isinstance(header, dict):
        raise ValueError("its header is not an object")
    about = header.pop("__metadata__", {})
    if not isinstance(about, dict) or not all(isinstance(text, str) for text in about.values()):
        raise ValueError("its __metadata__ is not an object of strings")
    entries = sorted(_entry(name, tensor) for name, tensor in header.items())
    end = 0
    for entry in entries:
        if entry.begin != end:
            raise ValueError(f"tensor {entry.name!r} begins at byte {entry.begin}, expected {end}")
        end = entry.end
    if end != size - 8 - length:
        raise ValueError(f"its tensors take {end} bytes, but it holds {size - 8 - length}")
    return {entry.name: _array(file, entry) for entry in entries}, about


def _entry(name: str, about: Any) -> _Entry:
    if not isinstance(about, dict) or about.keys() != {"dtype", "shape", "data_offsets"}:
        raise ValueError(f"tensor {name!r} is not described by dtype, shape and data_offsets")
    kind, shape, offsets = about["dtype"], about["shape"], about["data_offsets"]
    if not isinstance(kind, str) or kind not in TYPES:
        raise ValueError(f"tensor {name!r} is of type {kind!r}, known are {', '.join(TYPES)}")
    if not _are_sizes(shape) or len(shape) > DIMENSIONS:
        raise ValueError(
            f"tensor {name!r} has shape {shape!r}, expected up to {DIMENSIONS} whole numbers"
        )
    if not _are_sizes(offsets) or len(offsets) != 2:
        raise ValueError(f"tensor {name!r} lies at {offsets!r}, expected where it begins and ends")
    dtype, (begin, end) = np.dtype(TYPES[kind]), offsets
    if end - begin != prod(shape) * dtype.itemsize:
        raise ValueError(
            f"tensor {name!r} of {kind} and shape {shape!r} takes {prod(shape) * dtype.itemsize} "
            f"bytes, but {end - begin} are given to it"
        )
    return _Entry(begin, end, name, dtype, tuple(shape))


def _are_sizes(found: Any) -> bool:
    return isinstance(found, list) and all(type(item) is int and item >= 0 for item in found)


def _array(file: BinaryIO, entry: _Entry) -> NDArray[Any]:
    array = np.empty(entry.shape, dtype=entry.dtype)
    if file.readinto(array.reshape(-1).view(np.uint8)) != entry.end - entry.begin:  # type: ignore[attr-defined]
        raise ValueError(f"it ends within tensor {entry.name!r}")
    return array
