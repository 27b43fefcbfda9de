"""The metrics of a report: which a task has, and those of the deployed program.

A task has the metrics that its `hardware.metrics` type has a field of.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import inf, sqrt

from hardware.errors import InputError, choose
from hardware.metrics import ClassMetrics, LabelMetrics, ValueMetrics
from hardware.program.model import Program
from hardware.reporting.schema import ClassFigures, KnownTargets, OutputFigures
from hardware.reporting.study import Study, known
from hardware.runs.answers import metrics_type


@dataclass(frozen=True)
class Metric:
    """A metric of classes, of labels or of values."""

    title: str
    unit: str
    measure: str = ""
    """Title of a report's section with this metric as its headline; empty for any other metric."""

    most: float = inf
    """The largest value that it can have; the least is 0."""


METRICS = {
    "accuracy": Metric("accuracy", "%", "accuracy", most=1),
    "micro_f1": Metric("micro F1", "%", "labels", most=1),
    "macro_f1": Metric("macro F1", "%", most=1),
    "perplexity": Metric("perplexity", "value"),
    "exact_match": Metric("exact match", "%", most=1),
    "hamming_loss": Metric("Hamming loss", "%", most=1),
    "rmse": Metric("RMSE", "value", "error"),
    "mae": Metric("MAE", "value"),
    "nrmse": Metric("NRMSE", "value"),
    "mase": Metric("MASE", "value"),
    "smape": Metric("sMAPE (%)", "value", most=200),
}
"""RMSE and MAE are in the unit of the target. The first that a task has is its headline."""


def known_targets_of(run: Study) -> KnownTargets | None:
    if run.targets is None or run.metrics is None:
        return None
    items = run.metrics.items
    return KnownTargets(per_frame=run.per_frame, known=items, missing=run.targets.size - items)


def metrics_of_task(program: Program) -> list[str]:
    """Return the names of the metrics of a program's answers; the headline is the first."""
    of_task = {field.name for field in fields(metrics_type(program))}
    return [name for name in METRICS if name in of_task]


def metrics_of(run: Study) -> dict[str, float | None]:
    """Return the metrics of the task by name; None where nothing is known of the targets."""
    found = {} if run.metrics is None else vars(run.metrics)
    values = {name: found.get(name) for name in metrics_of_task(run.answering)}
    return {name: known_or_none(value) for name, value in values.items()}


def known_or_none(value: float | None) -> float | None:
    """Return a metric as JSON has it: None where it is NaN, or there is none."""
    return None if value is None else known(value)


def accuracy_interval(run: Study) -> tuple[float, float] | None:
    """Return the interval of the accuracy, where each sequence has one class."""
    if not isinstance(run.metrics, ClassMetrics) or not run.metrics.items or run.per_frame:
        return None
    items = run.metrics.items
    return wilson(round(run.metrics.accuracy * items), items)


def wilson(right: int, samples: int) -> tuple[float, float]:
    """The 95 % interval of a share, seen in a number of samples (Wilson's)::

    (p + z²/2n ± z √(p (1 − p)/n + z²/4n²)) / (1 + z²/n),  z = 1.96
    """
    share, z = right / samples, 1.96
    middle, scale = share + z**2 / (2 * samples), 1 + z**2 / samples
    half = z * sqrt(share * (1 - share) / samples + z**2 / (4 * samples**2))
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def by_class(run: Study) -> list[ClassFigures] | None:
    found = run.metrics
    if not isinstance(found, (ClassMetrics, LabelMetrics)):
        return None
    targets = map(sum, found.confusion) if isinstance(found, ClassMetrics) else found.positives
    columns = zip(
        run.answering.classes, targets, found.precision, found.recall, found.f1, strict=True
    )
    return [
        ClassFigures(
            name=name,
            targets=number,
            precision=known(precision),
            recall=known(recall),
            f1=known(f1),
        )
        for name, number, precision, recall, f1 in columns
    ]


def by_output(run: Study) -> list[OutputFigures] | None:
    """Return the errors of each value of an answer; None where there are classes."""
    found = run.metrics
    if not isinstance(found, ValueMetrics):
        return None
    errors = zip(found.rmse_by_output, found.mae_by_output, strict=True)
    return [OutputFigures(rmse=known(rmse), mae=known(mae)) for rmse, mae in errors]


def confusion(run: Study) -> list[list[int]] | None:
    if not isinstance(run.metrics, ClassMetrics):
        return None
    return [list(row) for row in run.metrics.confusion]


def require_metric(owner: str, metric: str, value: float | None, program: Program) -> None:
    """Refuse a metric that is unknown, of another task, or out of its range."""
    choose(f"metric in {owner}", metric, METRICS)
    of_task = metrics_of_task(program)
    if metric not in of_task:
        answered = "names classes" if program.classes else "answers with values"
        raise InputError(
            f"{owner} has {metric!r}, but the program {answered}: give the metrics of that task: "
            f"{', '.join(of_task)}"
        )
    require_in_range(owner, metric, value)


def require_in_range(owner: str, metric: str, value: float | None) -> None:
    """Refuse a metric that no answers can have."""
    row = METRICS[metric]
    if value is None or not 0 <= value <= row.most:
        expected = "0 or more" if row.most == inf else f"0 to {row.most:g}"
        raise InputError(f"{owner}: {metric} is {value}, expected {expected}")
