"""Refusals of data sets from which nothing can be learnt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from hardware.errors import InputError
from spiking_gru.data.heads import is_missing
from spiking_gru.data.part import Part
from spiking_gru.data.targets import Targets
from spiking_gru.data.tasks import Task

if TYPE_CHECKING:
    from spiking_gru.data.dataset import Dataset


def require_learnable(dataset: Dataset, targets: Targets) -> None:
    """Refuse a data set from which nothing can be learnt, or one of whose heads cannot be.

    `targets` say how the classes are written.
    """
    for name in (head.name for head in dataset.heads):
        try:
            _require_learnable(dataset.head(name), targets.of_heads.get(name, ()))
        except InputError as error:
            raise InputError(f"head {name!r}: {error}") from error
    if not dataset.heads:
        _require_learnable(dataset, targets.written)


def _require_learnable(dataset: Dataset, written: Sequence[str]) -> None:
    if dataset.row.has_labels:
        _require_every_label(dataset)
    elif dataset.row.names_classes:
        if not dataset.row.predicts_tokens:
            _require_every_class(dataset, written)
    elif np.nanstd(dataset.training.targets, axis=0).max(initial=0) == 0:
        raise InputError(
            "every target is the same, expected different ones to learn from: name another target, "
            "or add sequences"
        )
    for name in ("validation", "test"):
        _require_a_target(name, getattr(dataset, name), dataset.row)


def _require_a_target(name: str, part: Part, row: Task) -> None:
    """Refuse a part by which nothing can be chosen or tested."""
    if is_missing(part.targets, row).all():
        raise InputError(
            f"every target of the {name} part is missing, expected some that are known: move "
            f"sequences with targets there"
        )


def _require_every_label(dataset: Dataset) -> None:
    """Items with each label, and items without it, to learn it from."""
    targets = dataset.training.targets
    for i, name in enumerate(dataset.classes):
        for value, found in ((1, "has"), (0, "is without")):
            if not (targets[:, i] == value).any():
                raise InputError(
                    f"no training target {found} the label {name!r}, expected some with and some "
                    f"without it: move some to the training part, or leave the label out"
                )


def _require_every_class(dataset: Dataset, written: Sequence[str]) -> None:
    """Two classes or more, and something to learn each of them from."""
    classes = dataset.classes
    if len(classes) < 2:
        raise InputError(
            f"every label is {classes[0]!r}, expected at least two classes: add sequences of "
            f"another class"
        )
    missing = np.setdiff1d(np.arange(len(classes)), dataset.training.labels)
    if not len(missing):
        return
    label, name = int(missing[0]), classes[missing[0]]
    for part in ("validation", "test"):
        found = getattr(dataset, part)
        items = np.flatnonzero(found.labels == label)
        if len(items):
            raise InputError(
                f"no training sequence has the label {name!r}, which "
                f"{found.where_of_target(items[0])} of the {part} part has, expected some of each "
                f"class: move some to the training part, or leave the class out"
            )
    counted = bool(written) and all(text.lstrip("-").isdigit() for text in written)
    raise InputError(
        f"no sequence has the label {name!r}, expected some of each of the {len(classes)} classes: "
        f"leave the class out{'; count labels from 0, without gaps' if counted else ''}"
    )
