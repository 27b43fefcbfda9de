"""Sending: each level sends its spikes, or their changes, whichever takes fewer operations.

A neuron that fires in bursts sends less where it sends the begin and the end of each burst. One
whose spikes are alone sends less where it sends each spike. The receivers' sums are the same
integers, so a trace of one program counts the messages of both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.cost.traffic import Traffic
from hardware.definition.emission import EMISSIONS, sent
from hardware.errors import choose
from hardware.program.model import Layer, Program
from hardware.runs.run import record
from hardware.runs.trace import Trace
from hardware.sequences.dense import Sequences

AUTO, VALUES, CHANGES = WAYS = ("auto", "values", "changes")
"""Ways of sending: by a trace, every spike, every change of a spike."""


@dataclass(frozen=True)
class Sending:
    """How the layers of one level send, and the synaptic operations of both ways.

    The operations are the mean of a sequence: those that the level's messages cause in all their
    receivers. They are None where nothing was counted.
    """

    layers: tuple[str, ...]
    emit: str
    values: float | None = None
    changes: float | None = None

    @property
    def by_change(self) -> bool:
        return EMISSIONS[self.emit].by_change

    def __str__(self) -> str:
        names = " and ".join(self.layers)
        verb = "send" if len(self.layers) > 1 else "sends"
        way = "changes" if self.by_change else "spikes"
        if self.values is None or self.changes is None:
            return f"{names} {verb} {way}"
        taken, other = (self.values, self.changes)[:: -1 if self.by_change else 1]
        return (
            f"{names} {verb} {way}: {taken:,.0f} instead of {other:,.0f} synaptic operations a "
            f"sequence"
        )

    def fields(self) -> dict[str, Any]:
        """Return what a program's provenance holds of it."""
        told = {**asdict(self), "layers": list(self.layers)}
        return {name: value for name, value in told.items() if value is not None}


def choose_sending(
    program: Program, way: str = AUTO, samples: Sequences | None = None
) -> tuple[Program, tuple[Sending, ...]]:
    """Return the program with the way of sending chosen for each level, and the choices.

    `auto` counts the synaptic operations of both ways over the samples and takes the smaller; a tie
    leaves a level as it is. Without samples it chooses nothing. Levels without spikes have no
    choice.
    """
    choose("way of sending", way, WAYS)
    if way == AUTO and samples is None:
        return program, ()
    spiking = [level[0].cell.emission.twin is not None for level in program.levels]
    both = None
    if samples is not None and any(spiking):
        both = operations_of_both(program, samples)
    now = [level[0].cell.sends_changes for level in program.levels]
    by_change = [way == CHANGES] * len(now)
    if way == AUTO and both is not None:
        by_change = [*map(_less, now, *both)]
    made = sending(program, by_change)
    return made, tuple(
        Sending(
            tuple(layer.name for layer in level),
            level[0].cell.emit,
            *(() if both is None else (float(both[0][i]), float(both[1][i]))),
        )
        for i, level in enumerate(made.levels)
        if spiking[i]
    )


def _less(now: bool, values: float, changes: float) -> bool:
    """Whether changes take fewer operations; as it is now where both take as many."""
    return now if changes == values else bool(changes < values)


def sending(program: Program, by_change: Sequence[bool]) -> Program:
    """Return the program whose levels send changes where `by_change` says so, values elsewhere."""
    layers: list[Layer] = []
    for level, changes in zip(program.levels, by_change, strict=True):
        for layer in level:
            emit = sent(layer.cell.emit, by_change=changes)
            layers.append(replace(layer, cell=replace(layer.cell, emit=emit)))
    return replace(program, layers=tuple(layers))


def operations_of_both(
    program: Program, samples: Sequences
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return each level's synaptic operations of a sequence, with values sent and with changes."""
    trace = record(program, samples)
    of_values, of_changes = (
        operations(trace, sending(program, [changes] * len(program.levels)))
        for changes in (False, True)
    )
    return of_values, of_changes


def operations(trace: Trace, program: Program) -> NDArray[np.float64]:
    """Return the mean synaptic operations that the messages of each level cause in a sequence.

    The trace may be of a program that sends otherwise: all numbers are the same.
    """
    level_of = [depth for depth, level in enumerate(program.levels) for _ in level]
    total = np.zeros(len(program.levels))
    traffic = Traffic(replace(trace, program_digest=program.digest), program)
    for projection, messages in traffic.messages():
        if projection.sources:
            synapses = np.count_nonzero(projection.weights, axis=0)
            total[level_of[projection.sources[0]]] += np.count_nonzero(messages, axis=0) @ synapses
    return total / max(1, len(trace.lengths))
