"""DVS128 Gesture (Amir and others, 2017): people gesture in front of an event camera.

A trial is an AEDAT 3.1 file with several gestures, and a CSV file of their classes and times.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hardware.errors import InputError
from hardware.files.disk import read_bytes
from hardware.sequences.events import EventForm
from hardware.sequences.on_disk import SparseStore
from spiking_gru.data.event_files import read_aedat
from spiking_gru.data.recordings import Recordings
from spiking_gru.data.table_files import read_csv

CAMERA = EventForm(sensor_size=(128, 128, 2), dt=25_000, pool=(4, 4))
"""Frames of 25 ms; 4 × 4 pixels are summed into one."""

LISTS = {"train": "trials_to_train.txt", "test": "trials_to_test.txt"}
LARGEST_LIST = 2**20
"""Bytes of a list of trials."""

GESTURES = (
    "hand clapping",
    "right hand wave",
    "left hand wave",
    "right arm clockwise",
    "right arm counter clockwise",
    "left arm clockwise",
    "left arm counter clockwise",
    "arm roll",
    "air drums",
    "air guitar",
    "other gestures",
)
"""Names of the classes 1 to 11."""

COLUMNS = ("class", "startTime_usec", "endTime_usec")


class Gesture(NamedTuple):
    """One row of a trial's labels."""

    where: str
    number: int
    start: int
    end: int


def dvs_gesture(folder: Path) -> Recordings:
    """Return each gesture as a recording; the groups are the people."""
    store = SparseStore(CAMERA.channels)
    labels: list[int] = []
    groups: list[str] = []
    parts: list[str] = []
    for part, name in LISTS.items():
        for path in _trials(folder, name):
            events = read_aedat(path)
            _require_order(path, events["t"])
            for gesture in _gestures(path.with_name(f"{path.stem}_labels.csv")):
                first, last = np.searchsorted(events["t"], [gesture.start, gesture.end])
                of_gesture = {key: field[first:last] for key, field in events.items()}
                form = replace(CAMERA, start=gesture.start)
                store.add(form.counts(of_gesture, f"{path}: gesture in {gesture.where}"))
                labels.append(gesture.number - 1)
                groups.append(path.stem.split("_")[0])
                parts.append(part)
    return Recordings(store.sequences(), labels, groups, parts, classes=GESTURES)


def _require_order(path: Path, t: NDArray[np.int64]) -> None:
    """Refuse times that go back, also outside gestures: gestures are found by bisection."""
    back = t[1:] < t[:-1]
    if back.any():
        event = int(back.argmax()) + 1
        raise InputError(
            f"{path}: event {event} is at {t[event]}, but the event before it is later: unpack "
            f"DvsGesture.tar.gz again"
        )


def _trials(folder: Path, name: str) -> Iterator[Path]:
    """Yield the files of the trials that a list names."""
    text = read_bytes(folder / name, LARGEST_LIST).decode("utf-8", "replace")
    names = [line.strip() for line in text.splitlines()]
    for number, trial in enumerate(names, 1):
        if trial and ("/" in trial or not trial.endswith(".aedat")):
            raise InputError(
                f"{folder / name}: line {number} is {trial[:60]!r}, expected the name of an .aedat "
                f"file: unpack DvsGesture.tar.gz again"
            )
    if not any(names):
        raise InputError(f"{folder / name}: no trial in it: unpack DvsGesture.tar.gz again")
    yield from (folder / trial for trial in names if trial)


def _gestures(path: Path) -> Iterator[Gesture]:
    """Yield the gestures of a trial, checked row by row."""
    table = read_csv(path)
    for name in COLUMNS:
        table.require(name)
    numbers = table.numbers(COLUMNS, None)
    for row, (number, start, end) in enumerate(numbers.tolist()):
        where = table.where(row, "class")
        if number not in range(1, len(GESTURES) + 1):
            raise InputError(f"{where} is {number:g}, expected 1 to {len(GESTURES)}")
        if not 0 <= start < end:
            raise InputError(
                f"{table.where(row, COLUMNS[1])} is {start:g} and the end {end:g}, expected times "
                f"in microseconds, the end after the start: correct the row"
            )
        yield Gesture(where, int(number), int(start), int(end))
