"""The heads of a model: which of its scores, and which columns of the targets, are of which."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from hardware.definition.readout import Target
from hardware.errors import SettingError
from hardware.metrics import MISSING_CLASS
from spiking_gru.data.heads import ALONE
from spiking_gru.data.tasks import TASKS, Task, row_of, task_of


@dataclass(frozen=True)
class ModelHead:
    """One target of a model; the only one has no name."""

    name: str
    task: str
    target: Target
    outputs: slice
    """The outputs that are its scores."""

    columns: slice
    """Its columns in the table of the targets of all heads."""

    classes: slice
    """Its classes among those of all heads."""

    @property
    def row(self) -> Task:
        """The row of the task."""
        return TASKS[self.task]

    def targets_of(self, table: Tensor) -> Tensor:
        """Return its targets (…) or (…, labels or outputs), from those of all heads (…, columns).

        Those of a data set without heads are returned as they are.
        """
        if self.name == ALONE:
            return table
        columns = table[..., self.columns]
        if not self.row.names_classes:
            return columns
        # A frame that an augmentation has vacated has NaN in every column.
        labels = columns.nan_to_num(nan=MISSING_CLASS).long()
        return labels if self.row.has_labels else labels[..., 0]

    def decided(self, scores: Tensor) -> Tensor:
        """The answers to scores of classes, as `hardware.definition.target.Decision.of`."""
        row = self.target.row
        if row.is_largest:
            return scores.argmax(-1)
        above = (scores > 0).long()
        return above[..., 0] if row.shared_output else above

    def in_units(self, logits: Tensor) -> Tensor:
        """Values in the unit of the target."""
        scale, offset = self.scaling(logits)
        return logits * scale + offset

    def scaling(self, like: Tensor) -> tuple[Tensor, Tensor]:
        """The target's scale and offset of each output."""
        return (
            like.new_tensor(self.target.scale or (1.0,)),
            like.new_tensor(self.target.offset or (0.0,)),
        )


def heads_of(target: Target, task: str) -> tuple[ModelHead, ...]:
    """Return the heads of a model with this target and task; a SettingError where they differ."""
    row = row_of(task)
    if not target.heads:
        _require_fit(target, task)
        whole = slice(None)
        return (ModelHead(ALONE, task, target, whole, whole, whole),)
    if task in TASKS:
        raise SettingError(f"the task is {task!r}, but the target has heads: expected one of heads")
    return tuple(_placed(target, row.per_step))


def _placed(target: Target, per_step: bool) -> Iterator[ModelHead]:
    column = place = 0
    for head in target.heads:
        of_one, several = head.target, head.target.row.several
        task = task_of(bool(of_one.classes), per_step, several)
        columns = 1 if of_one.classes and not several else head.outputs
        classes = len(of_one.classes)
        yield ModelHead(
            head.name,
            task,
            of_one,
            target.outputs[head.name],
            slice(column, column + columns),
            slice(place, place + classes),
        )
        column, place = column + columns, place + classes


def _require_fit(target: Target, task: str) -> None:
    """Refuse a target that does not answer what the task asks for."""
    row = row_of(task)
    if task not in TASKS:
        raise SettingError(f"the task is {task!r}, but the target has no heads")
    if row.names_classes != bool(target.classes):
        expected = "names of classes" if row.names_classes else "no classes"
        raise SettingError(f"the task is {task!r}, which needs {expected}")
    if target.row.several != row.has_labels:
        expected = "any number of classes" if row.has_labels else "one class of several"
        raise SettingError(
            f"the task is {task!r}, which asks for {expected}, but the decision is "
            f"{target.decision!r}: leave the decision out, or name one that fits"
        )


def side_by_side(of_heads: list[tuple[ModelHead, Tensor]]) -> Tensor:
    """Return the answers of all heads as one float64 table, with the columns of the targets."""
    has_columns = (head.row.has_labels or not head.row.names_classes for head, _ in of_heads)
    return torch.cat(
        [
            answers.double() if wide else answers.double().unsqueeze(-1)
            for (_, answers), wide in zip(of_heads, has_columns, strict=True)
        ],
        dim=-1,
    )
