"""Targets as people have them, as one array: class indices, labels of 0 and 1, or values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hardware.errors import InputError, choose, name_fault
from hardware.metrics import MISSING_CLASS
from spiking_gru.data.labels import are_labels, is_missing, labels_of, names_of
from spiking_gru.data.target_forms import (
    Table,
    are_per_step,
    listed_targets,
    of_all_frames,
    or_of_frames,
    require_whole_frames,
    table_of_targets,
)
from spiking_gru.data.tasks import TASKS, task_of

if TYPE_CHECKING:
    from spiking_gru.data.heads import Head

MOST_DISTINCT = 0.5
"""Different numbers per sequence up to which whole numbers are taken for classes."""


@dataclass(frozen=True)
class Targets:
    """Targets of sequences, or of all frames one after another."""

    task: str
    array: NDArray[Any]
    """Class indices (items,) or labels (items, classes) as int64; values (items, outputs)."""

    classes: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    """How each class is written in the targets: its name, or a number."""

    heads: tuple[Head, ...] = ()
    """The heads, whose columns `array` then has side by side; none where there is one target."""

    of_heads: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """`written` of each head."""

    @property
    def names(self) -> tuple[str, ...]:
        """All names of classes and heads."""
        of_heads = (f"{h.name}/{text}" for h in self.heads for text in h.classes or ("",))
        return (*self.classes, *of_heads)


def targets_of(
    given: ArrayLike | Iterable[Any],
    lengths: NDArray[np.int64],
    task: str | None = None,
    classes: Sequence[str] = (),
    written: Sequence[str] = (),
) -> Targets:
    """Return targets as training takes them; `lengths` are the frames of each sequence.

    Labels may be names, whole numbers, floating-point numbers, truth values or one-hot rows. With
    `classes`, numbers count them from 0 or from 1. Several labels of one item are rows of 0 and 1
    that are not one-hot, or lists of names. Numbers that are not whole are values. `None` and NaN
    are missing targets. Without `task` it is inferred; an InputError where the targets allow two.
    `written` says how classes are written, as it was found in another part.
    """
    if task is not None:
        choose("task", task, TASKS)
    items = listed_targets(given, len(lengths))
    if task is None:
        require_whole_frames(items, lengths)
    per_step = TASKS[task].per_step if task else are_per_step(items, lengths)
    flat = of_all_frames(items, lengths) if per_step else items
    if TASKS[task].has_labels if task else are_labels(flat):
        name = task or task_of(True, per_step, has_labels=True)
        array, names = labels_of(flat, tuple(map(str, classes)), _text)
        return Targets(name, array, _named(names), names)
    table = table_of_targets(flat, "" if per_step else or_of_frames(items, lengths))
    names_classes = (
        TASKS[task].names_classes if task else bool(classes) or _are_classes(table, len(items))
    )
    name = task or task_of(names_classes, per_step)
    if not names_classes:
        return Targets(name, _values(table))
    names = tuple(map(str, classes))
    if not names:
        _require_labels(table, name)
    if table.ndim == 2:
        return _of_one_hot(name, table, names)
    labels = [None if is_missing(label) else _text(label) for label in table]
    names = _named(names or names_of(list(table), _text))
    written = tuple(written) or _written({text for text in labels if text is not None}, names)
    return Targets(name, _places(labels, written, names), names, written)


def _named(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return names of classes, each of which can be shown."""
    for fault in filter(None, map(name_fault, names)):
        raise InputError(f"classes: {fault}: choose another name")
    return names


def _require_labels(table: Table, task: str) -> None:
    """Refuse real numbers, most of which are different, as the names of classes."""
    known = [target for target in table.ravel() if not is_missing(target)]
    real = [t for t in known if isinstance(t, float) and not t.is_integer()]
    if real and len(set(known)) > MOST_DISTINCT * len(known):
        text = next((f" and text such as {t!r:.60}" for t in known if isinstance(t, str)), "")
        raise InputError(
            f"targets are real numbers such as {real[0]:.4g}{text}, expected labels in the task "
            f"{task}: give labels, or numbers alone and a task of values such as 'regress'"
        )


def _is_one_hot(table: Table) -> bool:
    return (
        table.ndim == 2
        and table.shape[1] > 1
        and all(row.count(0) == len(row) - 1 and row.count(1) == 1 for row in table.tolist())
    )


