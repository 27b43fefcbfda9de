"""A part of a data set: sequences with their targets, and what is held out of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hardware.display import number_of
from hardware.errors import InputError, choose
from hardware.sequences.sparse import AnySequences
from spiking_gru.data import splits
from spiking_gru.data.heads import Head
from spiking_gru.data.places import COUNTED, Places

SPLITS = ("class", "group", "time")


@dataclass(frozen=True, eq=False, repr=False)
class Part:
    """Sequences, their targets, and the group of each."""

    sequences: AnySequences
    targets: NDArray[Any]
    """Targets of each sequence, or of all frames: class indices, labels or values (…, outputs).

    Several heads have one column each, or several (…, columns), as `Head` says.
    """

    groups: NDArray[Any] | None = None
    """For instance the person who was recorded."""

    per_step: bool = False
    """Whether targets are of frames."""

    naive: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    """Naive forecasts of the targets by name; MASE compares with the first."""

    places: Places = field(default=COUNTED, repr=False)
    """Where each sequence comes from, for errors."""

    def __post_init__(self) -> None:
        frames = int(self.sequences.lengths.sum())
        items = frames if self.per_step else len(self.sequences)
        for name, given, expected in (
            ("targets", self.targets, items),
            ("groups", self.groups, len(self.sequences)),
        ):
            if given is not None and len(given) != expected:
                raise InputError(
                    f"{len(given)} {name} for {len(self.sequences)} sequences of "
                    f"{frames} frames: expected {expected}"
                )
        for name, values in self.naive.items():
            if values.shape != self.targets.shape:
                raise InputError(
                    f"the naive forecast {name!r} has shape {values.shape}, the targets "
                    f"{self.targets.shape}: give one value for each target"
                )
        for i, group in enumerate([] if self.groups is None else np.asarray(self.groups).tolist()):
            if group is None or group != group:
                raise InputError(f"{self.where(i)} has no group: give one, or leave the groups out")

    def __repr__(self) -> str:
        groups = ""
        if self.groups is not None:
            groups = f", {number_of(len(set(np.asarray(self.groups).tolist())), 'group')}"
        return (
            f"Part({number_of(len(self), 'sequence')}, "
            f"{number_of(int(self.sequences.lengths.sum()), 'frame')}, "
            f"{number_of(self.sequences.channels, 'channel')}, "
            f"a target of each {'frame' if self.per_step else 'sequence'}{groups})"
        )

    def __len__(self) -> int:
        return len(self.sequences)

    def where(self, i: int) -> str:
        """Return the place of a sequence, for an error."""
        return self.places.where(i)

    def where_of_target(self, i: int) -> str:
        """Return the place of the sequence that a target is of."""
        if not self.per_step:
            return self.where(i)
        ends = np.cumsum(self.sequences.lengths)
        return self.where(int(np.searchsorted(ends, i, side="right")))

    @property
    def labels(self) -> NDArray[np.int64]:
        """The class index of each sequence, or of each frame."""
        if self.targets.ndim > 1:
            raise InputError("the targets are values or several labels, expected classes")
        labels: NDArray[np.int64] = self.targets
        return labels

    def of_head(self, head: Head) -> Part:
        """Return the same sequences with the targets of one head alone."""
        return replace(self, targets=head.of(self.targets), naive={})

    def take(self, indices: ArrayLike) -> Part:
        """The sequences at `indices`, in that order, with their targets and groups."""
        chosen = np.asarray(indices, dtype=np.int64)
        groups = None if self.groups is None else self.groups[chosen]
        return Part(
            self.sequences.take(chosen),
            self._of(self.targets, chosen),
            groups,
            self.per_step,
            {name: self._of(values, chosen) for name, values in self.naive.items()},
            self.places.take(chosen),
        )

    def _of(self, items: NDArray[Any], chosen: NDArray[np.int64]) -> NDArray[Any]:
        """Return the items of some sequences: one of each, or one of each frame."""
        if not self.per_step:
            return items[chosen]
        starts = self.sequences.starts[chosen]
        ends = starts + self.sequences.lengths[chosen]
        parts = [items[a:b] for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]
        return np.concatenate(parts) if parts else items[:0]


def held_out(
    part: Part,
    split: str,
    share: float,
    seed: int,
    classes: Sequence[str] = (),
    heads: Sequence[Head] = (),
) -> NDArray[np.int64]:
    """Return the sequences of about `share` of a part, chosen as `split` says.

    By class they are those of the first head that has one class of each sequence.
    """
    choose("split", split, SPLITS)
    if not 0 < share < 1:
        raise InputError(f"a share of {share} is held out: expected more than 0 and less than 1")
    if split == "group":
        if part.groups is None:
            raise InputError(
                "the split is by group, but there are no groups: give one of each sequence"
            )
        return splits.by_group(part.groups, share, seed)
    if split == "time":
        return splits.by_time(len(part), share)
    labels, names = labels_of(part, heads)
    if labels is None:
        return splits.by_share(len(part), share, seed)
    return splits.by_class(labels, share, seed, names or classes, part.where)


def labels_of(
    part: Part, heads: Sequence[Head] = ()
) -> tuple[NDArray[np.int64] | None, tuple[str, ...]]:
    """Return the class of each sequence, and the names of the classes of a head.

    It is that of the first head that has one; None where there is none.
    """
    if part.per_step:
        return None, ()
    for head in heads:
        if head.row.names_classes and not head.row.has_labels:
            return head.of(part.targets), head.classes
    return (part.labels if part.targets.ndim == 1 else None), ()
