"""Figures of dense networks of the same task, and of those that were measured."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray

from hardware.cost.dense_gru import DEVICES, DenseWork, Measured
from hardware.cost.digital import DigitalChip, digital_cost
from hardware.reporting.schema import FormatFigures, MeasuredFigures, Range, RivalFigures

ARITHMETIC = "arithmetic"
"""What follows the name of a format in a network's energies: arithmetic alone."""


def mean_range(values: NDArray[np.float64]) -> Range:
    """Return the means of low, nominal and high over the inferences."""
    low, nominal, high = (float(v) for v in values.mean(axis=1))
    return Range(low=low, nominal=nominal, high=high)


def rival_figures(title: str, work: DenseWork, chip: DigitalChip) -> RivalFigures:
    """Return the figures of a dense network on a digital chip and on whole devices."""
    return RivalFigures(
        title=title,
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
