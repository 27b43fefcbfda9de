"""Figures of networks: measures of their answers, and tables for the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table as Printed

from hardware.metrics import value_metrics
from hardware.reporting.units import joules, percent, value, whole

DEPLOYED = "deployed"
"""The name of the program among the networks."""


@dataclass(frozen=True)
class Row:
    """A network: its title, whether it is a baseline, and its figures by name."""

    title: str
    baseline: bool
    figures: dict[str, float | None]


CAPTION = """\
Of one inference. Operations: synaptic operations of the program,
multiply-accumulates of a baseline. Energy: core dynamic energy of the program
on Loihi 2; of a baseline in int8 with its memory, on a digital chip."""

Table = dict[str, Row]
"""Rows by the name of the network; the program is `deployed`."""

Measure = Callable[[np.ndarray, Any], float]
"""A figure of the answers to a part of the data."""


def accuracy(answers: np.ndarray, part: Any) -> float:
    return float((answers == part.labels).mean())


def nrmse(answers: np.ndarray, part: Any) -> float:
    """The error in standard deviations of the targets."""
    return value_metrics(answers, part.targets).nrmse


def mase(answers: np.ndarray, part: Any) -> float:
    """The MAE relative to that of the first naive forecast."""
    found = value_metrics(answers, part.targets, next(iter(part.naive.values()))).mase
    return float("nan") if found is None else found


SHOWN: dict[str, Callable[[float], str]] = {
    "accuracy": percent,
    "vote": percent,
    "words found": percent,
    "macro F1": percent,
    "exact match": percent,
    "spikes": whole,
    "operations": whole,
    "energy": joules,
}
"""How figures are written; all others have four digits."""


def mean_of(tables: Sequence[Table]) -> Table:
    """Return the mean figures of several tables with the same rows."""
    means = {}
    for name, row in tables[0].items():
        found = [table[name].figures for table in tables]
        figures = {figure: _mean(of[figure] for of in found) for figure in row.figures}
        means[name] = replace(row, figures=figures)
    return means


def _mean(values: Iterable[float | None]) -> float | None:
    known = [number for number in values if number is not None]
    return float(np.mean(known)) if known else None


def shown(name: str, figure: float | None) -> str:
    return "–" if figure is None else SHOWN.get(name, value)(figure)


def print_table(title: str, table: Table) -> None:
    figures = list(table[DEPLOYED].figures)
    printed = Printed(title=title, title_justify="left")
    printed.add_column("network")
    for name in figures:
        printed.add_column(name, justify="right")
    for row in table.values():
        printed.add_row(row.title, *(shown(name, row.figures[name]) for name in figures))
    Console().print(printed)
