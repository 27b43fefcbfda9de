"""The sets of synapses of a program, and what kind of message travels over each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardware.definition.cell import Cell
from hardware.definition.formulation import EMISSION, RESET
from hardware.program.model import Layer, Program

MEMBRANE = "membrane"
"""The stream that a readout of the last membrane receives, once."""


@dataclass(frozen=True)
class Projection:
    """Synapses that receive the same messages.

    `target` is the number of the layer they lead to, the readout's being the number of layers;
    `sources` are the layers that send, none for the encoder. `stream` names the messages: the
    emission, the membrane at the end, or a message of `hardware.definition.formulation`.
    """

    target: int
    sources: tuple[int, ...]
    stream: str
    weights: NDArray[np.int8]  # (gates · neurons, sources)
    gates: int
    weight_bits: int
    payload_bits: int
    recurrent: bool = False
    by_change: bool = False
    """Whether messages say by how much a value has changed, so that accumulators are kept."""

    @property
    def graded(self) -> bool:
        """Whether a message is more than a sign, so that each synapse multiplies."""
        return self.payload_bits > 1

    @property
    def by_neuron(self) -> NDArray[np.int8]:
        """The weights as (gates, neurons, sources)."""
        rows, sources = self.weights.shape
        return self.weights.reshape(self.gates, rows // self.gates, sources)


def payload_bits(low: int, high: int, by_change: bool = False) -> int:
    """⌈log2 n⌉ for the n values other than 0 that a message can carry: none for a binary spike."""
    values = (high - low) * (2 if by_change else 1)
    return (values - 1).bit_length()


def projections(program: Program) -> list[Projection]:
    """Every set of synapses: of each layer W, then U in the order of its ticks; V at the end."""
    encoder, number = program.encoder, 0
    sources: tuple[int, ...] = ()
    by_change = encoder.sends_changes
    bits = payload_bits(*encoder.range, by_change=by_change)
    found = []
    for level in program.levels:
        first = number
        for layer in level:
            cell = layer.cell
            gates = len(cell.row.input_gates)
            found.append(
                Projection(
                    number,
                    sources,
                    EMISSION,
                    layer.input_weights,
                    gates,
                    cell.weight_bits,
                    bits,
                    by_change=by_change,
                )
            )
            found += _recurrent(layer, number)
            number += 1
        sources, bits = tuple(range(first, number)), emission_bits(level[0].cell)
        by_change = level[0].cell.sends_changes
    cell, stream = program.layers[-1].cell, EMISSION
    if program.readout.sees_membranes:
        one = 1 << cell.gate_fraction
        stream, bits, by_change = MEMBRANE, payload_bits(-one, one), False
    found.append(
        Projection(
            number,
            sources,
            stream,
            program.readout.weights,
            1,
            cell.weight_bits,
            bits,
            by_change=by_change,
        )
    )
    return found


def emission_bits(cell: Cell) -> int:
    return payload_bits(*cell.emission_range, by_change=cell.sends_changes)


def _recurrent(layer: Layer, number: int) -> list[Projection]:
    """The recurrent synapses of a layer, one set for each message of a step."""
    cell = layer.cell
    return [
        Projection(
            target=number,
            sources=(number,),
            stream=message.stream,
            weights=np.concatenate([layer.recurrent_rows(gate) for gate in message.gates]),
            gates=len(message.gates),
            weight_bits=cell.weight_bits,
            payload_bits=payload_bits(
                *(cell.reset_message_range if message.stream == RESET else cell.emission_range),
                by_change=cell.sends_changes,
            ),
            recurrent=True,
            by_change=cell.sends_changes,
        )
        for message in cell.row.messages
    ]


def inputs_by_change(program: Program) -> list[bool]:
    """Return for each layer whether its input messages say by how much a value has changed."""
    by_change, found = program.encoder.sends_changes, []
    for level in program.levels:
        found += [by_change] * len(level)
        by_change = level[0].cell.sends_changes
    return found
