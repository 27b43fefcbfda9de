"""The tensor file: docs/format.md, "Tensors"."""

import math
import struct
from typing import Any, NamedTuple

from independent.container import RefusedError
from independent.strict_json import parse

HEADER_BYTES = 1_048_576


class Type(NamedTuple):
    """A type of values."""

    size: int
    letter: str
    checksum_name: str


TYPES = {
    "F64": Type(8, "d", "<f8"),
    "F32": Type(4, "f", "<f4"),
    "I32": Type(4, "i", "<i4"),
    "I8": Type(1, "b", "|i1"),
}


class Tensor(NamedTuple):
    """A tensor as it lies in the file."""

    dtype: str
    shape: tuple[int, ...]
    data: bytes

    def values(self) -> tuple[Any, ...]:
        """Return all values, in row-major order."""
        letter = TYPES[self.dtype].letter
        return struct.unpack(f"<{math.prod(self.shape)}{letter}", self.data)

    def rows(self) -> list[tuple[Any, ...]]:
        """Return the rows of a matrix."""
        values, columns = self.values(), self.shape[1]
        return [values[i : i + columns] for i in range(0, len(values), columns)]

    def kept_rows(self, rows: list[int]) -> "Tensor":
        """Return the tensor of these rows alone."""
        size = len(self.data) // self.shape[0]
        data = b"".join(self.data[row * size : (row + 1) * size] for row in rows)
        return Tensor(self.dtype, (len(rows), *self.shape[1:]), data)


def read_tensors(file: bytes) -> dict[str, Tensor]:
    """Return the tensors by name."""
    if len(file) < 8:
        raise RefusedError("the tensor file ends within the length of its header")
    (length,) = struct.unpack("<Q", file[:8])
    if length > HEADER_BYTES or len(file) < 8 + length:
        raise RefusedError(f"the header has {length} bytes")
    header = parse(file[8 : 8 + length])
    if not isinstance(header, dict):
        raise RefusedError("the header is not an object")
    if header.pop("__metadata__", {}) != {}:
        raise RefusedError("the header has metadata")
    values = file[8 + length :]
    tensors, end = {}, 0
    for name, entry in sorted(header.items(), key=lambda item: offsets(item[1])):
        if offsets(entry)[0] != end:
            raise RefusedError(f"a gap or an overlap before {name}")
        end = offsets(entry)[1]
        tensors[name] = tensor(entry, values[entry["data_offsets"][0] : end])
    if end != len(values):
        raise RefusedError("the tensors do not cover the rest of the file")
    return tensors


def offsets(entry: Any) -> tuple[int, int]:
    """Return begin and end of a tensor; refuse another entry than the page's."""
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise RefusedError("an entry of the header has other members")
    numbers = entry["data_offsets"]
    if not is_whole(numbers) or len(numbers) != 2:
        raise RefusedError("data_offsets are not two whole numbers")
    return numbers[0], numbers[1]


def is_whole(numbers: Any) -> bool:
    """Say whether this is an array of whole numbers from 0 up."""
    return isinstance(numbers, list) and all(type(n) is int and n >= 0 for n in numbers)


def tensor(entry: dict[str, Any], data: bytes) -> Tensor:
    """Return the tensor of `entry`, which has the bytes `data`."""
    dtype, shape = entry["dtype"], entry["shape"]
    if not isinstance(dtype, str) or dtype not in TYPES or not is_whole(shape):
        raise RefusedError("a tensor has an unknown type or shape")
    begin, end = entry["data_offsets"]
    size = math.prod(shape) * TYPES[dtype].size
    if size == 0 or end - begin != size or len(data) != size:
        raise RefusedError("a tensor is empty, or its offsets do not fit its shape")
    return Tensor(dtype, tuple(shape), data)
