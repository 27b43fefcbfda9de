"""The `.npz` form of data: parts of sequences, one array for each thing.

A data set has `train_values` (all frames one after another, channels), `train_lengths` (frames of
each sequence), and `train_labels` (classes) or `train_targets` (values), one of each sequence or of
each frame. It has the same for `test_`, and may have it for `validation_`, which is otherwise held
out of the training part. It may have `train_groups` and `classes` (their names). Parts may
have forecasts to compare with, `test_naive` (forecasts, targets, outputs), named in `naive`.
Inputs alone are `values` and `lengths`, with `labels` or `targets` where they are known.

Several targets at once have the name of their head at the end: `train_labels_digit`,
`train_targets_seconds`, and `classes_digit`.
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
from hardware.sequences.sparse import AnySequences
from spiking_gru.data.dataset import Dataset, assembled
from spiking_gru.data.fingerprint import fingerprint
from spiking_gru.data.heads import Head, targets_of_heads
from spiking_gru.data.labels import are_labels
from spiking_gru.data.npz import Arrays
from spiking_gru.data.part import Part
from spiking_gru.data.splits import require_disjoint
from spiking_gru.data.targets import Targets, targets_of
from spiking_gru.data.tasks import TASKS, row_of, task_of


@dataclass(frozen=True)
class Inputs:
    """Sequences to run a program on, and their targets where they are known."""

    sequences: AnySequences
    targets: NDArray[Any] | Mapping[str, NDArray[Any]] | None = None
    """Those of several heads by name."""

    fingerprint: str = ""
    """That of the whole data that they are from."""

    naive: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    """Naive forecasts of the targets by name."""


def inputs_of_test(dataset: Dataset) -> Inputs:
    """Return the test part of a data set."""
    test = dataset.test
    of_heads = {head.name: head.of(test.targets) for head in dataset.heads}
    return Inputs(test.sequences, of_heads or test.targets, dataset.fingerprint, test.naive)


TARGETS = {"labels": True, "targets": False}
"""Names of the arrays of targets, and whether they are classes."""


def dataset_of(name: str, arrays: Arrays, seed: int, source: str = "") -> Dataset:
    """Return the data set that the arrays hold; errors name their `source`, such as a file."""
    source = source or name
    prefixes = ["train_", *(["validation_"] if "validation_values" in arrays else []), "test_"]
    try:
        for part in prefixes:
            _require_arrays(arrays, part)
        names = class_names(arrays, len(arrays["train_lengths"].ravel()))
        training, targets = part_of(arrays, "train_", names)
        others = {p: _like(training, targets, arrays, p) for p in prefixes[1:]}
        targets = replace(targets, heads=tuple(_readable(h, arrays) for h in targets.heads))
        if "classes" not in arrays:  # a number alone would not read well
            readable = (f"class {text}" if text.isdigit() else text for text in targets.classes)
            targets = replace(targets, classes=tuple(readable))
        parts = {
            "training": training,
            "validation": others.get("validation_"),
            "test": others["test_"],
        }
        require_disjoint(
            {p: part.groups for p, part in parts.items() if part and part.groups is not None},
            lambda name, i: f"sequence {i}",
        )
        split = "class" if training.groups is None else "group"
        given = others.get("validation_")
        made = assembled(name, training, others["test_"], targets, split, seed=seed, given=given)
    except InputError as error:
        raise InputError(f"{source}: {error}") from error
    return replace(made, fingerprint=fingerprint(arrays))


def _require_arrays(arrays: Arrays, prefix: str) -> None:
    """Refuse a part without frames, lengths or targets."""
    for kind in ("values", "lengths"):
        if f"{prefix}{kind}" not in arrays:
            raise InputError(
                f"no array {prefix}{kind}, expected train_ and test_ values, lengths, and labels "
                f"or targets: add the array"
            )
    if kind_of_targets(arrays, prefix) is None and not heads_in(arrays, prefix):
        raise InputError(
            f"no array {prefix}labels, nor {prefix}targets, expected the target of each sequence: "
            f"add one of them"
        )


def _readable(head: Head, arrays: Arrays) -> Head:
    """Return a head whose classes have names; a number alone would not read well."""
    if f"classes_{head.name}" in arrays:
        return head
    return replace(head, classes=tuple(f"class {c}" if c.isdigit() else c for c in head.classes))


def _like(training: Part, targets: Targets, arrays: Arrays, prefix: str) -> Part:
    """Return another part of a data set; an InputError where it is of another form."""
    name = prefix.strip("_")
    if targets.heads:
        of_training = {head.name: head for head in targets.heads}
        of_part = heads_in(arrays, prefix)
        if of_part.keys() != of_training.keys():
            raise InputError(
                f"the training part has targets of {', '.join(of_training)}, the {name} part of "
                f"{', '.join(of_part)}: give every part the same heads"
            )
        part, found = part_of_heads(arrays, prefix, of_training, targets.of_heads)
    else:
        has_labels = row_of(targets.task).has_labels
        part, found = part_of(arrays, prefix, targets.classes, targets.written, has_labels)
    if found.task != targets.task:
        raise InputError(
            f"the training part is to {targets.task}, the {name} part to {found.task}: give every "
            f"part the same kind of targets"
        )
    if part.sequences.channels != training.sequences.channels:
        raise InputError(
            f"{part.sequences.channels} channels in the {name} part, but "
            f"{training.sequences.channels} in the training part: give every part the same channels"
        )
    return part


def inputs_of(
    arrays: Arrays,
    classes: Sequence[str] = (),
    has_labels: bool | None = None,
    heads: Mapping[str, Sequence[str]] | None = None,
) -> Inputs:
    """Return the inputs that the arrays hold; labels are those of a program with these classes.

    `heads` are the classes of each head of the program.
    """
    if heads_in(arrays, ""):
        part, found = part_of_heads(arrays, "", classes=heads)
        of_heads = {head.name: head.of(part.targets) for head in found.heads}
        return Inputs(part.sequences, of_heads, fingerprint(arrays))
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


def heads_in(arrays: Arrays, prefix: str) -> dict[str, str]:
    """Return the name of the array of each head; none where there is one target or none."""
    found: dict[str, str] = {}
    for kind in TARGETS:
        before = f"{prefix}{kind}_"
        for name in arrays:
            head = name.removeprefix(before)
            if head in ("", name):
                continue
            if head in found:
                raise InputError(f"both {found[head]} and {name} are here: give one of them")
            found[head] = name
    if found and kind_of_targets(arrays, prefix) is not None:
        raise InputError(
            f"{next(iter(found.values()))} is the targets of a head, but there is an array "
            f"{prefix}{kind_of_targets(arrays, prefix)} as well: give that one a name too"
        )
    return found


def part_of_heads(
    arrays: Arrays,
    prefix: str,
    like: Mapping[str, Head] | None = None,
    written: Mapping[str, Sequence[str]] | None = None,
    classes: Mapping[str, Sequence[str]] | None = None,
) -> tuple[Part, Targets]:
    """Return a part of a data set with several heads, each as `like` says, if that is given."""
    sequences = sequences_of(arrays, prefix)
    given: dict[str, Any] = {}
    tasks: dict[str, str] = {}
    names: dict[str, Sequence[str]] = {}
    for head, array in heads_in(arrays, prefix).items():
        is_class = array.startswith(f"{prefix}labels")
        items = arrays[array]
        per_step = items.ndim > 0 and len(items) == len(sequences.values) != len(sequences)
        has_labels = is_class and items.ndim == 2 and are_labels(items.tolist())
        tasks[head] = like[head].task if like else task_of(is_class, per_step, has_labels)
        given[head] = np.split(items, np.cumsum(sequences.lengths)[:-1]) if per_step else items
        if is_class:
            names[head] = like[head].classes if like else _names_of_head(arrays, head, classes)
    targets = targets_of_heads(given, sequences.lengths, tasks, names, written)
    per_step = row_of(targets.task).per_step
    return Part(sequences, targets.array, arrays.get(f"{prefix}groups"), per_step), targets


def _names_of_head(
    arrays: Arrays, head: str, classes: Mapping[str, Sequence[str]] | None
) -> Sequence[str]:
    """Return the names of the classes of a head; none where neither data nor program have them."""
    known = (classes or {}).get(head) or ()
    return known or class_names(
        {"classes": arrays[f"classes_{head}"]} if (f"classes_{head}" in arrays) else {}
    )


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
    if heads_in(arrays, prefix):
        return part_of_heads(arrays, prefix)
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
        part = f" of the {prefix.strip('_')} part" if prefix else ""
        raise InputError(f"{prefix}{kind}{part}: {error}") from error
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
