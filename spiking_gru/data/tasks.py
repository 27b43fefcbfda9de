"""Tasks: what is to be answered about a sequence, or about each of its frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hardware.definition.decision import DECISIONS, ONE_OF, Decision
from hardware.errors import choose


@dataclass(frozen=True)
class Task:
    """One kind of task."""

    names_classes: bool
    """Whether the answer is classes, one of them or any number; else it is values."""

    per_step: bool
    """Whether every frame has a target of its own."""

    readout: str
    """The kind of readout that training takes unless told otherwise."""

    emit: str = "binary"
    """The emission that training takes unless told otherwise."""

    changes_above: float = 0.1
    """The threshold of graded emission that training takes unless told otherwise."""

    decision: str = ONE_OF
    """The way from scores to classes, unless training is told another."""

    predicts_tokens: bool = False
    """Whether the classes are tokens, some of which the training texts may not have."""

    of_pairs: bool = False
    """Whether a sequence is a source, and the text that is written after it."""

    @property
    def row(self) -> Decision:
        """The row of the decision."""
        return DECISIONS[self.decision]

    @property
    def has_labels(self) -> bool:
        """Whether any number of classes may be right, so that a target is a row of 0 and 1."""
        return self.row.several


TASKS = {
    "classify": Task(names_classes=True, per_step=False, readout="mean"),
    "regress": Task(
        names_classes=False, per_step=False, readout="last", emit="graded", changes_above=0.05
    ),
    "classify-steps": Task(names_classes=True, per_step=True, readout="step"),
    "regress-steps": Task(
        names_classes=False, per_step=True, readout="step", emit="graded", changes_above=0.05
    ),
    "multi-label": Task(names_classes=True, per_step=False, readout="mean", decision="any-of"),
    "tag": Task(names_classes=True, per_step=True, readout="step"),
    "next-token": Task(
        names_classes=True,
        per_step=True,
        readout="step",
        emit="graded",
        changes_above=0.05,
        predicts_tokens=True,
    ),
    "translate": Task(
        names_classes=True,
        per_step=True,
        readout="step",
        emit="graded",
        changes_above=0.05,
        predicts_tokens=True,
        of_pairs=True,
    ),
    "multi-label-steps": Task(names_classes=True, per_step=True, readout="step", decision="any-of"),
}


OF_HEADS = {
    "heads": Task(names_classes=True, per_step=False, readout="mean"),
    "heads-steps": Task(names_classes=True, per_step=True, readout="step"),
    "heads-with-values": Task(
        names_classes=False, per_step=False, readout="last", emit="graded", changes_above=0.05
    ),
    "heads-with-values-steps": Task(
        names_classes=False, per_step=True, readout="step", emit="graded", changes_above=0.05
    ),
}
"""Several targets at once, each with a task of its own; some answer with values, or none does."""


def row_of(task: str) -> Task:
    """Return the row of a task, of one target or of several."""
    return {**TASKS, **OF_HEADS}[choose("task", task, (*TASKS, *OF_HEADS))]


def task_of_heads(tasks: Sequence[str]) -> str:
    """Return the name of the task of several targets, from those of each of them."""
    rows = [TASKS[task] for task in tasks]
    wanted = all(row.names_classes for row in rows), rows[0].per_step
    return next(
        name for name, row in OF_HEADS.items() if (row.names_classes, row.per_step) == wanted
    )


def task_of(names_classes: bool, per_step: bool, has_labels: bool = False) -> str:
    """Return the name of the task with these properties."""
    return next(
        name
        for name, task in TASKS.items()
        if (task.names_classes, task.per_step, task.has_labels)
        == (names_classes, per_step, has_labels)
    )
