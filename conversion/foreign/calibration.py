"""Calibration: how far every threshold can rise before too much accuracy is lost.

First one threshold for inputs and layers alike rises rung after rung: the curve of operations
against accuracy. From the last rung within the budget, each threshold alone then rises as far as
that costs no more.

The budget is the share of right answers that may become wrong. Wrong answers that become right do
not count. On the validation part the answers are compared with those of the GRU in floating point.
A few dozen sequences are a poor estimate: half a point of 27 sequences is less than one of them.
The same share may therefore be lost on the training and validation parts with noise, which moves
sequences nearer to the borders between classes. There the answers are compared with those of the
quantised GRU that sends every change.

With a budget of operations instead, the lowest rung within that budget is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import takewhile
from math import ceil, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conversion.foreign.deployment import Deployment, Grids, Thresholds, deploy
from conversion.foreign.floating import predictions
from conversion.foreign.gru import ForeignGRU
from hardware.cost.counts import count
from hardware.cost.dense_gru import dense_gru
from hardware.definition.encoder import ENCODERS
from hardware.errors import InputError, SettingError
from hardware.program.model import Program
from hardware.runs.run import record
from hardware.sequences.dense import Sequences
from spiking_gru.data import Dataset, Part

RUNGS = (0.0, 0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.06, 0.08, 0.1, 0.125, 0.15, 0.2, 0.25, 0.3)
"""Thresholds that are tried, as shares of a channel's peak and of a state's ±1."""

FINER = (Grids(), Grids(input_bits=12), Grids(input_bits=12, gate_fraction=10))
"""Grids that are tried in turn, until the GRU with every change sent stays within the budget."""

NOISE = (0.6, 1.2)
"""Strengths of noise, in standard deviations of each channel."""

FEWEST = MOST = 1000
"""Sequences of each strength; the data are copied, or thinned out."""


@dataclass(frozen=True)
class Point:
    """Operations and accuracy of a program with these thresholds on the calibration data."""

    thresholds: Thresholds
    operations: float
    """Synaptic operations on the validation part, as a share of every synapse at every step."""

    accuracy: float
    """On the validation part."""

    lost: float
    """Share of the answers that were right under noise and are wrong now, where it is largest."""


@dataclass(frozen=True)
class Calibration:
    """The chosen program, its accuracy and operations, and the curve of candidates."""

    deployment: Deployment
    chosen: Point
    curve: tuple[Point, ...]
    accuracy: float
    """The GRU's own on the validation part, in floating point."""

    sequences: int
    """Sequences of the validation part that were used."""

    @property
    def program(self) -> Program:
        return self.deployment.program


@dataclass(frozen=True)
class _Answered:
    """Sequences with labels, and which of them were classified correctly to begin with."""

    part: Part
    right: NDArray[np.bool_]

    def lost(self, found: NDArray[np.int64]) -> int:
        """Return how many were correct and are wrong now; new lucky answers make up for none."""
        return int((self.right & (found != self.part.labels)).sum())


@dataclass(frozen=True)
class _Search:
    """Inputs of every step of the search."""

    gru: ForeignGRU
    dataset: Dataset
    budget: float
    encoder: str
    validation: _Answered
    noisy: tuple[_Answered, ...] = ()

    def deployed(
        self, grids: Grids, thresholds: Thresholds, about: Mapping[str, Any] | None = None
    ) -> Deployment:
        return deploy(
            self.gru,
            Sequences.of(self.dataset.training.sequences),
            thresholds,
            classes=self.dataset.classes,
            grids=grids,
            encoder=self.encoder,
            provenance=about,
        )

    def point(self, grids: Grids, thresholds: Thresholds) -> tuple[Point, bool]:
        """Return a point of the curve for these thresholds, and whether the budget allows it."""
        program = self.deployed(grids, thresholds).program
        trace = record(program, self.validation.part.sequences)
        counts = count(trace, program)
        found = [trace.predictions]
        found += [record(program, noisy.part.sequences).predictions for noisy in self.noisy]
        parts = (self.validation, *self.noisy)
        lost = [answered.lost(f) for answered, f in zip(parts, found, strict=True)]
        share = self.budget / 100
        # Of few sequences one is more than the budget: whole ones are allowed.
        allowed = lost[0] <= ceil(share * len(self.validation.part)) and all(
            # n found by chance stand for up to n + √n, a standard error more.
            n + sqrt(n) <= share * len(noisy.part)
            for n, noisy in zip(lost[1:], self.noisy, strict=True)
        )
        dense = dense_gru(program, counts).multiply_accumulates.sum()
        point = Point(
            thresholds=thresholds,
            operations=float(counts.synaptic_operations.sum() / dense),
            accuracy=float((found[0] == self.validation.part.labels).mean()),
            lost=max(
                (n / len(a.part) for n, a in zip(lost[1:], self.noisy, strict=True)), default=0
            ),
        )
        return point, allowed


