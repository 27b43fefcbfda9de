"""A program laid out for the events engine: weights by source, numbers of the width they need."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardware.definition.arithmetic import sigmoid_table, tanh_table
from hardware.definition.cell import Cell
from hardware.engines.event_driven.arrays import Neurons, Numbers, Rules, owned, room
from hardware.engines.event_driven.intrinsics import LANES
from hardware.engines.event_driven.joint_sums import Joined, join
from hardware.engines.event_driven.wiring import Wiring, apart, wiring_of
from hardware.engines.magnitudes import width
from hardware.engines.saturation import ramp
from hardware.program.model import Layer, Program


def padded(width: int) -> int:
    """The width of a row of messages: whole groups of lanes."""
    return -(-width // LANES) * LANES


def shifts_of(k: int | NDArray[np.int64], number: type[np.integer]) -> Numbers:
    """(…, 2): how far left, then how far right, within what the type can be shifted by."""
    most = np.dtype(number).itemsize * 8 - 1
    return np.stack([np.clip(k, 0, most), np.clip(np.negative(k), 0, most)], -1).astype(number)


def rules_of(layer: Layer, joined: bool, watched: bool) -> Rules:
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
        subtract=cell.spiking and cell.reset_mechanism == "subtract",
        zero=cell.spiking and cell.reset_mechanism == "zero",
        table=cell.activation == "table",
        joined=joined,
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


def neurons_of(layer: Layer, number: type[np.integer], joined: Joined | None) -> Neurons:
    cell, gate = layer.cell, layer.gate
    outer, inner = recurrent_shifts(cell, gate.recurrent_shift)
    finer = 0 if joined is None else joined.candidate_scale
    if cell.formulation == "torch":
        inner -= finer
    else:
        outer[cell.gates.index("candidate")] -= finer
    emission = room((padded(layer.neurons),), np.int16)
    emission[: layer.neurons] = layer.initial_emission
    return Neurons(
        bias=owned(gate.bias, number),
        recurrent_bias=owned(np.left_shift(gate.recurrent_bias, finer), number),
        threshold=owned(gate.threshold, number),
        initial_membrane=owned(layer.initial_membrane, number),
        initial_emission=emission,
        shifts=np.hstack([shifts_of(gate.input_shift, number), shifts_of(outer, number)]),
        inside_shift=shifts_of(inner, number),
        joined_shift=owned(np.zeros_like(outer) if joined is None else joined.shift, number),
        ramps=np.array([ramp(cell, "sigmoid"), ramp(cell, "tanh")], dtype=number),
        tables=np.stack(
            [sigmoid_table(cell.gate_fraction), tanh_table(cell.state_fraction)]
        ).astype(number),
    )


@dataclass(frozen=True)
class LayerLayout:
    """A layer, laid out."""

    rules: Rules
    neurons: Neurons
    wiring: Wiring
    column: int
    """Where its emissions stand in those of its level."""


class Layout:
    """A program, laid out; it never changes, so that threads can share it."""

    def __init__(self, program: Program) -> None:
        needed = width(program)
        self.program = program
        self.number: type[np.integer] = np.int32 if needed.narrow else np.int64
        self.watched = not needed.proven
        by_change, levels = [program.encoder.sends_changes], []
        for level in program.levels:
            columns = np.cumsum([0, *(layer.neurons for layer in level)]).tolist()
            levels.append(
                tuple(
                    self.laid_out(layer, column, by_change[-1])
                    for layer, column in zip(level, columns, strict=False)
                )
            )
            by_change.append(all(layer.cell.sends_changes for layer in level))
        self.levels = tuple(levels)
        self.by_change = tuple(by_change)
        self.encoder_offset = owned(program.encoder.offset, np.float64)
        self.encoder_gain = owned(program.encoder.gain, np.float64)
        silence = program.encoder.rounded(np.zeros((1, program.encoder.channels)))
        self.silence_is_silent = program.encoder.kind == "graded" and not silence.any()
        """Whether nothing is sent of a 0 in a frame."""

        self.readout_bias = owned(program.readout.bias, np.int64)
        self.readout_shift = shifts_of(program.readout.shift, self.number)
        self.readout = apart(
            program.readout.weights,
            self.number,
            by_change[-1] and not program.readout.sees_membranes,
        )

    def laid_out(self, layer: Layer, column: int, by_change: bool) -> LayerLayout:
        joined = None
        if not (self.watched or by_change or layer.cell.sends_changes):
            joined = join(layer, recurrent_shifts(layer.cell, layer.gate.recurrent_shift)[0])
        return LayerLayout(
            rules=rules_of(layer, joined is not None, self.watched),
            neurons=neurons_of(layer, self.number, joined),
            wiring=wiring_of(layer, self.number, by_change, joined),
            column=column,
        )

    @property
    def level_widths(self) -> tuple[int, ...]:
        """What each level emits at a step."""
        return tuple(sum(layer.neurons for layer in level) for level in self.program.levels)
