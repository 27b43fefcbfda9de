"""BasicMotions of the UEA archive, from files of the package aeon."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hardware.errors import InputError
from hardware.files.disk import one_line, read_bytes
from spiking_gru.data.npz import Arrays
from spiking_gru.data.sources.package import data_only

AEON = data_only("aeon", "aeon")

MOST_BYTES = 64 * 2**20


def basic_motions() -> Arrays:
    """Four students walk, rest, run and play badminton: 6 axes of a watch, 100 frames at 10 Hz.

    The official split: 40 sequences each.
    """
    arrays: Arrays = {}
    for part, file in (("train", "TRAIN"), ("test", "TEST")):
        path = AEON.file(f"datasets/data/BasicMotions/BasicMotions_{file}.ts")
        recordings, labels = read_ts(path)
        arrays[f"{part}_values"] = np.concatenate(recordings)
        arrays[f"{part}_lengths"] = np.array([len(recording) for recording in recordings])
        arrays[f"{part}_labels"] = np.array(labels)
    arrays["classes"] = np.unique(arrays["train_labels"])
    return arrays


def read_ts(path: Path) -> tuple[list[NDArray[np.float64]], list[str]]:
    """Return the sequences (frames, channels) and labels of a `.ts` file.

    After `@data` a line is a sequence: its channels with `:` between, then its label.
    """
    recordings, labels = [], []
    for number, line in _data_lines(path):
        *channels, label = line.split(":")
        try:
            frames = np.array([np.array(c.split(","), dtype=np.float64) for c in channels]).T
            if frames.ndim != 2 or not frames.size:
                raise ValueError(f"{len(channels)} channels of different or no lengths")
        except ValueError as error:
            raise InputError(
                f"{path}: line {number}: {one_line(error)}: expected channels of as many numbers "
                f"each, with ':' between, and a label"
            ) from error
        recordings.append(frames)
        labels.append(label)
    if not recordings:
        raise InputError(f"{path}: no sequence after a line @data: expected a .ts file")
    return recordings, labels


def _data_lines(path: Path) -> Iterator[tuple[int, str]]:
    text = read_bytes(path, MOST_BYTES).decode("utf-8", errors="replace")
    begun = False
    for number, line in enumerate(text.splitlines(), start=1):
        if begun and line.strip():
            yield number, line.strip()
        begun = begun or line.strip().lower() == "@data"
