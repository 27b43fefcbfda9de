"""The heads of a report: the metrics of each of several targets that one program answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from hardware.errors import InputError, choose
from hardware.reporting.metrics import (
    accuracy_interval,
    by_class,
    by_output,
    confusion,
    known_or_none,
    known_targets_of,
    metrics_of,
    metrics_of_task,
    require_metric,
)
from hardware.reporting.schema import HeadFigures, Report
from hardware.reporting.study import Study
from hardware.runs.heads import ALONE

V = TypeVar("V")


def of_head(metrics: Mapping[str, V], head: str) -> dict[str, V]:
    """Return the metrics of a head, of those that are called `HEAD/METRIC`.

    Metrics of the only target have no head in their names and are returned as they are.
    """
    if head == ALONE:
        return dict(metrics)
    before = f"{head}/"
    return {
        name.removeprefix(before): value
        for name, value in metrics.items()
        if name.startswith(before)
    }


def require_metrics(owner: str, metrics: Mapping[str, float], run: Study) -> None:
    """Refuse a metric that is not of a head of the program, unknown, or out of its range."""
    for name, value in metrics.items():
        head, _, metric = name.rpartition("/")
        if not run.heads:
            require_metric(owner, name, value, run.answering)
        elif not head:
            raise InputError(
                f"{owner} has {name!r}, but the program has the heads {', '.join(run.heads)}: give "
                f"it as {run.head}/{name}"
            )
        else:
            choose(f"head in {owner}", head, run.heads)
            require_metric(owner, metric, value, run.heads[head].answering)


def heads_of(
    run: Study, trained: Mapping[str, Mapping[str, float]], last: str
) -> list[HeadFigures]:
    """Return the figures of each head; `trained` has the metrics of other networks by name.

    `last` is the name of the program among the networks.
    """
    return [_head(name, of_one, trained, last) for name, of_one in run.heads.items()]


def _head(
    name: str, run: Study, trained: Mapping[str, Mapping[str, float]], last: str
) -> HeadFigures:
    shown = metrics_of_task(run.answering)
    networks: dict[str, dict[str, float | None]] = {}
    for network, metrics in trained.items():
        found = of_head(metrics, name)
        networks[network] = {metric: known_or_none(found.get(metric)) for metric in shown}
    return HeadFigures(
        name=name,
        classes=list(run.answering.classes),
        decision=run.answering.readout.target.decision,
        targets=known_targets_of(run),
        metrics={**networks, last: metrics_of(run)},
        accuracy_interval=accuracy_interval(run),
        by_class=by_class(run),
        by_output=by_output(run),
        confusion=confusion(run),
    )


def report_of(report: Report, head: HeadFigures) -> Report:
    """Return the report as it would be if the program had this head alone."""
    networks = [
        network.model_copy(update={"metrics": head.metrics[network.name]})
        for network in report.networks
    ]
    shared = {field: getattr(head, field) for field in HeadFigures.model_fields}
    del shared["name"], shared["metrics"]
    return report.model_copy(
        update={**shared, "networks": networks, "curves": [], "head": head.name, "heads": []}
    )


def each(report: Report) -> list[Report]:
    """Return the report of each head; of one target the report as it is."""
    return [report_of(report, head) for head in report.heads] or [report]
