"""Files of single events, one recording each: NPZ arrays, `.bin` of N-MNIST, AEDAT 3.1.

A reader returns the fields t, x, y and p of a recording, which `EventForm` makes into frames. Sizes
are checked before anything is unpacked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from struct import Struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import InputError
from hardware.files.disk import read_bytes
from spiking_gru.data.npz import read_arrays

LARGEST = 2**30
"""Bytes of a file."""

BIN_BYTES = 5
"""Bytes of an event of N-MNIST: x, y, then one bit of polarity and 23 bits of time, big-endian."""

AEDAT = b"#!AER-DAT3.1"
HEADER_END = b"#!END-HEADER"
HEADER_LINES = 1000

PACKET = Struct("<hhiiiiii")
"""Type, source, bytes of an event, offset of its time, overflows of the time, capacity, events,
valid events."""

POLARITY_EVENT = 1
POLARITY_BYTES = 8
"""Bytes of a polarity event: 32 bits of data, and the time."""

ADDRESS = 2**15 - 1
"""Mask of the 15 bits of x and of y."""

OVERFLOW_BITS = 31

COPY_AGAIN = "copy the file again from where it was published"

Fields = dict[str, NDArray[Any]]


def read_npz_events(path: Path) -> Fields:
    """Return the arrays of a `.npz` file: one for each field."""
    return dict(read_arrays(path))


def read_bin(path: Path) -> Fields:
    """Return the events of a `.bin` file of N-MNIST; times are in microseconds."""
    content = read_bytes(path, LARGEST)
    if len(content) % BIN_BYTES:
        raise InputError(
            f"{path}: event {len(content) // BIN_BYTES} has {len(content) % BIN_BYTES} bytes, "
            f"expected {BIN_BYTES}: the file is cut off: {COPY_AGAIN}"
        )
    x, y, high, middle, low = np.frombuffer(content, np.uint8).reshape(-1, BIN_BYTES).T
    time = (high & 127).astype(np.int64) << 16 | middle.astype(np.int64) << 8 | low
    return {"t": time, "x": x, "y": y, "p": high >> 7}


def read_aedat(path: Path) -> Fields:
    """Return the polarity events of an AEDAT 3.1 file that are valid; times are in microseconds."""
    content = read_bytes(path, LARGEST)
    found = list(_packets(path, content, _after_header(path, content)))
    data = np.concatenate([np.empty(0, np.uint32), *(data for data, _ in found)])
    time = np.concatenate([np.empty(0, np.int64), *(time for _, time in found)])
    valid = data & 1 == 1
    data, time = data[valid], time[valid]
    x, y = data >> 17 & ADDRESS, data >> 2 & ADDRESS
    return {"t": time, "x": x.astype(np.int16), "y": y.astype(np.int16), "p": data >> 1 & 1}


def _after_header(path: Path, content: bytes) -> int:
    """Return where the packets begin."""
    if not content.startswith(AEDAT):
        raise InputError(
            f"{path}: begins with {content[:12]!r}, expected {AEDAT.decode()}: convert it to AEDAT "
            f"3.1, or to an NPZ file of t, x, y and p"
        )
    place = 0
    for _ in range(HEADER_LINES):
        end = content.find(b"\n", place)
        if end < 0 or content[place : place + 1] != b"#":
            break
        if content.startswith(HEADER_END, place):
            return end + 1
        place = end + 1
    raise InputError(f"{path}: no line {HEADER_END.decode()} ends the header: {COPY_AGAIN}")


def _packets(
    path: Path, content: bytes, place: int
) -> Iterator[tuple[NDArray[np.uint32], NDArray[np.int64]]]:
    """Yield data and times of the polarity events of each packet."""
    number = 0
    while place < len(content):
        where = f"{path}: packet {number} at byte {place}"
        if len(content) - place < PACKET.size:
            raise InputError(f"{where} is cut off in its header: {COPY_AGAIN}")
        kind, _, size, _, overflows, _, events, _ = PACKET.unpack_from(content, place)
        place += PACKET.size
        if size < 1 or events < 0 or overflows < 0:
            raise InputError(
                f"{where} has {events} events of {size} bytes and {overflows} overflows of the "
                f"time, expected none below 0: {COPY_AGAIN}"
            )
        left = len(content) - place
        if size * events > left:
            raise InputError(
                f"{where} is cut off: {events} events of {size} bytes need {size * events}, but "
                f"{left} are left: {COPY_AGAIN}"
            )
        if kind == POLARITY_EVENT:
            if size != POLARITY_BYTES:
                raise InputError(
                    f"{where} has polarity events of {size} bytes, expected {POLARITY_BYTES}: "
                    f"{COPY_AGAIN}"
                )
            words = np.frombuffer(content, "<u4", 2 * events, place).reshape(events, 2)
            time = words[:, 1].astype(np.int64) + (overflows << OVERFLOW_BITS)
            yield words[:, 0].astype(np.uint32), time
        place += size * events
        number += 1


EVENT_READERS: dict[str, Callable[[Path], Fields]] = {
    ".npz": read_npz_events,
    ".bin": read_bin,
    ".aedat": read_aedat,
}
"""How events are read, by the ending of the file."""


def read_events(path: Path) -> Fields:
    """Return the events of a file."""
    if path.suffix.lower() not in EVENT_READERS:
        raise InputError(
            f"{path}: expected a file of events that ends in {', '.join(EVENT_READERS)}"
        )
    return EVENT_READERS[path.suffix.lower()](path)
