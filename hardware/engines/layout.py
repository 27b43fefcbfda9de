"""A program laid out for the events engine: weights by source, numbers of the width they need.

A `Layout` is the program's and never changes; a `Machine` is one run through it, with the state
that steps leave behind. Machines of one layout can run in threads beside each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hardware.arithmetic import WORD_LIMIT, Integers, sigmoid_table, tanh_table
from hardware.cell import Cell
from hardware.encoding import ENCODERS
from hardware.engines.frames import encode
from hardware.engines.kernels import (
    LANES,
    Neurons,
    Numbers,
    Rules,
    Synapses,
    Tally,
    run_layer,
    run_readout,
)
from hardware.engines.magnitudes import width
from hardware.engines.saturation import SATURATIONS, Beyond, Saturations, ramp
from hardware.program import Layer, Program

NO_MEMBRANES = np.empty((0, 0), dtype=np.int64)


def padded(width: int) -> int:
    """The width of a row of messages: whole groups of lanes."""
    return -(-width // LANES) * LANES


def by_source(weights: NDArray[np.int8]) -> NDArray[np.int8]:
    """One contiguous row for each source."""
    return np.ascontiguousarray(weights.T)


def shifts_of(k: int | NDArray[np.int64], number: type[np.integer]) -> Numbers:
    """(…, 2): how far left, then how far right, within what the type can be shifted by."""
    most = np.dtype(number).itemsize * 8 - 1
    return np.stack([np.clip(k, 0, most), np.clip(np.negative(k), 0, most)], -1).astype(number)


def rules_of(layer: Layer, watched: bool) -> Rules:
    cell = layer.cell
    return Rules(
        backward=layer.backward,
        reset_inside=cell.formulation == "torch",
        reset_before=cell.formulation in ("keep", "write", "output-gated"),
        update_keeps=cell.formulation in ("torch", "keep", "forget"),
        output_gated=cell.formulation == "output-gated",
        spiking=cell.spiking,
        signed=cell.emit == "signed",
        graded=cell.emit == "graded",
        subtract=cell.reset_mechanism == "subtract",
        zero=cell.reset_mechanism == "zero",
        table=cell.activation == "table",
        watched=watched,
        update_gate=cell.gates.index("forget" if cell.formulation == "forget" else "update"),
        candidate=cell.gates.index("candidate"),
        gate_fraction=cell.gate_fraction,
        to_gate_grid=cell.gate_fraction - cell.state_fraction,
        event_fraction=cell.event_fraction,
    )


def recurrent_shifts(cell: Cell, k: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    """The shift of each gate's recurrent term, and that of U e + d before r multiplies it."""
    S, G, candidate = cell.state_fraction, cell.gate_fraction, cell.gates.index("candidate")
    outer, inner = k.copy(), 0
    if cell.formulation == "torch":
        outer[candidate], inner = k[candidate] - G, 0
        if not cell.spiking:
            outer[candidate], inner = S - 2 * G, int(k[candidate]) - S + G
    elif cell.formulation != "forget":
        outer[candidate] += cell.event_fraction - G
    return outer, inner


def neurons_of(layer: Layer, number: type[np.integer]) -> Neurons:
    cell, gate = layer.cell, layer.gate
    outer, inner = recurrent_shifts(cell, gate.recurrent_shift)
    emission = np.zeros(padded(layer.neurons), dtype=np.int16)
    emission[: layer.neurons] = layer.initial_emission
    return Neurons(
        bias=gate.bias.astype(number),
        recurrent_bias=gate.recurrent_bias.astype(number),
        threshold=gate.threshold.astype(number),
        initial_membrane=layer.initial_membrane.astype(number),
        initial_emission=emission,
        shifts=np.hstack([shifts_of(gate.input_shift, number), shifts_of(outer, number)]),
        inside_shift=shifts_of(inner, number),
        ramps=np.array([ramp(cell, "sigmoid"), ramp(cell, "tanh")], dtype=number),
        tables=np.stack(
            [sigmoid_table(cell.gate_fraction), tanh_table(cell.state_fraction)]
        ).astype(number),
    )


class Matrices(NamedTuple):
    """The synapses of a layer, by what travels through them; see `run_layer`."""

    W: NDArray[np.int8]
    U: NDArray[np.int8]
    M: NDArray[np.int8]
    O: NDArray[np.int8]  # noqa: E741


def matrices_of(layer: Layer) -> Matrices:
    cell = layer.cell
    parts = dict(
        zip(cell.gates, np.split(layer.recurrent_weights, len(cell.gates)), strict=True)
    )
    none = np.empty((0, 0), dtype=np.int8)
    W, e = layer.input_weights, list(cell.gates)
    if cell.products_in_turn > 1:
        e = ["reset", "update"]
    if cell.formulation == "output-gated":
        # Its candidate sees no input.
        W = W.copy()
        np.split(W, len(cell.gates))[cell.gates.index("candidate")][:] = 0
    return Matrices(
        W=by_source(W),
        U=by_source(np.concatenate([parts[name] for name in e])),
        M=by_source(parts["candidate"]) if cell.products_in_turn > 1 else none,
        O=by_source(parts["output"]) if cell.formulation == "output-gated" else none,
    )


@dataclass(frozen=True)
class LayerLayout:
    """A layer, laid out."""

    rules: Rules
    neurons: Neurons
    matrices: Matrices
    arrives_by_change: bool
    sends_changes: bool
    column: int
    """Where its emissions stand in those of its level."""


