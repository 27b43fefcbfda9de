"""Initial states of sequences: membranes by layer name, one for all sequences or one for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from hardware.definition.arithmetic import Integers
from hardware.definition.window import Tally
from hardware.errors import InputError, choose
from hardware.program.layer import Layer
from hardware.program.model import Program


class HasMembranes(Protocol):
    """An object that has membranes by layer name, such as a `State`."""

    @property
    def membranes(self) -> Mapping[str, Integers]: ...


InitialState: TypeAlias = Mapping[str, ArrayLike] | HasMembranes
"""Membranes by layer name: (neurons,) for all sequences, or (sequences, neurons) for each."""


class Start(NamedTuple):
    """The state of every layer before the first step of each sequence."""

    emitted: tuple[Integers, ...]  # per layer (sequences, neurons): the emission in force
    membranes: tuple[Integers, ...]  # per layer (sequences, neurons), on the state grid

    def part(self, sequences: slice) -> Start:
        """Return the start of some of the sequences."""
        return Start(
            tuple(e[sequences] for e in self.emitted), tuple(h[sequences] for h in self.membranes)
        )

    def repeated(self, sequences: int) -> Start:
        """Return the start of one sequence for each of several."""
        return Start(
            tuple(np.repeat(e, sequences, axis=0) for e in self.emitted),
            tuple(np.repeat(h, sequences, axis=0) for h in self.membranes),
        )


def start_of_one(program: Program, start: Start | None = None) -> Start:
    """Return the start of one sequence (1, neurons): `start`, or that of the program."""
    if start is not None:
        return start
    return Start(
        tuple(layer.initial_emission[np.newaxis] for layer in program.layers),
        tuple(layer.initial_membrane[np.newaxis] for layer in program.layers),
    )


def start_of_row(program: Program, start: Start | None, row: int) -> Start:
    """Return the start of one sequence (1, neurons) of several."""
    return start_of_one(program, None if start is None else start.part(slice(row, row + 1)))


def start_of(program: Program, given: InitialState | None, sequences: int) -> Start | None:
    """Return the start of each sequence; None where every layer starts as the program says.

    Whole numbers are on the state grid, as a trace has them; real numbers are rounded to it, half
    to even. Layers that are not named start as the program says. The emission before the first step
    is 0, or the state where no threshold decides.
    """
    if given is None:
        return None
    membranes = getattr(given, "membranes", given)
    if not isinstance(membranes, Mapping):
        raise InputError("expected initial membranes by layer name, such as {'layer 0': [0.5]}")
    for name in membranes:
        choose("layer", name, [layer.name for layer in program.layers])

    def of_layer(layer: Layer) -> Integers:
        if layer.name in membranes:
            return layer.initial_membranes(membranes[layer.name], sequences)
        return np.tile(layer.initial_membrane, (sequences, 1))

    starts = tuple(of_layer(layer) for layer in program.layers)
    emitted = (layer.emission_before(h) for layer, h in zip(program.layers, starts, strict=True))
    return Start(tuple(emitted), starts)


class Carried(NamedTuple):
    """All that a running program carries from one step of a sequence to the next."""

    start: Start  # of one sequence
    encoder: Integers  # (channels,): held values, remainders or levels
    score: Integers  # (outputs,)
    steps: int
    window: Integers  # (words, outputs): what the readout keeps of its window

    @property
    def tally(self) -> Tally:
        """The scores, the window and the steps, as the readout continues from them."""
        return Tally(
            self.score[np.newaxis].copy(), self.window[np.newaxis].copy(), np.array([self.steps])
        )


def carried_at_start(program: Program, start: Start | None = None) -> Carried:
    """Return what a program carries before the first step of a sequence with this start."""
    score, window, _ = program.readout.tally(1)
    encoder = program.encoder.initial_state()
    return Carried(start_of_one(program, start), encoder, score[0], 0, window[0])
