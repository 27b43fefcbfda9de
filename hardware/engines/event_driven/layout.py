"""A program laid out for the events engine: weights by source, numbers of the width they need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from hardware.definition.arithmetic import Integers, sigmoid_table, tanh_table
from hardware.engines.event_driven.arrays import (
    Encoding,
    Neurons,
    Numbers,
    Reading,
    Rules,
    owned,
    room,
)
from hardware.engines.event_driven.encoding import (
    KINDS,
    TOKENS,
    encode,
    encode_nonzero,
    list_tokens,
    refuse_infinite,
    refuse_no_tokens,
)
from hardware.engines.event_driven.intrinsics import LANES
from hardware.engines.event_driven.joint_sums import Joined, join
from hardware.engines.event_driven.wiring import Wiring, pack, readout_wires, wiring_of
from hardware.engines.magnitudes import width
from hardware.engines.saturation import ramp
from hardware.program.model import Layer, Program

T = TypeVar("T")


def padded(width: int) -> int:
    """Return the width of a row of messages: whole groups of lanes."""
    return -(-width // LANES) * LANES


def shifts_of(k: int | NDArray[np.int64], number: type[np.integer]) -> Numbers:
    """Return (…, 2): how far left, then how far right, within what the type can be shifted by."""
    most = np.dtype(number).itemsize * 8 - 1
    return np.stack([np.clip(k, 0, most), np.clip(np.negative(k), 0, most)], -1).astype(number)


class Shifts(NamedTuple):
    """The shifts of every gate; 0 where a gate has no such synapses."""

    input: Integers  # (gates,)
    recurrent: Integers  # (gates,): of the recurrent term, after r has multiplied it
    inside: int
    """The shift of U e + d before r multiplies it."""


def layer_shifts(layer: Layer) -> Shifts:
    """Return the shifts of every gate, as `hardware.definition.cell.step` has them."""
    cell, row = layer.cell, layer.cell.row
    S, G, candidate = cell.state_fraction, cell.gate_fraction, cell.candidate
    of_input, recurrent = np.zeros((2, len(cell.gates)), dtype=np.int64)
    of_input[[g in row.input_gates for g in cell.gates]] = layer.gate.input_shift
    recurrent[[g in row.recurrent_gates for g in cell.gates]] = layer.gate.recurrent_shift
    inside = 0
    if row.resets_after and cell.spiking:
        recurrent[candidate] -= G
    elif row.resets_after:
        inside = int(recurrent[candidate]) - S + G
        recurrent[candidate] = S - 2 * G
    elif row.resets_before:
        recurrent[candidate] += cell.event_fraction - G
    return Shifts(of_input, recurrent, inside)


def rules_of(layer: Layer, joined: bool, watched: bool) -> Rules:
    cell, row = layer.cell, layer.cell.row

    def place(gate: str) -> int:
        """The place of a gate; 0 where the row has none, because no rule asks for it then."""
        return cell.gates.index(gate) if gate in cell.gates else 0

    return Rules(
        backward=layer.backward,
        resets_after=row.resets_after,
        resets_before=row.resets_before,
        writes=row.writes,
        has_output=row.has_output,
        output_waits=row.output_waits,
        spiking=cell.spiking,
        signed=cell.emission.signed,
        by_delta=cell.emission.by_delta,
        subtracts=cell.subtracts,
        clears=cell.clears,
        table=cell.functions.table,
        joined=joined,
        watched=watched,
        reset_gate=place("reset"),
        mixing_gate=place(row.mixing),
        candidate=cell.candidate,
        output_gate=place("output"),
        gate_fraction=cell.gate_fraction,
        to_gate_grid=cell.gate_fraction - cell.state_fraction,
        event_fraction=cell.event_fraction,
    )


def neurons_of(
    layer: Layer, number: type[np.integer], joined: Joined | None, rules: Rules
) -> Neurons:
    cell, gate, shifts = layer.cell, layer.gate, layer_shifts(layer)
    finer = 0 if joined is None else joined.candidate_scale
    inside, recurrent = shifts.inside, shifts.recurrent.copy()
    if cell.row.resets_after:
        inside -= finer
    else:
        recurrent[cell.candidate] -= finer
    emission = room((padded(layer.neurons),), np.int16)
    emission[: layer.neurons] = layer.initial_emission
    return Neurons(
        rules=rules,
        bias=owned(gate.bias, number),
        recurrent_bias=owned(np.left_shift(gate.recurrent_bias, finer), number),
        threshold=owned(gate.threshold, number),
        initial_membrane=owned(layer.initial_membrane, number),
        initial_emission=emission,
        shifts=np.hstack([shifts_of(shifts.input, number), shifts_of(recurrent, number)]),
        inside_shift=shifts_of(inside, number),
        joined_shift=owned(np.zeros_like(recurrent) if joined is None else joined.shift, number),
        ramps=np.array([ramp(cell, "sigmoid"), ramp(cell, "tanh")], dtype=number),
        tables=np.stack(
            [sigmoid_table(cell.gate_fraction), tanh_table(cell.state_fraction)]
        ).astype(np.int16),
    )


@dataclass(frozen=True)
class LayerLayout:
    """A layer, laid out."""

    neurons: Neurons
    wiring: Wiring
    column: int
    """The place of its first neuron in its level."""


def receivers(
    number: int, levels: Sequence[Sequence[tuple[T, Any]]], readout: tuple[T, Any]
) -> Iterator[tuple[T, Any]]:
    """Yield the synapses that receive the messages of the encoder (0), of level 0 (1), and so on.

    A layer is given as its owner and its synapses, named as in `Wiring`; yield both for each.
    """
    for level, layers in enumerate(levels):
        for owner, synapses in layers:
            if level == number:
                yield owner, synapses.input
            if level + 1 == number:
                for each in (synapses.emission, synapses.reset, synapses.output):
                    yield owner, each
    if number == len(levels):
        yield readout


class Layout:
    """A program, laid out. It never changes, so that threads can share it.

    Packed weights alone are written later, where they are needed first.
    """

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
        self.packed: set[int] = set()
        """The messages whose weights are packed: 0 for the encoder's, 1 for those of level 0."""

        self.lay_out_encoder()
        self.lay_out_readout()

    def pack(self, dense: list[bool]) -> None:
        """Pack the weights of messages that are dense. Several threads may do this at once."""
        layers = [[(None, layer.wiring) for layer in level] for level in self.levels]
        for number in np.flatnonzero(dense).tolist():
            if number not in self.packed:
                for _, wires in receivers(number, layers, (None, self.readout)):
                    pack(wires.packed, wires.weights)
                self.packed.add(number)

    def lay_out_encoder(self) -> None:
        encoder = self.program.encoder
        kind = KINDS.index(encoder.row.encode) if encoder.row.encode in KINDS else -1
        self.encoding = Encoding(
            offset=owned(encoder.offset, np.float64),
            gain=owned(encoder.gain, np.float64),
            limit=encoder.limit,
            threshold=encoder.threshold,
            steps=encoder.steps,
            fields=encoder.fields,
            kind=kind,
            responses=owned(
                encoder.responses if encoder.row.by_field else np.empty((0, 0)), np.int16
            ),
        )
        silence = encoder.rounded(np.zeros((1, encoder.channels)))
        self.silence_is_silent = encoder.row.direct and not silence.any()
        """Whether nothing is sent for a 0 in a frame."""
        self.encode = None if kind < 0 else list_tokens if kind == TOKENS else encode
        """The kernel that encodes frames; None for a kind without one."""
        self.encode_lists = encode_nonzero if self.silence_is_silent else self.encode
        """The kernel that encodes frames as lists."""
        self.refuse = refuse_no_tokens if encoder.row.by_token else refuse_infinite
        """The kernel that refuses frames which the encoder cannot take."""

    def lay_out_readout(self) -> None:
        readout = self.program.readout
        self.reading = Reading(
            bias=owned(readout.bias, np.int64),
            shift=shifts_of(readout.shift, self.number),
            keeps=readout.row.adds_up or readout.row.leaks,
            leak=readout.leak,
            slides=readout.row.slides,
            tumbles=readout.row.tumbles,
            window=readout.window,
            every_step=readout.answers_every_step,
            once=readout.sees_membranes,
            watched=self.watched,
        )
        by_change = self.by_change[-1] and not readout.sees_membranes
        self.readout = readout_wires(readout.weights, self.number, by_change)

    def laid_out(self, layer: Layer, column: int, by_change: bool) -> LayerLayout:
        joined = None
        if not (self.watched or by_change or layer.cell.sends_changes):
            shifts = layer_shifts(layer)
            joined = join(layer, shifts.input, shifts.recurrent)
        rules = rules_of(layer, joined is not None, self.watched)
        return LayerLayout(
            neurons=neurons_of(layer, self.number, joined, rules),
            wiring=wiring_of(layer, self.number, by_change, joined),
            column=column,
        )

    @property
    def level_widths(self) -> tuple[int, ...]:
        """The neurons of each level."""
        return tuple(sum(layer.neurons for layer in level) for level in self.program.levels)
