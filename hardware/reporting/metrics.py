"""The metrics of a report: of each trained network and of the deployed program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, sqrt

from hardware.errors import InputError, choose
from hardware.metrics import ClassMetrics
from hardware.reporting.schema import Accuracy, ClassFigures, KnownTargets, Networks
from hardware.reporting.study import Study, known

TITLES = {
    "baseline_gru": "GRU without spikes, float",
    "float": "spiking GRU, float",
    "quantised": "spiking GRU, quantised",
    "deployed": "deployed program",
}
"""Networks in the order of a report."""

TRAINED = tuple(name for name in TITLES if name != "deployed")


@dataclass(frozen=True)
class Metric:
    """A metric of classes or of values."""

    title: str
    unit: str
    of_classes: bool
    most: float = inf
    """The largest value that it can have; the least is 0."""


METRICS = {
    "accuracy": Metric("accuracy", "%", of_classes=True, most=1),
    "macro_f1": Metric("macro F1", "%", of_classes=True, most=1),
    "rmse": Metric("RMSE", "value", of_classes=False),
    "mae": Metric("MAE", "value", of_classes=False),
    "nrmse": Metric("NRMSE", "value", of_classes=False),
    "smape": Metric("sMAPE, %", "value", of_classes=False, most=200),
}
"""RMSE and MAE are in the unit of the target."""

Trained = Mapping[str, float | Mapping[str, float]]
"""For each trained network its metrics by name, or its accuracy alone."""


def known_targets_of(run: Study) -> KnownTargets | None:
    if run.targets is None or run.metrics is None:
        return None
    items = run.metrics.items
    return KnownTargets(per_frame=run.per_frame, known=items, missing=run.targets.size - items)


def metrics_by_network(run: Study, trained: Trained) -> dict[str, Networks]:
    """Return the metrics of the task by name, for each network."""
    found = {} if run.metrics is None else vars(run.metrics)
    deployed = {name: known(found[name]) for name in METRICS if name in found}
    return _networks(run.names_classes, trained, deployed)


def accuracy(run: Study, of_networks: Networks | None) -> Accuracy:
    """Return the accuracies; all None for a program of values."""
    interval = None
    if isinstance(run.metrics, ClassMetrics) and run.metrics.items and not run.per_frame:
        items = run.metrics.items
        interval = wilson(round(run.metrics.accuracy * items), items)
    shares = dict.fromkeys(TITLES) if of_networks is None else of_networks.by_name()
    return Accuracy.model_validate({**shares, "deployed_interval": interval})


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
    if not isinstance(found, ClassMetrics):
        return None
    columns = zip(
        run.program.classes, found.confusion, found.precision, found.recall, found.f1, strict=True
    )
    return [
        ClassFigures(
            name=name,
            targets=sum(row),
            precision=known(precision),
            recall=known(recall),
            f1=known(f1),
        )
        for name, row, precision, recall, f1 in columns
    ]


def confusion(run: Study) -> list[list[int]] | None:
    if not isinstance(run.metrics, ClassMetrics):
        return None
    return [list(row) for row in run.metrics.confusion]


def _networks(
    of_classes: bool, trained: Trained, deployed: Mapping[str, float | None]
) -> dict[str, Networks]:
    """Return every metric of classes or of values, for each network by name."""
    found: dict[str, Mapping[str, float | None]] = {"deployed": deployed}
    for name, given in trained.items():
        choose("network in trained", name, TRAINED)
        found[name] = given if isinstance(given, Mapping) else {"accuracy": given}
        for metric, value in found[name].items():
            _require_metric(f"trained[{name!r}]", metric, value, of_classes)
    return {
        metric: Networks.model_validate({name: found.get(name, {}).get(metric) for name in TITLES})
        for metric, row in METRICS.items()
        if row.of_classes == of_classes
    }


def _require_metric(owner: str, metric: str, value: float | None, of_classes: bool) -> None:
    choose(f"metric in {owner}", metric, METRICS)
    row = METRICS[metric]
    if row.of_classes != of_classes:
        answered = "names classes" if of_classes else "answers with values"
        raise InputError(
            f"{owner} has {metric!r}, but the program {answered}: give the metrics of that task"
        )
    if value is None or not 0 <= value <= row.most:
        expected = "0 or more" if row.most == inf else f"0 to {row.most:g}"
        raise InputError(f"{owner}: {metric} is {value}, expected {expected}")