class Layout:
    """A program, laid out."""

    def __init__(self, program: Program) -> None:
        needed = width(program)
        number: type[np.integer] = np.int32 if needed.narrow else np.int64
        levels = []
        by_change = program.encoder.sends_changes
        for level in program.levels:
            laid, column = [], 0
            for layer in level:
                laid.append(
                    LayerLayout(
                        rules_of(layer, not needed.proven),
                        neurons_of(layer, number),
                        matrices_of(layer),
                        by_change,
                        layer.cell.sends_changes,
                        column,
                    )
                )
                column += layer.neurons
            levels.append(tuple(laid))
            by_change = all(layer.cell.sends_changes for layer in level)
        self.program = program
        self.number = number
        self.watched = not needed.proven
        self.levels = tuple(levels)
        self.readout_weights = by_source(program.readout.weights)
        self.readout_by_change = by_change and not program.readout.sees_membranes

    def synapses(self, weights: NDArray[np.int8], by_change: bool) -> Synapses:
        """Synapses through which nothing has come yet."""
        sources, targets = weights.shape
        return Synapses(
            weights,
            by_change,
            np.zeros(padded(sources), dtype=self.number),
            np.zeros(targets, dtype=self.number),
        )


class LayerState(NamedTuple):
    """What a step of a layer leaves to the next."""

    W: Synapses
    U: Synapses
    M: Synapses
    O: Synapses  # noqa: E741
    e: NDArray[np.int16]
    h: Numbers


class Record(NamedTuple):
    """Where a run leaves what it computes: rows of frames, or of sequences."""

    emitted: tuple[NDArray[np.int16], ...]  # per level (steps, padded neurons)
    membranes: tuple[NDArray[np.int64], ...]  # per layer (steps, neurons), or no rows
    scores: Integers


class Machine:
    """One run through a layout, from a clean state or on from where the last call came to."""

    def __init__(self, layout: Layout) -> None:
        program = layout.program
        self.layout = layout
        self.states = tuple(
            tuple(
                LayerState(
                    layout.synapses(layer.matrices.W, layer.arrives_by_change),
                    *(layout.synapses(m, layer.sends_changes) for m in layer.matrices[1:]),
                    e=layer.neurons.initial_emission.copy(),
                    h=layer.neurons.initial_membrane.copy(),
                )
                for layer in level
            )
            for level in layout.levels
        )
        self.readout = layout.synapses(layout.readout_weights, layout.readout_by_change)
        self.score = np.zeros(program.readout.outputs, dtype=np.int64)
        self.encoder_state = program.encoder.initial_state()
        self.tallies = tuple(
            Tally(np.zeros(len(SATURATIONS), np.int64), np.full(7, -1), WORD_LIMIT)
            for _ in range(len(program.layers) + 1)
        )

    def encode(
        self,
        frames: NDArray[np.float32],
        starts: NDArray[np.int64],
        lengths: NDArray[np.int64],
        events: NDArray[np.int16],
        fresh: bool = True,
    ) -> None:
        """Frames of some sequences to the rows of `events`."""
        encoder = self.layout.program.encoder
        encode(
            encoder.offset,
            encoder.gain,
            encoder.limit,
            ENCODERS.index(encoder.kind),
            encoder.threshold,
            encoder.steps,
            self.encoder_state,
            frames,
            starts,
            lengths,
            fresh,
            events,
        )

    def run(
        self,
        events: NDArray[np.int16],
        starts: NDArray[np.int64],
        lengths: NDArray[np.int64],
        record: Record,
        sequence: int = 0,
        order: int = 0,
    ) -> None:
        """Run sequences, number `sequence` the first; those of `order` > 0 have come that far."""
        readout = self.layout.program.readout
        arriving, number = events, 0
        ends = np.empty((0, 0), dtype=np.int16)
        for level, states, emitted in zip(
            self.layout.levels, self.states, record.emitted, strict=True
        ):
            ends = np.zeros((len(starts), emitted.shape[1]), dtype=np.int16)
            for layer, state in zip(level, states, strict=True):
                run_layer(
                    layer.rules,
                    layer.neurons,
                    *state,
                    arriving,
                    starts,
                    lengths,
                    sequence,
                    order,
                    emitted,
                    layer.column,
                    record.membranes[number],
                    ends,
                    self.tallies[number],
                )
                number += 1
            arriving = emitted
        once = readout.sees_membranes
        most = np.dtype(self.layout.number).itemsize * 8 - 1
        run_readout(
            self.readout,
            readout.bias,
            (min(max(readout.shift, 0), most), min(max(-readout.shift, 0), most)),
            readout.kind in ("sum", "leaky"),
            readout.leak,
            self.score,
            ends if once else arriving,
            starts,
            lengths,
            sequence,
            order,
            record.scores,
            readout.answers_every_step,
            once,
            self.layout.watched,
            self.tallies[number],
        )

    def saturations(self) -> Saturations:
        """All that saturated so far."""
        found = [
            Beyond(number, *(int(v) for v in tally.first))
            for number, tally in enumerate(self.tallies)
            if tally.first[0] >= 0
        ]
        counts = np.stack([tally.counts for tally in self.tallies])
        return Saturations(counts, min(found) if found else None)