def calibrate(
    gru: ForeignGRU,
    dataset: Dataset,
    budget: float = 0.5,
    *,
    operations: float | None = None,
    encoder: str = "send-on-delta",
    provenance: Mapping[str, Any] | None = None,
) -> Calibration:
    """Return the program with the fewest operations that loses no more points than the budget.

    `operations` is a share of the dense operations. If it is given, the result has the lowest
    threshold that needs no more operations; the same threshold serves inputs and
    states. The budget then applies to the grids alone.

    Ranges come from the training part, thresholds from the validation part. The test part is not
    used.
    """
    outputs = len(gru.head.weights)
    if outputs != len(dataset.classes):
        raise InputError(
            f"the head gives {outputs} answers, but {dataset.name} has {len(dataset.classes)} "
            f"classes: calibrate on the data it was trained for"
        )
    if not 0 <= budget <= 100:
        raise SettingError(f"the budget is {budget} points of accuracy: expected 0 to 100")
    if operations is not None and not 0 < operations <= 1:
        raise SettingError(
            f"operations are {100 * operations:g} % of the dense ones: expected more than 0 and at "
            f"most 100 %"
        )
    validation = _thinned(dataset.validation)
    right = predictions(gru, Sequences.of(validation.sequences)) == validation.labels
    search = _Search(gru, dataset, budget, encoder, _Answered(validation, right))
    first = _first(search)
    search = replace(search, noisy=tuple(_noisy(dataset, first.program)))
    grids, sends = first.grids, ENCODERS[encoder].by_change
    swept = [
        search.point(grids, Thresholds(sends * rung, (rung,) * len(gru.levels))) for rung in RUNGS
    ]
    curve = tuple(point for point, _ in swept)
    if operations is None:
        # Luck on a higher rung after a fall is no reason to climb there.
        within = [point for point, _ in takewhile(lambda reached: reached[1], swept)]
        chosen = _raised(search, grids, within[-1])
    else:
        chosen = _lowest(curve, operations)
    accuracy = float(right.mean())
    about = {
        **(provenance or {}),
        "calibration": {
            "budget": budget,
            "operations": operations,
            "float_accuracy": accuracy,
            "chosen": asdict(chosen),
        },
    }
    return Calibration(
        deployment=replace(search.deployed(grids, chosen.thresholds, about), refused=first.refused),
        chosen=chosen,
        curve=curve,
        accuracy=accuracy,
        sequences=len(validation),
    )


def _raised(search: _Search, grids: Grids, chosen: Point) -> Point:
    """From this point each threshold alone, as far as that costs no more."""
    first = 0 if ENCODERS[search.encoder].by_change else 1
    for raised in range(first, 1 + len(search.gru.levels)):
        for thresholds in _higher(chosen.thresholds, raised):
            point, allowed = search.point(grids, thresholds)
            if not allowed or point.lost > chosen.lost or point.accuracy < chosen.accuracy:
                break
            chosen = min(chosen, point, key=lambda p: p.operations)
    return chosen


def _lowest(curve: tuple[Point, ...], operations: float) -> Point:
    """The first point of the curve that does no more than this share of the dense operations."""
    for point in curve:
        if point.operations <= operations:
            return point
    least = min(point.operations for point in curve)
    raise SettingError(
        f"operations are {100 * operations:g} % of the dense ones, but the highest threshold still "
        f"does {100 * least:.1f} %: allow more"
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
    best, own = max(point.accuracy for point in points), search.validation.right.mean()
    raise SettingError(
        f"the budget is {search.budget:g} points, but with every change sent the quantised GRU "
        f"has {100 * best:.2f} % accuracy on the validation part, the GRU itself "
        f"{100 * own:.2f} %: allow a larger budget"
    )


def _thinned(part: Part) -> Part:
    """At most that many sequences, evenly from the part."""
    return part.take(np.unique(np.linspace(0, len(part) - 1, min(len(part), MOST)).astype(int)))


def _noisy(dataset: Dataset, program: Program) -> Iterator[_Answered]:
    """Training and validation under each strength of noise, the same every time."""
    parts = [_thinned(part) for part in (dataset.training, dataset.validation)]
    values = np.concatenate([Sequences.of(part.sequences).values for part in parts])
    lengths = np.concatenate([part.sequences.lengths for part in parts])
    labels = np.concatenate([part.labels for part in parts])
    deviation = Sequences.of(dataset.training.sequences).values.std(axis=0)
    rng, copies = np.random.default_rng(0), ceil(FEWEST / len(labels))
    for strength in NOISE:
        noise = strength * deviation * rng.standard_normal((copies, *values.shape))
        frames = np.concatenate(values + noise).astype(np.float32)
        part = Part(Sequences(frames, np.tile(lengths, copies)), np.tile(labels, copies))
        yield _Answered(part, record(program, part.sequences).predictions == part.labels)


def _higher(thresholds: Thresholds, raised: int) -> Iterator[Thresholds]:
    """One threshold alone on every higher rung: 0 is the encoder's, then those of the layers."""
    all_of_them = (thresholds.encoder, *thresholds.levels)
    for rung in RUNGS:
        if rung > all_of_them[raised]:
            changed = (*all_of_them[:raised], rung, *all_of_them[raised + 1 :])
            yield Thresholds(changed[0], changed[1:])
