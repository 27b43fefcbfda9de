"""WAV files: PCM of 8, 16, 24 or 32 bits, and floating point. Sizes are checked before reading."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hardware.errors import InputError
from hardware.files.disk import opened
from hardware.sequences.samples import Samples, mono, require_mono

LARGEST = 256 * 2**20
"""Bytes of a file."""

MOST_CHUNKS = 1000
"""Chunks before the samples."""

MOST_CHANNELS = 64

PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
"""Tags of formats."""


def _of_24_bits(content: bytes) -> NDArray[Any]:
    padded = np.zeros((len(content) // 3, 4), dtype=np.uint8)
    padded[:, 1:] = np.frombuffer(content, dtype=np.uint8).reshape(-1, 3)
    return padded.view("<i4")[:, 0]


def _plain(kind: str) -> Callable[[bytes], NDArray[Any]]:
    return lambda content: np.frombuffer(content, dtype=kind)


DECODERS: dict[tuple[int, int], Callable[[bytes], NDArray[Any]]] = {
    (PCM, 8): _plain("u1"),
    (PCM, 16): _plain("<i2"),
    (PCM, 24): _of_24_bits,
    (PCM, 32): _plain("<i4"),
    (FLOAT, 32): _plain("<f4"),
    (FLOAT, 64): _plain("<f8"),
}
"""How samples become numbers whose full scale `mono` knows, by tag and bits."""


class WavHeader(NamedTuple):
    """The form of a file's samples, and their place."""

    rate: int
    """Samples per second."""

    channels: int
    samples: int
    """Samples of each channel."""

    kind: tuple[int, int]
    """Tag and bits."""

    start: int
    """Bytes before the samples."""


def read_header(path: Path) -> WavHeader:
    """Return what a WAV file says of its samples; an InputError for any other file."""
    with opened(path, LARGEST) as (file, size):
        return _header(path, file, size)


def read_wav(path: Path, mix: bool = False) -> tuple[Samples, int]:
    """Return one channel of samples within ±1, and their rate.

    Several channels are refused, or with `mix` their mean is taken.
    """
    with opened(path, LARGEST) as (file, size):
        about = _header(path, file, size)
        require_mono(str(path), about.channels, mix)
        file.seek(about.start)
        content = file.read(about.samples * about.channels * about.kind[1] // 8)
    try:
        decoded = DECODERS[about.kind](content).reshape(about.samples, about.channels)
        return mono(decoded, mix), about.rate
    except ValueError as error:
        raise InputError(f"{path}: {error}") from error


def _header(path: Path, file: BinaryIO, size: int) -> WavHeader:
    start = file.read(12)
    if start[:4] != b"RIFF" or start[8:] != b"WAVE":
        raise InputError(
            f"{path}: not a WAV file: it begins with {start[:4]!r}, expected RIFF and WAVE: "
            f"convert it, or move it away"
        )
    described: tuple[int, int, int, int] | None = None
    for name, place, length in _chunks(path, file, size):
        if name == b"fmt ":
            described = _format(path, file.read(min(length, 40)))
        elif name == b"data":
            if described is None:
                raise InputError(f"{path}: its samples come before their format: write it again")
            return _checked(path, described, place, length, size)
    raise InputError(f"{path}: no samples: the chunk 'data' is missing: record it again")


def _chunks(path: Path, file: BinaryIO, size: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield the name, the place and the length of each chunk; the file is read from there."""
    place = 12
    for _ in range(MOST_CHUNKS):
        file.seek(place)
        head = file.read(8)
        if len(head) < 8:
            return
        name, length = struct.unpack("<4sI", head)
        yield name, place + 8, length
        place += 8 + length + length % 2
        if place > size:
            return
    raise InputError(f"{path}: more than {MOST_CHUNKS} chunks: write it again")


def _format(path: Path, content: bytes) -> tuple[int, int, int, int]:
    """Return tag, channels, rate and bits."""
    if len(content) < 16:
        raise InputError(
            f"{path}: the chunk 'fmt ' has {len(content)} bytes, expected 16 or more: "
            f"copy or record it again"
        )
    tag, channels, rate, _, block, bits = struct.unpack("<HHIIHH", content[:16])
    if tag == EXTENSIBLE and len(content) >= 26:
        tag = int.from_bytes(content[24:26], "little")
    if (tag, bits) not in DECODERS:
        raise InputError(
            f"{path}: samples of the format {tag:#x} with {bits} bits, expected PCM of 8, 16, 24 "
            f"or 32 bits, or floating point of 32 or 64: convert it"
        )
    if not 1 <= channels <= MOST_CHANNELS or not rate or block != channels * bits // 8:
        raise InputError(
            f"{path}: {channels} channels of {bits} bits in blocks of {block} bytes at {rate} Hz: "
            f"the header contradicts itself: write it again"
        )
    return tag, channels, rate, bits


def _checked(
    path: Path, described: tuple[int, int, int, int], place: int, length: int, size: int
) -> WavHeader:
    """Return the header, once the samples are there."""
    tag, channels, rate, bits = described
    left, block = size - place, channels * bits // 8
    if length > left or length % block:
        raise InputError(
            f"{path}: cut off: its header tells of {length} bytes of samples in blocks of {block}, "
            f"but {left} are there: copy or record it again"
        )
    if not length:
        raise InputError(f"{path}: no samples: record it again, or leave it out")
    return WavHeader(rate, channels, length // block, (tag, bits), place)
