"""Spiking Heidelberg Digits and Spiking Speech Commands (Cramer and others, 2020), in HDF5.

A file has `spikes/times` in seconds and `spikes/units`, an array of each recording, and `labels`.
`extra/keys` has the names of the classes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import InputError, MissingPackageError, name_fault
from hardware.files.disk import one_line, opened
from hardware.sequences.events import EventForm
from hardware.sequences.on_disk import SparseStore
from spiking_gru.data.recordings import Recordings

COCHLEA = EventForm(sensor_size=700, dt=0.01, pool=(5, 1))
"""Frames of 10 ms; five channels of the cochlea, which are neighbours, are summed into one."""

PUBLISHED = "https://zenkelab.org/datasets/"

MOST_RECORDINGS = 1_000_000
MOST_CLASSES = 1000
LARGEST = 2**36
"""Bytes of a file."""

UNREADABLE = (OSError, KeyError, ValueError, TypeError, RuntimeError, MemoryError)
"""Errors of h5py for a file that is damaged or of another form."""


def shd(folder: Path) -> Recordings:
    """Spoken digits in English and German: two parts."""
    return _recordings({"train": folder / "shd_train.h5", "test": folder / "shd_test.h5"})


def ssc(folder: Path) -> Recordings:
    """Spoken commands: three parts."""
    names = {"train": "train", "validation": "valid", "test": "test"}
    return _recordings({part: folder / f"ssc_{name}.h5" for part, name in names.items()})


def _recordings(files: dict[str, Path], form: EventForm = COCHLEA) -> Recordings:
    store = SparseStore(form.channels)
    labels: list[int] = []
    parts: list[str] = []
    classes: tuple[str, ...] = ()
    for part, path in files.items():
        with _opened(path) as file:
            names = _names(path, file)
            if classes and names != classes:
                raise InputError(
                    f"{path}: extra/keys are not those of the training part: take both files from "
                    f"one archive of {PUBLISHED}"
                )
            classes = names
            of_part = _labels(path, file, len(classes) or MOST_CLASSES)
            for i, fields in enumerate(_events(path, file, len(of_part))):
                store.add(form.counts(fields, f"{path}: recording {i}"))
        labels += of_part
        parts += [part] * len(of_part)
    return Recordings(store.sequences(), labels, parts=parts, classes=classes)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Open a file; every fault of h5py becomes an InputError that names the file."""
    try:
        import h5py
    except ImportError as error:
        raise MissingPackageError(
            f'{path} needs h5py: pip install "spiking-gru[events]"'
        ) from error
    with opened(path, LARGEST):  # a regular file
        pass
    try:
        with h5py.File(path, "r") as file:
            yield file
    except InputError:
        raise
    except UNREADABLE as error:
        raise InputError(
            f"{path}: not a readable HDF5 file with spikes/times, spikes/units and labels: "
            f"{one_line(error)}: unpack it again from the archive of {PUBLISHED}"
        ) from error


def _member(path: Path, file: Any, name: str) -> Any:
    """Return a data set of the file; links to other files are not followed."""
    import h5py

    group = file
    for step in name.split("/"):
        if not isinstance(group.get(step, getlink=True), h5py.HardLink):
            raise InputError(
                f"{path}: no {name}, expected spikes/times, spikes/units and labels: unpack the "
                f"file again"
            )
        group = group[step]
    if not isinstance(group, h5py.Dataset) or group.ndim != 1 or len(group) > MOST_RECORDINGS:
        raise InputError(
            f"{path}: {name} is no list of at most {MOST_RECORDINGS} entries, one for each "
            f"recording: unpack the file again"
        )
    return group


def _labels(path: Path, file: Any, classes: int) -> list[int]:
    """Return the label of each recording, below the number of classes."""
    labels = _member(path, file, "labels")[:]
    if labels.dtype.kind not in "iu":
        raise InputError(
            f"{path}: labels are {labels.dtype}, expected whole numbers: unpack the file again"
        )
    if not len(labels):
        raise InputError(
            f"{path}: no labels, expected one of each recording: unpack the file again"
        )
    outside = (labels < 0) | (labels >= classes)
    if outside.any():
        recording = int(outside.argmax())
        raise InputError(
            f"{path}: recording {recording} has the label {labels[recording]}, expected 0 to "
            f"{classes - 1}: unpack the file again"
        )
    found: list[int] = labels.tolist()
    return found


def _names(path: Path, file: Any) -> tuple[str, ...]:
    """Return the names of the classes; none where the file has none."""
    if "extra" not in file or "keys" not in file["extra"]:
        return ()
    keys = _member(path, file, "extra/keys")[:MOST_CLASSES]
    names = tuple(key.decode("utf-8") if isinstance(key, bytes) else str(key) for key in keys)
    for fault in filter(None, map(name_fault, names)):
        raise InputError(f"{path}: extra/keys: {fault}: name the classes otherwise")
    return names


def _events(path: Path, file: Any, count: int) -> Iterator[dict[str, NDArray[Any]]]:
    """Yield the events of each recording, in the order of their times."""
    times, units = (_member(path, file, f"spikes/{name}") for name in ("times", "units"))
    if not len(times) == len(units) == count:
        raise InputError(
            f"{path}: {len(times)} recordings of times and {len(units)} of units for {count} "
            f"labels: expected one of each: unpack the file again"
        )
    for i in range(count):
        t, x = np.asarray(times[i]), np.asarray(units[i])
        if t.dtype.kind != "f" or t.shape != x.shape or t.ndim != 1:
            raise InputError(
                f"{path}: recording {i} has times {t.dtype} {t.shape} and units {x.shape}, "
                f"expected a time in seconds for each unit: unpack the file again"
            )
        order = np.argsort(t, kind="stable")
        yield {"t": t[order].astype(np.float64), "x": x[order]}
