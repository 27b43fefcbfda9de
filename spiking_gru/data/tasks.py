"""Tasks: what is to be answered about a sequence, or about each of its frames."""

from __future__ import annotations

from dataclasses import dataclass

from hardware.definition.decision import DECISIONS, ONE_OF, Decision


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
    "multi-label-steps": Task(names_classes=True, per_step=True, readout="step", decision="any-of"),
}


def task_of(names_classes: bool, per_step: bool, has_labels: bool = False) -> str:
    """Return the name of the task with these properties."""
    return next(
        name
        for name, task in TASKS.items()
        if (task.names_classes, task.per_step, task.has_labels)
        == (names_classes, per_step, has_labels)
    )
