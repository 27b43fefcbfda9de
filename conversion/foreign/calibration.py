"""Calibration: how far every threshold can rise before too much accuracy is lost.

First one threshold for inputs and layers alike rises rung after rung: the curve of operations
against accuracy. From the last rung within the budget, each threshold alone then rises as far as
that costs no more.

A few dozen validation sequences tell little: half a point of 27 is less than one of them. So
accuracy is measured on noisy copies of them as well, at several strengths of noise, which lie
nearer to the borders between classes than what a GRU was trained on. At none of them may more be
lost than the budget allows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import takewhile
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conversion.foreign.deployment import Deployment, Grids, Thresholds, deploy
from conversion.foreign.floating import predictions
from conversion.foreign.gru import ForeignGRU
from hardware.counts import count
from hardware.dense import dense_gru
from hardware.errors import InputError, SettingError
from hardware.inference import run
from hardware.program import Program
from hardware.sequences import Sequences
from spiking_gru.data import Dataset, Labelled

RUNGS = (0.0, 0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.06, 0.08, 0.1, 0.125, 0.15, 0.2, 0.25, 0.3)
"""Thresholds that are tried, as shares of a channel's peak and of a state's ±1."""

FINER = (Grids(), Grids(input_bits=12), Grids(input_bits=12, gate_fraction=10))
"""Grids that are tried in turn, until the GRU with every change sent stays within the budget."""

NOISE = (0.0, 0.2, 0.4, 0.6)
"""Of the copies, in standard deviations of each channel."""

FEWEST, MOST = 500, 1000
"""Sequences of each strength of noise; the validation part is copied, or thinned out."""


@dataclass(frozen=True)
class Point:
    """What a program of these thresholds does on the calibration data."""

    thresholds: Thresholds
    operations: float
    """Synaptic operations on the validation part, as a share of every synapse at every step."""

    accuracy: float
    """On the validation part."""

    lost: float
    """Share of right answers lost, at the strength of noise where it is largest; strengths with
    fewer than 500 sequences are too coarse to say."""


@dataclass(frozen=True)
class Calibration:
    """The chosen program, what it does, and the curve it was chosen from."""

    deployment: Deployment
    chosen: Point
    curve: tuple[Point, ...]
    accuracy: float
    """The GRU's own on the validation part, in floating point."""

    @property
    def program(self) -> Program:
        return self.deployment.program


@dataclass(frozen=True)
class _Answered:
    """Sequences of one strength of noise, their labels, and how many the GRU names rightly."""

    part: Labelled
    right: int

    def lost(self, found: NDArray[np.int64]) -> int:
        """How many fewer are named rightly by these classes."""
        return self.right - int((found == self.part.labels).sum())


@dataclass(frozen=True)
class _Search:
    """One data set, one GRU, one budget; what every step of the search looks at."""

    gru: ForeignGRU
    dataset: Dataset
    budget: float
    encoder: str
    parts: tuple[_Answered, ...]

    def deployed(
        self, grids: Grids, thresholds: Thresholds, about: Mapping[str, Any] | None = None
    ) -> Deployment:
        return deploy(
            self.gru,
            self.dataset.training.sequences,
            thresholds,
            classes=self.dataset.classes,
            grids=grids,
            encoder=self.encoder,
            provenance=about,
        )

    def point(self, grids: Grids, thresholds: Thresholds) -> tuple[Point, bool]:
        """What these thresholds do, and whether the budget allows it."""
        program = self.deployed(grids, thresholds).program
        clean, *noisy = self.parts
        trace = run(program, clean.part.sequences)
        counts = count(trace, program)
        found = [trace.predictions]
        found += [run(program, answered.part.sequences).predictions for answered in noisy]
        lost = [answered.lost(f) for answered, f in zip(self.parts, found, strict=True)]
        sizes = [len(answered.part) for answered in self.parts]
        # Of few sequences one is more than the budget: whole ones are allowed.
        allowed = all(
            n <= ceil(self.budget / 100 * size) for n, size in zip(lost, sizes, strict=True)
        )
        dense = dense_gru(program, counts).multiply_accumulates.sum()
        point = Point(
            thresholds=thresholds,
            operations=float(counts.synaptic_operations.sum() / dense),
            accuracy=float((found[0] == clean.part.labels).mean()),
            lost=max(n / size for n, size in zip(lost, sizes, strict=True) if size >= FEWEST),
        )
        return point, allowed


