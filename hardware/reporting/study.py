"""The source of a report: a trace, counted once and priced once on every chip shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hardware.cost.best_placement import SCORES, place
from hardware.cost.chip import DIGITAL_CHIPS, Chip, load_chip, shown_with
from hardware.cost.core_loads import core_loads
from hardware.cost.counts import Counts, count
from hardware.cost.digital import DigitalChip, load_digital_chip
from hardware.cost.energy import Cost, cost
from hardware.cost.host_work import host_operations
from hardware.cost.model import CURRENT, CostModel
from hardware.cost.model import cost_model as model_of
from hardware.cost.placement import Placement
from hardware.cost.traffic import Traffic
from hardware.errors import InputError
from hardware.metrics import MISSING_CLASS, Metrics, ValueMetrics
from hardware.program.model import Program
from hardware.runs.answers import (
    Forecasts,
    answers,
    are_of_frames,
    errors_by_sequence,
    known_targets,
    metrics_of,
    naive_metrics,
    naive_values,
)
from hardware.runs.heads import ALONE, by_head, of_each_head
from hardware.runs.trace import Trace


@dataclass(frozen=True)
class Study:
    """A run with its counts, and its placement and cost on each chip.

    `chips` is by the name or the file that was asked for; `charged` is that of the chip in whose
    joules the report speaks.
    """

    program: Program
    trace: Trace
    targets: NDArray[Any] | None
    """Classes, labels or values of each sequence or frame, as `known_targets` gives them."""

    charged: str
    chips: dict[str, Chip]
    placements: dict[str, Placement]
    costs: dict[str, Cost]
    counts: Counts
    traffic: Traffic = field(repr=False, compare=False)
    model: CostModel
    digital: DigitalChip
    """The chip that dense networks are priced on."""

    naive: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    """Naive forecasts of the targets by name; MASE compares with the first."""

    head: str = ALONE
    """The head whose targets and answers these are; of several the first."""

    heads: Mapping[str, Study] = field(default_factory=dict)
    """The study of each of several heads, with the same counts and costs."""

    @cached_property
    def answering(self) -> Program:
        """The program of the head alone."""
        return self.program.head(self.head) if self.head else self.program

    @cached_property
    def answered(self) -> Trace:
        """The trace of the head alone."""
        return self.trace.head(self.program, self.head) if self.head else self.trace

    @cached_property
    def host_operations(self) -> NDArray[np.int64]:
        """(sequences,): operations of the host."""
        return host_operations(self.traffic)

    @property
    def frames(self) -> float:
        """Mean frames of an inference."""
        return float(self.counts.steps.mean()) / self.program.encoder.steps

    @property
    def cost(self) -> Cost:
        return self.costs[self.charged]

    @property
    def names_classes(self) -> bool:
        """Whether scores are votes for classes; else they are values."""
        return bool(self.answering.classes)

    @cached_property
    def metrics(self) -> Metrics | None:
        """The metrics of the answers, where targets are known."""
        if self.targets is None:
            return None
        return metrics_of(self.answering, self.answered, self.targets, self.naive)

    @cached_property
    def naive_metrics(self) -> dict[str, ValueMetrics]:
        """The metrics of the naive forecasts by name, where targets are known."""
        if self.targets is None:
            return {}
        return naive_metrics(self.answering, self.answered, self.targets, self.naive)

    @cached_property
    def errors(self) -> NDArray[np.float64] | None:
        """The error of each sequence, as `errors_by_sequence` has it, where targets are known."""
        if self.targets is None:
            return None
        return errors_by_sequence(self.answering, self.answered, self.targets)

    @property
    def per_frame(self) -> bool:
        """Whether targets are of frames."""
        return self.targets is not None and are_of_frames(self.trace, self.targets)

    @cached_property
    def answers(self) -> NDArray[Any]:
        """The answer to each target; to each sequence where none are known."""
        return answers(self.answering, self.answered, self.per_frame)

    @cached_property
    def final_answers(self) -> NDArray[Any]:
        """The answer of each sequence, after its last frame."""
        return answers(self.answering, self.answered)

    @property
    def final_targets(self) -> NDArray[Any] | None:
        """The target of each sequence; of its last frame where targets are of frames."""
        if self.targets is None or not self.per_frame:
            return self.targets
        return self.targets[np.cumsum(self.trace.lengths) // self.program.encoder.steps - 1]

    def targets_of(self, sequence: int) -> NDArray[Any] | None:
        """The target of a sequence, or those of its frames, where targets are known."""
        if self.targets is None:
            return None
        if not self.per_frame:
            return self.targets[sequence : sequence + 1]
        frames = self.trace.lengths // self.program.encoder.steps
        last = int(frames[: sequence + 1].sum())
        return self.targets[last - int(frames[sequence]) : last]

    def class_of(self, sequence: int) -> tuple[str | None, str | None]:
        """Return the predicted and the true class of a sequence, as far as they are known."""
        if not self.names_classes:
            return None, None
        targets = self.final_targets
        named = self.named(self.final_answers[sequence])
        return named, None if targets is None else self.named(targets[sequence])

    def named(self, answer: NDArray[np.int64]) -> str | None:
        """The classes of an answer, or of a target; None where one is missing."""
        if (answer == MISSING_CLASS).any():
            return None
        return BETWEEN.join(self.answering.readout.target.named(answer)) or NOTHING

    def values_of(self, sequence: int) -> tuple[list[float] | None, list[float | None] | None]:
        """The values that a sequence was answered with, and its targets where they are known."""
        if self.names_classes:
            return None, None
        targets = self.final_targets
        return self.final_answers[sequence].tolist(), (
            None if targets is None else [known(value) for value in targets[sequence].tolist()]
        )


BETWEEN, NOTHING = " | ", "none of them"
"""Between several classes of one answer, and the text of an answer without any."""


def known(value: float) -> float | None:
    """Return a number as JSON has it: None where it is NaN, which means that it is not known."""
    return None if np.isnan(value) else value


def study(
    program: Program,
    trace: Trace,
    targets: ArrayLike | Mapping[str, ArrayLike] | None = None,
    chip: str | Path | Chip = "loihi2",
    naive: Forecasts | None = None,
    *,
    cost_model: str = CURRENT,
    rival: str | Path | DigitalChip = DIGITAL_CHIPS[0],
    objective: str | None = None,
) -> Study:
    """Count and price a trace on a chip, given as to `load_chip`.

    `targets` are class indices, labels or values of each sequence or of each frame, with -1 or NaN
    where one is missing; of a program with heads a dict of these by the name of the head. `naive`
    are forecasts of values by name, to compare with. `cost_model` is a version of the closed form,
    `rival` the digital chip on which dense networks are priced, `objective` is as for `place`. The
    chip comes first. The other Loihi is shown next to it, and Loihi 2 next to a chip of one's own.
    """
    model, digital = model_of(cost_model), load_digital_chip(rival)
    description = load_chip(chip, cost_model)
    charged = description.name if isinstance(chip, Chip) else str(chip)
    others = {name: load_chip(name, cost_model) for name in shown_with(charged)}
    chips = {charged: description}
    chips |= {name: other for name, other in others.items() if other != description}
    traffic = Traffic(trace, program)
    counts = count(trace, program, traffic)
    pairs = by_head(program, trace)
    given: dict[str, ArrayLike] = {}
    if targets is not None:
        given = of_each_head(program, targets, "targets")
    known = {name: known_targets(*pairs[name], of_head) for name, of_head in given.items()}
    first = next(iter(pairs))
    checked = known.get(first)
    placements = {
        name: place(
            program,
            description,
            objective=objective,
            profile=trace if objective in SCORES else None,
            as_reference=not description.gated_neurons,
            cost_model=model,
        )
        for name, description in chips.items()
    }
    costs = {
        name: cost(core_loads(trace, program, way, traffic), model)
        for name, way in placements.items()
    }
    if naive and checked is None:
        raise InputError("naive forecasts are given, but no targets: give the targets as well")
    if naive and program.heads:
        raise InputError("naive forecasts are given, but the program has heads: leave them out")
    forecasts = {} if checked is None else naive_values(*pairs[first], checked, naive or {})
    whole = Study(
        program,
        trace,
        checked,
        charged,
        chips,
        placements,
        costs,
        counts,
        traffic,
        model,
        digital,
        forecasts,
        head=first,
    )
    heads = {name: replace(whole, head=name, targets=known.get(name)) for name in program.heads}
    return replace(whole, heads=heads)
