"""Figures of a data set."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.metrics import MISSING_CLASS
from hardware.sequences.statistics import ranges
from spiking_gru.data.dataset import Dataset
from spiking_gru.data.heads import is_missing
from spiking_gru.data.part import Part
from spiking_gru.data.recordings import Preprocessing


@dataclass(frozen=True)
class PartSummary:
    """Figures of one part."""

    sequences: int
    frames: int
    shortest: int
    longest: int
    targets: int
    missing: int
    """Targets that are not known."""

    groups: tuple[str, ...]
    of_class: tuple[int, ...]
    """Targets of each class; empty where targets are values."""


@dataclass(frozen=True)
class Range:
    """Figures of one channel, or of one output, over the training part."""

    name: str
    """The name of the channel where it has one, else its number."""

    lowest: float
    highest: float
    mean: float


@dataclass(frozen=True)
class Summary:
    """Figures of a data set."""

    name: str
    task: str
    described: str
    licence: str
    fingerprint: str
    classes: tuple[str, ...]
    parts: dict[str, PartSummary]
    channels: tuple[Range, ...]
    outputs: tuple[Range, ...]
    """Ranges of the targets; empty where targets are classes."""

    preprocessing: Preprocessing
    """Names and settings of the steps on the host that made the frames."""

    heads: dict[str, Summary] = field(default_factory=dict)
    """The figures of each of several heads, with the targets of it alone."""


def summary_of(dataset: Dataset) -> Summary:
    """Return the figures of a data set."""
    parts = {
        "training": dataset.training,
        "validation": dataset.validation,
        "test": dataset.test,
    }
    values = not (dataset.row.names_classes or dataset.heads)
    return Summary(
        name=dataset.name,
        task=dataset.task,
        described=dataset.described,
        licence=dataset.licence,
        fingerprint=dataset.fingerprint,
        classes=dataset.classes,
        parts={name: _summary_of_part(part, dataset) for name, part in parts.items()},
        channels=_ranges_of_channels(dataset),
        outputs=_ranges(dataset.training.targets) if values else (),
        preprocessing=dataset.preprocessing,
        heads={head.name: summary_of(dataset.head(head.name)) for head in dataset.heads},
    )


def _summary_of_part(part: Part, dataset: Dataset) -> PartSummary:
    lengths, classes = part.sequences.lengths, dataset.classes
    of_heads = [is_missing(head.of(part.targets), head.row) for head in dataset.heads]
    of_heads = of_heads or [is_missing(part.targets, dataset.row)]
    missing = np.concatenate([of_head.ravel() for of_head in of_heads])
    return PartSummary(
        sequences=len(part),
        frames=int(lengths.sum()),
        shortest=int(lengths.min()),
        longest=int(lengths.max()),
        targets=missing.size,
        missing=int(missing.sum()),
        groups=() if part.groups is None else tuple(map(str, np.unique(part.groups))),
        of_class=_of_class(part.targets, len(classes)) if classes else (),
    )


def _of_class(targets: NDArray[np.int64], classes: int) -> tuple[int, ...]:
    """Return the targets of each class, or those that have it as one of several labels."""
    if targets.ndim > 1:
        return tuple((targets == 1).sum(axis=0).tolist())
    return tuple(np.bincount(targets[targets != MISSING_CLASS], minlength=classes).tolist())


def _ranges_of_channels(dataset: Dataset) -> tuple[Range, ...]:
    """Return the range of each channel."""
    names = dataset.channel_names or tuple(map(str, range(dataset.channels)))
    low, high, mean = (figures.tolist() for figures in ranges(dataset.training.sequences))
    return tuple(map(Range, names, low, high, mean))


def _ranges(table: NDArray[Any]) -> tuple[Range, ...]:
    """Return the range of each column, of the values that are known."""
    columns = (column[~np.isnan(column)] for column in table.T.astype(np.float64))
    return tuple(
        Range(str(i), float(column.min()), float(column.max()), float(column.mean()))
        for i, column in enumerate(columns)
        if column.size
    )
