"""Small files of the form of published event data, written byte by byte."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from pathlib import Path

import h5py
import numpy as np

Event = tuple[int, int, int, int]
"""t, x, y, p."""


def bin_bytes(events: Iterable[Event]) -> bytes:
    """Events as N-MNIST has them: 40 bits each, the highest first."""
    words = (x << 32 | y << 24 | p << 23 | t for t, x, y, p in events)
    return b"".join(word.to_bytes(5, "big") for word in words)


def aedat_bytes(packets: Sequence[Sequence[Event]], overflows: int = 0, kind: int = 1) -> bytes:
    """Packets of polarity events, each followed by one of another kind."""
    lines = ["#!AER-DAT3.1", "#Format: RAW", "#Source 1: DVS128", "#!END-HEADER"]
    content = "".join(f"{line}\r\n" for line in lines).encode()
    for events in packets:
        header = (kind, 1, 8, 4, overflows, len(events), len(events), len(events))
        content += struct.pack("<HHIIIIII", *header)
        for t, x, y, p in events:
            content += struct.pack("<II", x << 17 | y << 2 | p << 1 | 1, t)
        content += struct.pack("<HHIIIIII", 0, 1, 8, 4, 0, 1, 1, 1) + bytes(8)
    return content


def some_events(seed: int, width: int, height: int, length: int, count: int = 40) -> list[Event]:
    """Random events in the order of their times."""
    rng = np.random.default_rng(seed)
    times = np.sort(rng.integers(0, length, count)).tolist()
    return [
        (t, int(rng.integers(width)), int(rng.integers(height)), int(rng.integers(2)))
        for t in times
    ]


def write_heidelberg(path: Path, labels: Sequence[int], keys: Sequence[str], seed: int = 0) -> None:
    """Write recordings whose spikes are in 20 channels that the label chooses."""
    rng = np.random.default_rng(seed)
    with h5py.File(path, "w") as file:
        file["labels"] = np.array(labels, dtype=np.uint16)
        for name, kind in (("times", np.float16), ("units", np.uint16)):
            file.create_dataset(f"spikes/{name}", (len(labels),), dtype=h5py.vlen_dtype(kind))
        for i, label in enumerate(labels):
            file["spikes/times"][i] = np.sort(rng.random(30)).astype(np.float16)
            file["spikes/units"][i] = (20 * label + rng.integers(0, 20, 30)).astype(np.uint16)
        file["extra/speaker"] = np.zeros(len(labels), dtype=np.uint16)
        file["extra/keys"] = np.array([key.encode() for key in keys])


def put_heidelberg(root: Path) -> None:
    keys = ["zero", "one", "null"]
    for folder, parts in (("shd", ("train", "test")), ("ssc", ("train", "valid", "test"))):
        (root / folder).mkdir(parents=True)
        for i, part in enumerate(parts):
            write_heidelberg(root / folder / f"{folder}_{part}.h5", [0, 1, 2] * 6, keys, i)


def put_n_mnist(root: Path) -> None:
    for part, count in (("Train", 4), ("Test", 1)):
        for digit in range(10):
            folder = root / "n-mnist" / part / str(digit)
            folder.mkdir(parents=True)
            for i in range(count):
                content = bin_bytes(some_events(digit + 10 * i, 34, 34, 60_000))
                (folder / f"{i:05}.bin").write_bytes(content)


def put_dvs_gesture(root: Path) -> None:
    """Write three people, each with all gestures of 100 ms, one after another."""
    folder = root / "dvs-gesture"
    folder.mkdir(parents=True)
    trials = {"train": ["user01_led", "user02_led"], "test": ["user24_led"]}
    for part, names in trials.items():
        lines = "".join(f"{name}.aedat\n" for name in names)
        (folder / f"trials_to_{part}.txt").write_text(lines)
        for i, name in enumerate(names):
            events = [(t + 10**6, *place) for t, *place in some_events(i, 128, 128, 1_100_000, 900)]
            (folder / f"{name}.aedat").write_bytes(aedat_bytes([events[:500], events[500:]]))
            rows = [f"{g},{10**6 + 10**5 * (g - 1)},{10**6 + 10**5 * g}\n" for g in range(1, 12)]
            labels = "class,startTime_usec,endTime_usec\n" + "".join(rows)
            (folder / f"{name}_labels.csv").write_text(labels)


def put_event_data(root: Path) -> None:
    for put in (put_heidelberg, put_n_mnist, put_dvs_gesture):
        put(root)
