"""The objectives of a search: the metric of the task, and the cost of an inference."""

from __future__ import annotations

from hardware.errors import SettingError, choose
from spiking_gru.data import Dataset
from spiking_gru.data.heads import ALONE
from spiking_gru.data.tasks import Task
from spiking_gru.trials.trial import COSTS, Goal

OF_TOKENS = ("perplexity", "accuracy", "macro_f1")
OF_CLASSES = ("accuracy", "macro_f1")
OF_LABELS = ("micro_f1", "macro_f1", "exact_match", "hamming_loss")
OF_VALUES = ("rmse", "mae", "nrmse", "mase", "smape")
"""Metrics of a task, its headline first; every task has the loss as well."""

LOSS = "loss"

MORE_IS_BETTER = ("accuracy", "macro_f1", "micro_f1", "exact_match")


def metrics_of(task: Task) -> tuple[str, ...]:
    """Return the names of a task's metrics, its headline first."""
    if not task.names_classes:
        return OF_VALUES
    if task.predicts_tokens:
        return OF_TOKENS
    return OF_LABELS if task.has_labels else OF_CLASSES


def goal_for(
    dataset: Dataset, metric: str | None, cost: str, most_operations: float | None = None
) -> Goal:
    """Return the objectives for a data set; the headline of its task unless one is named."""
    if dataset.reads is not None:
        raise SettingError(
            "a search takes one network, but the data are pairs to translate: train them with "
            "`spiking-gru train`"
        )
    choose("cost", cost, COSTS)
    if most_operations is not None and not most_operations > 0:
        raise SettingError(f"most_operations is {most_operations:g}, expected more than 0")
    known = [
        name if head == ALONE else f"{head}/{name}"
        for head, one in dataset.by_head.items()
        for name in metrics_of(one.row)
    ]
    usual = known[0] if list(dataset.by_head) == [ALONE] else LOSS
    chosen = choose(f"metric of the task {dataset.task!r}", metric or usual, (*known, LOSS))
    return Goal(chosen, chosen.rpartition("/")[2] in MORE_IS_BETTER, cost, most_operations)
