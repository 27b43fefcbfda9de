"""Data sets by name, or from a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path

import numpy as np

from hardware.errors import InputError, MissingPackageError, unknown_name
from spiking_gru.data.dataset import Dataset
from spiking_gru.data.npz import Arrays, read_arrays
from spiking_gru.data.npz_form import Inputs, class_names, dataset_of, inputs_of


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
        return dataset_of(name, DATASETS[name](), seed)
    path = Path(name)
    if path.suffix == ".npz" or path.exists():
        return dataset_of(path.stem, read_arrays(path), seed)
    raise unknown_name("data set", name, [*DATASETS, "FILE.npz"])


def load_inputs(name: str, classes: Sequence[str] = ()) -> Inputs:
    """Return sequences to run a program with these classes on, and their targets where known.

    A data set gives its test part; a `.npz` file may also hold just `values` and `lengths`, and
    `labels` or `targets` if they are known.
    """
    path = Path(name)
    if name not in DATASETS and path.exists():
        arrays = read_arrays(path)
        if "values" in arrays and "lengths" in arrays:
            _require_same(name, class_names(arrays), classes)
            return inputs_of(arrays, classes)
    dataset = load(name)
    _require_same(name, dataset.classes, classes)
    return Inputs(dataset.test.sequences, dataset.test.targets)


def _require_same(name: str, found: Sequence[str], classes: Sequence[str]) -> None:
    if found and classes and tuple(found) != tuple(classes):
        raise InputError(
            f"{name} has the classes {', '.join(found)}, but the program names "
            f"{', '.join(classes)}: put the labels in the program's order"
        )