def _are_classes(table: Table, sequences: int) -> bool:
    """Return whether targets name classes; an InputError where they could as well be values."""
    if table.ndim == 2:
        return _is_one_hot(table)
    present = [target for target in table if not is_missing(target)]
    if any(isinstance(target, (str, bool)) for target in present):
        return True
    numbers = _values(np.array(present, dtype=object))[:, 0]
    if (numbers != np.floor(numbers)).any():
        return False
    distinct = len(np.unique(numbers))
    if distinct <= MOST_DISTINCT * min(len(numbers), sequences):
        return True
    raise InputError(
        f"{len(numbers)} targets are whole numbers with {distinct} different values: give "
        f"task='classify' if they are classes, task='regress' if they are values"
    )


def _values(table: Table) -> NDArray[np.float64]:
    """Return values as (items, outputs), NaN where one is missing."""
    try:
        flat = [np.nan if target is None else target for target in table.ravel()]
        values = np.array(flat, dtype=np.float64)
    except (TypeError, ValueError) as error:
        place = next(i for i, target in enumerate(flat) if not _is_number(target))
        raise InputError(
            f"targets are no numbers: target {place * len(table) // len(flat)} is "
            f"{repr(flat[place])[:60]}, expected a number: give numbers, or a task of classes"
        ) from error
    if np.isinf(values).any():
        place = int(np.argwhere(np.isinf(values).reshape(len(table), -1).any(axis=1))[0, 0])
        raise InputError(
            f"a target is {values[np.isinf(values)][0]}, target {place}, expected finite numbers: "
            f"correct it, or give None where it is not known"
        )
    if values.size and np.isnan(values).all():
        raise InputError("every target is missing, expected some that are known: fill them in")
    return values.reshape(len(table), table.shape[1] if table.ndim == 2 else 1)


def _is_number(target: Any) -> bool:
    try:
        float(target)
    except (TypeError, ValueError):
        return False
    return True


def _of_one_hot(task: str, table: Table, names: tuple[str, ...]) -> Targets:
    """Return the targets of one-hot rows, whose columns are the classes in their order."""
    width = table.shape[1]
    if not _is_one_hot(table):
        raise InputError(
            f"targets have {width} numbers each: expected one label each, or one-hot rows"
        )
    if names and len(names) != width:
        raise InputError(
            f"one-hot rows of {width} columns for {len(names)} classes: expected one each"
        )
    numbers = tuple(str(i) for i in range(width))
    indices = np.array([row.index(1) for row in table.tolist()], dtype=np.int64)
    return Targets(task, indices, names or numbers, numbers)


def _written(present: set[str], names: tuple[str, ...]) -> tuple[str, ...]:
    """Return how the classes are written: by name, by the number in it, from 0 or from 1."""
    in_names = tuple(name.removeprefix("class ") for name in names)
    for known in (names, in_names):
        if present <= set(known):
            return known
    ways = [tuple(str(first + i) for i in range(len(names))) for first in (0, 1)]
    fitting = [known for known in ways if present <= set(known)]
    if len(fitting) == 2:
        raise InputError(
            f"labels are numbers from {min(present, key=int)} to {max(present, key=int)} of "
            f"{len(names)} classes, which may be counted from 0 or from 1: give the classes' names"
        )
    nearest = min((names, in_names, *ways), key=lambda known: len(present - set(known)))
    return fitting[0] if fitting else nearest


def _places(
    labels: list[str | None], written: tuple[str, ...], names: tuple[str, ...]
) -> NDArray[np.int64]:
    """Return the class index of each label."""
    place = {text: i for i, text in enumerate(written)}
    for i, text in enumerate(labels):
        if text is not None and text not in place:
            numbers = all(known.lstrip("-").isdigit() for known in (text, *written))
            others = " or numbers from 0 or from 1" if numbers else ""
            raise InputError(
                f"target {i}: a label is {text!r}, but the classes are {', '.join(names)}, "
                f"expected one of them{others}: correct it, or add this class to the classes and "
                f"to the training part"
            )
    return np.array(
        [MISSING_CLASS if text is None else place[text] for text in labels], dtype=np.int64
    )


def _text(label: Any) -> str:
    """Return the name of a class; 3 and 3.0 are the same."""
    if isinstance(label, float) and label.is_integer():
        return str(int(label))
    return str(label)