def calibrate(
    gru: ForeignGRU,
    dataset: Dataset,
    budget: float = 0.5,
    *,
    encoder: str = "send-on-delta",
    provenance: Mapping[str, Any] | None = None,
) -> Calibration:
    """The program with the fewest operations found that loses no more points than the budget.

    Ranges come from the training part, thresholds from the validation part; the test part is not
    looked at.
    """
    outputs = len(gru.head.weights)
    if outputs != len(dataset.classes):
        raise InputError(
            f"the head gives {outputs} answers, but {dataset.name} has {len(dataset.classes)} "
            f"classes: calibrate on the data it was trained for"
        )
    if not 0 <= budget <= 100:
        raise SettingError(f"the budget is {budget} points of accuracy: expected 0 to 100")
    search = _Search(gru, dataset, budget, encoder, tuple(_parts(gru, dataset)))
    first = _first(search)
    grids, sends = first.grids, encoder == "send-on-delta"
    swept = [
        search.point(grids, Thresholds(sends * rung, (rung,) * len(gru.levels))) for rung in RUNGS
    ]
    # Luck on a higher rung after a fall is no reason to climb there.
    chosen = [point for point, _ in takewhile(lambda reached: reached[1], swept)][-1]
    for raised in range(0 if sends else 1, 1 + len(gru.levels)):
        for thresholds in _higher(chosen.thresholds, raised):
            point, allowed = search.point(grids, thresholds)
            if not allowed or point.lost > chosen.lost or point.accuracy < chosen.accuracy:
                break
            chosen = min(chosen, point, key=lambda p: p.operations)
    accuracy = search.parts[0].right / len(search.parts[0].part)
    about = {
        **(provenance or {}),
        "calibration": {"budget": budget, "float_accuracy": accuracy, "chosen": asdict(chosen)},
    }
    return Calibration(
        deployment=replace(search.deployed(grids, chosen.thresholds, about), refused=first.refused),
        chosen=chosen,
        curve=tuple(point for point, _ in swept),
        accuracy=accuracy,
    )


def _first(search: _Search) -> Deployment:
    """The first of the grids on which the GRU with every change sent stays within the budget."""
    every_change = Thresholds.all(search.gru, 0.0)
    points = []
    for grids in FINER:
        point, allowed = search.point(grids, every_change)
        if allowed:
            return search.deployed(grids, every_change)
        points.append(point)
    lost = 100 * min(point.lost for point in points)
    raise SettingError(
        f"the budget is {search.budget:g} points, but with every change sent the quantised GRU "
        f"already loses {lost:.2f}: allow a larger budget"
    )


def _parts(gru: ForeignGRU, dataset: Dataset) -> Iterator[_Answered]:
    """The validation part, then noisy copies of it; the same every time."""
    validation = dataset.validation
    if len(validation) > MOST:
        validation = validation.take(np.linspace(0, len(validation) - 1, MOST).astype(int))
    values, lengths = validation.sequences.values, validation.sequences.lengths
    deviation = dataset.training.sequences.values.std(axis=0)
    rng = np.random.default_rng(0)
    for strength in NOISE:
        copies = 1 if strength == 0 else ceil(FEWEST / len(validation))
        noise = strength * deviation * rng.standard_normal((copies, *values.shape))
        part = Labelled(
            Sequences(np.concatenate(values + noise).astype(np.float32), np.tile(lengths, copies)),
            np.tile(validation.labels, copies),
        )
        yield _Answered(part, int((predictions(gru, part.sequences) == part.labels).sum()))


def _higher(thresholds: Thresholds, raised: int) -> Iterator[Thresholds]:
    """One threshold alone on every higher rung: 0 is the encoder's, then those of the layers."""
    all_of_them = (thresholds.encoder, *thresholds.levels)
    for rung in RUNGS:
        if rung > all_of_them[raised]:
            changed = (*all_of_them[:raised], rung, *all_of_them[raised + 1 :])
            yield Thresholds(changed[0], changed[1:])
