"""Heads: several targets of each sequence or of each frame, side by side in one table.

A head has columns of its own: one with class indices, one of 0 and 1 for each label, or one for
each value. In the table every number is float64, which holds each of them exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.definition.target import NOT_IN_A_NAME
from hardware.errors import InputError, choose, name_fault
from hardware.metrics import MISSING_CLASS
from spiking_gru.data.targets import Targets, targets_of
from spiking_gru.data.tasks import TASKS, Task, task_of_heads

ALONE = ""
"""The name of the only target of a data set without heads."""


@dataclass(frozen=True)
class Head:
    """One of several targets of a data set: its columns are `first` up to, without it, `end`."""

    name: str
    task: str
    classes: tuple[str, ...]
    first: int
    end: int

    @property
    def row(self) -> Task:
        """The row of the task."""
        return TASKS[self.task]

    def of(self, table: NDArray[np.float64]) -> NDArray[Any]:
        """Return the targets of this head, as a data set of it alone has them."""
        columns = table[:, self.first : self.end]
        if not self.row.names_classes:
            return columns
        labels: NDArray[np.int64] = columns.astype(np.int64)
        return labels if self.row.has_labels else labels[:, 0]


def targets_of_heads(
    given: Mapping[str, Any],
    lengths: NDArray[np.int64],
    tasks: str | Mapping[str, str] | None = None,
    classes: Sequence[str] | Mapping[str, Sequence[str]] = (),
    written: Mapping[str, Sequence[str]] | None = None,
) -> Targets:
    """Return the targets of all heads as one table; each head is read as `targets_of` does.

    `tasks`, `classes` and `written` are by the name of the head, for some of them.
    """
    if len(given) < 2:
        raise InputError(
            f"targets by name are of {len(given)} head, expected two or more: give a list of the "
            f"targets"
        )
    of_tasks = _by_name("task", tasks, given)
    of_classes = _by_name("classes", classes, given)
    tables: list[NDArray[np.float64]] = []
    heads: list[Head] = []
    written_of: dict[str, tuple[str, ...]] = {}
    first = 0
    for name, targets in given.items():
        _require_name(name)
        try:
            found = targets_of(
                targets,
                lengths,
                of_tasks.get(name),
                tuple(of_classes.get(name, ())),
                tuple((written or {}).get(name, ())),
            )
        except InputError as error:
            raise InputError(f"head {name!r}: {error}") from error
        table = found.array.astype(np.float64).reshape(len(found.array), -1)
        heads.append(Head(name, found.task, found.classes, first, first + table.shape[1]))
        tables.append(table)
        written_of[name] = found.written
        first += table.shape[1]
    _require_same_items(heads)
    task = task_of_heads([head.task for head in heads])
    return Targets(task, np.concatenate(tables, axis=1), heads=tuple(heads), of_heads=written_of)


def _by_name(what: str, given: Any, heads: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what is given for some heads by name; nothing where nothing is given."""
    if given is None or (not isinstance(given, Mapping) and not len(given)):
        return {}
    if not isinstance(given, Mapping):
        raise InputError(
            f"{what}: found {given!r:.60}, but there are the heads {', '.join(heads)}: give a dict "
            f"by the name of the head"
        )
    for name in given:
        choose(f"head in {what}", name, heads)
    return given


def _require_name(name: object) -> None:
    """Refuse a name of a head that options and names of metrics cannot hold."""
    if not isinstance(name, str):
        raise InputError(f"the name of a head is {name!r:.60}: expected text")
    fault = name_fault(name)
    if fault is None and set(name) & set(NOT_IN_A_NAME):
        fault = f"the name {name!r} has one of {' '.join(NOT_IN_A_NAME)}"
    if fault is not None:
        raise InputError(f"heads: {fault}: choose another name")


def _require_same_items(heads: Sequence[Head]) -> None:
    """Refuse heads of which some have targets of sequences and others of frames."""
    first = heads[0]
    for head in heads:
        if head.row.per_step != first.row.per_step:
            items = {True: "one target of each frame", False: "one of each sequence"}
            raise InputError(
                f"the head {first.name!r} has {items[first.row.per_step]}, but {head.name!r} has "
                f"{items[head.row.per_step]}: give all heads targets of sequences, or all of frames"
            )


def is_missing(targets: NDArray[Any], row: Task) -> NDArray[np.bool_]:
    """Return which targets of a task are not known."""
    missing: NDArray[np.bool_]
    missing = targets == MISSING_CLASS if row.names_classes else np.isnan(targets)
    return missing
