"""Tasks: what is to be answered about a sequence, or about each of its frames."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Task:
    """One kind of task."""

    names_classes: bool
    """Whether the answer is one of several classes; else it is values."""

    per_step: bool
    """Whether every frame has a target of its own."""

    readout: str
    """The kind of readout that training takes unless told otherwise."""


TASKS = {
    "classify": Task(names_classes=True, per_step=False, readout="mean"),
    "regress": Task(names_classes=False, per_step=False, readout="last"),
    "classify-steps": Task(names_classes=True, per_step=True, readout="step"),
    "regress-steps": Task(names_classes=False, per_step=True, readout="step"),
}


def task_of(names_classes: bool, per_step: bool) -> str:
    """Return the name of the task with these properties."""
    return next(
        name
        for name, task in TASKS.items()
        if (task.names_classes, task.per_step) == (names_classes, per_step)
    )
