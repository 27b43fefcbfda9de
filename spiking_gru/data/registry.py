"""Data sets by name, or from a file of the same form.

A `.npz` file needs `train_values` and `test_values` (all frames, channels), `train_lengths` and
`test_lengths`, `train_labels` and `test_labels` (0, 1, …), and may hold `classes` (their names).
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hardware.definition.limits import WIDEST
from hardware.errors import InputError, MissingPackageError, name_fault, unknown_name
from hardware.sequences.dense import NUMBERS, Sequences
from spiking_gru.data.dataset import VALIDATION_SHARE, Dataset, Labelled, fingerprint, hold_out
from spiking_gru.data.npz import Arrays, read_arrays


def japanese_vowels() -> Arrays:
    """Nine speakers say /ae/: 12 LPC cepstra a frame, 7 to 29 frames; the task names the speaker.

    Kudo, Toyama and Shimbo, 1999; UCI Machine Learning Repository, CC BY 4.0.
    """
    resource = files("spiking_gru.data") / "japanese_vowels.npz"
    with resource.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        arrays: Arrays = dict(archive)
    arrays["train_labels"] = arrays.pop("train_speaker")
    arrays["test_labels"] = arrays.pop("test_speaker")
    arrays["classes"] = np.array([f"speaker {i + 1}" for i in range(9)])
    return arrays


def digits() -> Arrays:
    """1,797 handwritten digits, read row by row: 8 frames of 8 pixels (scikit-learn, BSD).

    They have no official split: the same 30 % are always the test part.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise MissingPackageError(
            'the data set digits needs scikit-learn: pip install "spiking-gru[data]"'
        ) from error
    images, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(labels))
    arrays: Arrays = {"classes": np.array([str(i) for i in range(10)])}
    for part, chosen in (("test", order[:539]), ("train", order[539:])):
        arrays[f"{part}_values"] = images[chosen].reshape(-1, 8)
        arrays[f"{part}_lengths"] = np.full(len(chosen), 8)
        arrays[f"{part}_labels"] = labels[chosen]
    return arrays


DATASETS: dict[str, Callable[[], Arrays]] = {
    "japanese-vowels": japanese_vowels,
    "digits": digits,
}


def load(name: str, seed: int = 0) -> Dataset:
    """A data set by name or by the path of a `.npz` file; the seed chooses its validation part."""
    if name in DATASETS:
        return _assemble(name, DATASETS[name](), seed)
    path = Path(name)
    if path.suffix == ".npz" or path.exists():
        return _assemble(path.stem, read_arrays(path), seed)
    raise unknown_name("data set", name, [*DATASETS, "FILE.npz"])


def _assemble(name: str, arrays: Arrays, seed: int) -> Dataset:
    for part in ("train", "test"):
        for kind in ("values", "lengths", "labels"):
            if f"{part}_{kind}" not in arrays:
                raise InputError(
                    f"{name}: no array {part}_{kind}: a data set needs train_ and test_ values, "
                    f"lengths and labels"
                )
    all_training, test = _labelled(arrays, "train_"), _labelled(arrays, "test_")
    if test.sequences.channels != all_training.sequences.channels:
        raise InputError(
            f"{name}: {test.sequences.channels} channels in the test part, but "
            f"{all_training.sequences.channels} in the training part"
        )
    classes = _classes(name, arrays, all_training)
    for labels in (all_training.labels, test.labels):
        if labels.min() < 0 or labels.max() >= len(classes):
            raise InputError(
                f"{name}: labels run from {labels.min()} to {labels.max()}, expected "
                f"0 to {len(classes) - 1}"
            )
    _require_every_class(name, all_training, classes)
    training, validation = hold_out(all_training, VALIDATION_SHARE, seed)
    return Dataset(name, training, validation, test, classes, fingerprint(arrays))


