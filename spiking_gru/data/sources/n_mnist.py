"""N-MNIST (Orchard and others, 2015): digits seen by a camera that moves."""

from __future__ import annotations

from pathlib import Path

from hardware.errors import InputError
from hardware.sequences.events import EventForm
from hardware.sequences.on_disk import SparseStore
from spiking_gru.data.event_files import read_bin
from spiking_gru.data.recordings import Recordings

CAMERA = EventForm(sensor_size=(34, 34, 2), dt=10_000)
"""Frames of 10 ms."""

FOLDERS = {"train": "Train", "test": "Test"}
DIGITS = tuple(str(digit) for digit in range(10))


def n_mnist(folder: Path) -> Recordings:
    """A folder for each part, and in it one for each digit."""
    store = SparseStore(CAMERA.channels)
    labels: list[str] = []
    parts: list[str] = []
    for part, name in FOLDERS.items():
        for digit in DIGITS:
            paths = sorted((folder / name / digit).glob("*.bin"))
            if not paths:
                raise InputError(
                    f"{folder / name / digit} holds no .bin file: expected the recordings of the "
                    f"digit {digit}: unpack {name}.zip again"
                )
            for path in paths:
                store.add(CAMERA.counts(read_bin(path), str(path)))
            labels += [digit] * len(paths)
            parts += [part] * len(paths)
    return Recordings(store.sequences(), labels, parts=parts, classes=DIGITS)
