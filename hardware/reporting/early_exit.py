"""Savings of early exit: accuracy, frames, operations and energy at each margin."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from pathlib import Path
from typing import NamedTuple

from numpy.typing import ArrayLike

from hardware.cost.chip import Chip, load_chip
from hardware.cost.core_loads import core_loads
from hardware.cost.counts import count
from hardware.cost.energy import RANGE, cost
from hardware.cost.placement import place
from hardware.errors import InputError
from hardware.program.model import Program
from hardware.runs.answers import are_of_frames, known_targets, metrics_of
from hardware.runs.early_exit import cut, exit_rule, exits_of
from hardware.runs.run import run
from hardware.runs.trace import Trace
from hardware.sequences.dense import Inputs


class ExitPoint(NamedTuple):
    """The result of one margin. Figures are means of one inference."""

    margin: float
    """In the unit of logits; infinity for whole sequences."""

    accuracy: float
    frames: float
    operations: float
    """Synaptic operations."""

    energy_j: float
    """Core dynamic energy, nominal."""


def early_exit_curve(
    program: Program,
    run_or_inputs: Trace | Inputs,
    labels: ArrayLike,
    margins: Iterable[float],
    *,
    fewest: int = 1,
    chip: str | Path | Chip = "loihi2",
) -> list[ExitPoint]:
    """Return a row for each margin, and one of whole sequences last.

    The program runs once, unless the trace of a whole run is given: networks are causal, so a
    sequence that ends early is the beginning of the whole one. `labels` has a class index for each
    sequence.
    """
    trace = run_or_inputs if isinstance(run_or_inputs, Trace) else run(program, run_or_inputs)
    rules = [exit_rule(program, margin, fewest) for margin in (*margins, inf)]
    if trace.exits is not None:
        raise InputError("the trace has ended early itself: give one of whole sequences")
    known = known_targets(program, trace, labels)
    if are_of_frames(trace, known):
        raise InputError(
            f"{len(known)} labels for {len(trace.lengths)} sequences: give one for each sequence"
        )
    description = load_chip(chip)
    placement = place(program, description, as_reference=not description.gated_neurons)
    points = []
    for rule in rules:
        short = cut(program, trace, exits_of(program, trace, rule))
        assert short.exits is not None
        loads = core_loads(short, program, placement)
        points.append(
            ExitPoint(
                margin=rule.margin,
                accuracy=float(vars(metrics_of(program, short, known))["accuracy"]),
                frames=float(short.exits.mean()),
                operations=float(count(short, program).synaptic_operations.mean()),
                energy_j=float(cost(loads).core_dynamic_j[RANGE.index("nominal")].mean()),
            )
        )
    return points