def _classes(name: str, arrays: Arrays, training: Labelled) -> tuple[str, ...]:
    """The names of the classes; each can be printed, and there are no more than sequences."""
    largest, most = int(training.labels.max()), len(training)
    if "classes" not in arrays:
        if largest >= most:
            raise InputError(
                f"{name}: a label is {largest}, but there are {most} training sequences, expected "
                f"labels below {most}: count labels from 0, without gaps"
            )
        return tuple(f"class {i}" for i in range(largest + 1))
    return _class_names(name, arrays["classes"], most)


def _class_names(name: str, names: NDArray[np.generic], most: int) -> tuple[str, ...]:
    """Names that can be printed, `most` of them or fewer."""
    if names.ndim != 1 or not 0 < len(names) <= most:
        raise InputError(
            f"{name}: classes has shape {names.shape}, expected one dimension of 1 to {most}: give "
            f"one name for each class"
        )
    classes = tuple(str(label) for label in names)
    for fault in filter(None, map(name_fault, classes)):
        raise InputError(f"{name}: classes: {fault}: choose another name")
    return classes


def _require_every_class(name: str, training: Labelled, classes: tuple[str, ...]) -> None:
    """Two classes or more, and something to learn each of them from."""
    if len(classes) < 2:
        raise InputError(
            f"{name}: every label is 0, expected at least two classes: there is nothing to tell "
            f"apart"
        )
    missing = np.setdiff1d(np.arange(len(classes)), training.labels)
    if len(missing):
        raise InputError(
            f"{name}: no training sequence has the label {missing[0]} ({classes[missing[0]]}), "
            f"expected some of each of the {len(classes)} classes: count labels from 0, without "
            f"gaps"
        )


def _labelled(arrays: Arrays, prefix: str) -> Labelled:
    labels = arrays[f"{prefix}labels"]
    if not np.issubdtype(labels.dtype, np.integer) or labels.ndim != 1:
        raise InputError(
            f"{prefix}labels must be one whole number for each sequence, found {labels.dtype} of "
            f"shape {labels.shape}: number the classes 0, 1, … and put their names into `classes`"
        )
    return Labelled(_sequences(arrays, prefix), labels.astype(np.int64))


def _sequences(arrays: Arrays, prefix: str) -> Sequences:
    values, lengths = arrays[f"{prefix}values"], arrays[f"{prefix}lengths"]
    if values.dtype.kind not in NUMBERS or not np.issubdtype(lengths.dtype, np.integer):
        raise InputError(
            f"{prefix}values must be numbers and {prefix}lengths whole numbers, found "
            f"{values.dtype} and {lengths.dtype}: convert them to float32 and int64"
        )
    if not lengths.size:
        raise InputError(
            f"{prefix}lengths is empty, expected at least one sequence: put in the frames of each "
            f"sequence"
        )
    if values.ndim == 2 and not values.shape[1]:
        raise InputError(
            f"{prefix}values has shape {values.shape}, expected at least one channel: put in one "
            f"column for each channel"
        )
    try:
        with np.errstate(over="ignore"):  # what is too large becomes inf, which Sequences names
            return Sequences(values.astype(np.float32), lengths.astype(np.int64))
    except InputError as error:
        raise InputError(f"{prefix}values and {prefix}lengths: {error}") from error


def load_inputs(
    name: str,
) -> tuple[Sequences, NDArray[np.int64] | None, tuple[str, ...] | None]:
    """Sequences to run a program on, and their labels and class names where the data has any.

    A data set gives its test part; a `.npz` file may also hold just `values` and `lengths`, and
    `labels` if they are known.
    """
    path = Path(name)
    if name not in DATASETS and path.exists():
        arrays = read_arrays(path)
        if "values" in arrays and "lengths" in arrays:
            names = arrays.get("classes")
            classes = None if names is None else _class_names(path.stem, names, WIDEST)
            if "labels" in arrays:
                part = _labelled(arrays, "")
                return part.sequences, part.labels, classes
            return _sequences(arrays, ""), None, classes
    dataset = load(name)
    return dataset.test.sequences, dataset.test.labels, dataset.classes
