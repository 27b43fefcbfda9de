"""The `.npz` form of data: parts of sequences, one array for each thing.

A data set has `train_values` (all frames one after another, channels), `train_lengths` (frames of
each sequence), and `train_labels` (classes) or `train_targets` (values), one of each sequence or of
each frame. It has the same for `test_`, and may have it for `validation_`, which is otherwise held
out of the training part. It may have `train_groups` and `classes` (their names). Parts may
have forecasts to compare with, `test_naive` (forecasts, targets, outputs), named in `naive`.
Inputs alone are `values` and `lengths`, with `labels` or `targets` where they are known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.definition.limits import WIDEST
from hardware.errors import InputError, name_fault
from hardware.sequences.dense import NUMBERS, Sequences
from spiking_gru.data.dataset import Dataset, Part, assembled
from spiking_gru.data.fingerprint import fingerprint
from spiking_gru.data.labels import are_labels
from spiking_gru.data.npz import Arrays
from spiking_gru.data.splits import require_disjoint
from spiking_gru.data.targets import Targets, targets_of
from spiking_gru.data.tasks import TASKS, task_of


@dataclass(frozen=True)
class Inputs:
    """Sequences to run a program on, and their targets where they are known."""

    sequences: Sequences
    targets: NDArray[Any] | None = None
    fingerprint: str = ""
    """That of the whole data that they are from."""

    naive: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    """Naive forecasts of the targets by name."""


TARGETS = {"labels": True, "targets": False}
"""Names of the arrays of targets, and whether they are classes."""


def dataset_of(name: str, arrays: Arrays, seed: int) -> Dataset:
    """Return the data set that the arrays hold."""
    prefixes = ["train_", *(["validation_"] if "validation_values" in arrays else []), "test_"]
    for part in prefixes:
        for kind in ("values", "lengths"):
            if f"{part}{kind}" not in arrays:
                raise InputError(
                    f"{name}: no array {part}{kind}: a data set needs train_ and test_ values, "
                    f"lengths, and labels or targets"
                )
        if kind_of_targets(arrays, part) is None:
            raise InputError(
                f"{name}: no array {part}labels, nor {part}targets: a data set needs the target of "
                f"each sequence"
            )
    try:
        names = class_names(arrays, len(arrays["train_lengths"].ravel()))
        training, targets = part_of(arrays, "train_", names)
        others = {p: _like(training, targets, arrays, p) for p in prefixes[1:]}
        if "classes" not in arrays:  # a number alone would not read well
            readable = (f"class {text}" if text.isdigit() else text for text in targets.classes)
            targets = replace(targets, classes=tuple(readable))
        parts = {
            "training": training,
            "validation": others.get("validation_"),
            "test": others["test_"],
        }
        require_disjoint(
            {p: part.groups for p, part in parts.items() if part and part.groups is not None}
        )
        split = "class" if training.groups is None else "group"
        given = others.get("validation_")
        made = assembled(name, training, others["test_"], targets, split, seed=seed, given=given)
    except InputError as error:
        raise InputError(f"{name}: {error}") from error
    return replace(made, fingerprint=fingerprint(arrays))


def _like(training: Part, targets: Targets, arrays: Arrays, prefix: str) -> Part:
    """Return another part of a data set; an InputError where it is of another form."""
    has_labels = TASKS[targets.task].has_labels
    part, found = part_of(arrays, prefix, targets.classes, targets.written, has_labels)
    name = prefix.strip("_")
    if found.task != targets.task:
        raise InputError(f"the training part is to {targets.task}, the {name} part to {found.task}")
    if part.sequences.channels != training.sequences.channels:
        raise InputError(
            f"{part.sequences.channels} channels in the {name} part, but "
            f"{training.sequences.channels} in the training part"
        )
    return part


def inputs_of(
    arrays: Arrays, classes: Sequence[str] = (), has_labels: bool | None = None
) -> Inputs:
    """Return the inputs that the arrays hold; labels are those of a program with these classes."""
    if kind_of_targets(arrays, "") is None:
        return Inputs(sequences_of(arrays, ""), None, fingerprint(arrays))
    names = tuple(classes) or tuple(class_names(arrays))
    part, _ = part_of(arrays, "", names, has_labels=has_labels)
    return Inputs(part.sequences, part.targets, fingerprint(arrays), part.naive)


def kind_of_targets(arrays: Arrays, prefix: str) -> str | None:
    """Return the name of the array of targets without its prefix; None where there is none."""
    found = [kind for kind in TARGETS if f"{prefix}{kind}" in arrays]
    if len(found) > 1:
        raise InputError(f"both {prefix}labels and {prefix}targets are here: give one of them")
    return found[0] if found else None


def part_of(
    arrays: Arrays,
    prefix: str,
    classes: Sequence[str] = (),
    written: Sequence[str] = (),
    has_labels: bool | None = None,
) -> tuple[Part, Targets]:
    """Return a part of a data set; its labels are among `classes`, if there are any.

    `has_labels` says whether any number of classes may be right; None where the labels show it.
    """
    sequences, kind = sequences_of(arrays, prefix), kind_of_targets(arrays, prefix)
    assert kind is not None
    given, frames = arrays[f"{prefix}{kind}"], len(sequences.values)
    per_step = given.ndim > 0 and len(given) == frames != len(sequences)
    if has_labels is None:
        has_labels = TARGETS[kind] and given.ndim == 2 and are_labels(given.tolist())
    task = task_of(TARGETS[kind], per_step, has_labels and TARGETS[kind])
    items = np.split(given, np.cumsum(sequences.lengths)[:-1]) if per_step else given
    try:
        of_classes = (classes, written) if TARGETS[kind] else ()
        targets = targets_of(items, sequences.lengths, task, *of_classes)
    except InputError as error:
        raise InputError(f"{prefix}{kind}: {error}") from error
    groups = arrays.get(f"{prefix}groups")
    naive = _naive(arrays, prefix, targets.array)
    return Part(sequences, targets.array, groups, TASKS[task].per_step, naive), targets


def _naive(arrays: Arrays, prefix: str, targets: NDArray[Any]) -> dict[str, NDArray[np.float64]]:
    """Return the naive forecasts of the targets by name; none where the arrays have none."""
    given = arrays.get(f"{prefix}naive")
    if given is None:
        return {}
    forecasts = given[np.newaxis] if given.shape == targets.shape else given
    names = [str(name) for name in np.atleast_1d(arrays.get("naive", np.array("naive forecast")))]
    if forecasts.shape != (len(names), *targets.shape) or forecasts.dtype.kind not in NUMBERS:
        raise InputError(
            f"{prefix}naive has shape {given.shape} of {given.dtype}, expected a number for each "
            f"of {len(names)} naive forecasts and each target, {(len(names), *targets.shape)}"
        )
    for fault in filter(None, map(name_fault, names)):
        raise InputError(f"naive: {fault}: choose another name")
    return dict(zip(names, forecasts.astype(np.float64), strict=True))


def class_names(arrays: Arrays, most: int = WIDEST) -> Sequence[str]:
    """Return the names of the classes, no more than `most`; none where the arrays have none."""
    if "classes" not in arrays:
        return ()
    names = arrays["classes"]
    if names.ndim != 1 or not 0 < len(names) <= most:
        raise InputError(
            f"classes has shape {names.shape}, expected one dimension of 1 to {most}: give one "
            f"name for each class"
        )
    classes = [str(name) for name in names]
    for fault in filter(None, map(name_fault, classes)):
        raise InputError(f"classes: {fault}: choose another name")
    return classes


def sequences_of(arrays: Arrays, prefix: str) -> Sequences:
    """Return the sequences of a part."""
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
