"""Figures of dense networks of the same task, and of those that were measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hardware.cost.dense_gru import (
    DEVICES,
    DenseWork,
    Measured,
    Size,
    delta_gru,
    skipping_network,
)
from hardware.cost.digital import DigitalChip, digital_cost
from hardware.display import number_of
from hardware.reporting.markup import SHOWN
from hardware.reporting.metrics import METRICS, metrics_of_task
from hardware.reporting.schema import FormatFigures, MeasuredFigures, Range, RivalFigures
from hardware.reporting.study import Study

ARITHMETIC = "arithmetic"
"""Ending of the name of a format whose energy is that of arithmetic alone."""


def mean_range(values: NDArray[np.float64]) -> Range:
    """Return the means of low, nominal and high over the inferences."""
    low, nominal, high = (float(v) for v in values.mean(axis=1))
    return Range(low=low, nominal=nominal, high=high)


class Skipping(NamedTuple):
    """A GRU that skips what has moved by no more than a threshold, calibrated in training."""

    threshold: float
    """A share of a state's ±1."""

    multiply_accumulates: float
    """Multiply-accumulates of an inference, mean over the test part."""

    metrics: Mapping[str, float]
    """On the test part, by name."""

    size: Size | None = None
    """None where it is that of the program."""


def skipping_gru(run: Study, given: Skipping | None) -> RivalFigures:
    """Return the figures of a GRU that skips: the calibrated one, or one that skips no change."""
    title, work = "GRU that skips", delta_gru(run.program, run.trace)
    if given is None:
        title += " at threshold 0, uncalibrated"
        note = (
            "skips only what has not changed at all: no threshold was calibrated, because the run "
            "has no `state` baseline"
        )
    else:
        work = skipping_network(work, run.program, given.multiply_accumulates, given.size)
        name = metrics_of_task(run.answering)[0]
        reached = given.metrics.get(f"{run.head}/{name}" if run.head else name)
        shown = "" if reached is None else f", {METRICS[name].title} {text_of(name, reached)}"
        note = (
            f"{_width(given.size, run)}skips what moves by less than {given.threshold:g} of a "
            f"state's range{shown}"
        )
    return rival_figures(title, work, run.digital, note)


def _width(size: Size | None, run: Study) -> str:
    """Return the width of layers in words, where it is not that of the program."""
    if size is None or size.hidden == run.program.layers[0].neurons:
        return ""
    return f"{number_of(size.hidden, 'neuron')} a layer; "


def text_of(name: str, value: float) -> str:
    """Return a metric as people read it."""
    return SHOWN[METRICS[name].unit](value)


def rival_figures(title: str, work: DenseWork, chip: DigitalChip, note: str = "") -> RivalFigures:
    """Return the figures of a dense network on a digital chip and on whole devices."""
    return RivalFigures(
        title=title,
        note=note,
        multiply_accumulates=float(work.multiply_accumulates.mean()),
        chip=chip.name,
        formats={name: _in_format(work, chip, name) for name in chip.formats},
        device_j={name: float(work.on(device).mean()) for name, device in DEVICES.items()},
    )


def _in_format(work: DenseWork, chip: DigitalChip, name: str) -> FormatFigures:
    found = digital_cost(work, chip, name)
    return FormatFigures(
        arithmetic_j=mean_range(found.arithmetic_j),
        with_memory_j=mean_range(found.total_j),
        memory=found.memory,
    )


def energies(work: DenseWork, chip: DigitalChip) -> dict[str, float]:
    """Return the nominal energy of a dense network by number format, with and without memory."""
    found: dict[str, float] = {}
    for name in chip.formats:
        cost = digital_cost(work, chip, name)
        found[name] = float(cost.total_j[1].mean())
        found[f"{name}_{ARITHMETIC}"] = float(cost.arithmetic_j[1].mean())
    return found


def measured_figures(found: Iterable[Measured]) -> list[MeasuredFigures]:
    return [MeasuredFigures(**asdict(one), energy_j=one.energy_j) for one in found]
