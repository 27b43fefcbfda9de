"""What a trace says was done: spikes, synaptic operations and neuron updates, per inference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardware.arithmetic import Integers
from hardware.cell import step
from hardware.engines.reference import product_of, synapses
from hardware.errors import InputError
from hardware.program import Layer, Program
from hardware.program_file import digest
from hardware.trace import Trace

PerSequence = NDArray[np.int64]


@dataclass(frozen=True)
class LayerCounts:
    """One layer's work in each sequence.

    A synaptic operation is one event meeting one synapse, a weight that is not zero. Synapses
    count with the neurons they lead to.
    """

    name: str
    neurons: int
    synapses: int
    synapse_bits: int
    spikes: PerSequence
    synaptic_operations: PerSequence
    neuron_updates: PerSequence


@dataclass(frozen=True)
class Counts:
    """The work of every layer, the readout last, and the steps and ticks of each sequence."""

    layers: tuple[LayerCounts, ...]
    steps: PerSequence
    ticks: PerSequence
    input_events: PerSequence

    @property
    def spikes(self) -> PerSequence:
        return np.sum([layer.spikes for layer in self.layers], axis=0)

    @property
    def synaptic_operations(self) -> PerSequence:
        return np.sum([layer.synaptic_operations for layer in self.layers], axis=0)

    @property
    def neuron_updates(self) -> PerSequence:
        return np.sum([layer.neuron_updates for layer in self.layers], axis=0)

    @property
    def synapses(self) -> int:
        return sum(layer.synapses for layer in self.layers)


def count(trace: Trace, program: Program) -> Counts:
    """Exact counts from a trace of this program."""
    if trace.program_digest != digest(program):
        raise InputError("this trace is of another program: run this one again")
    seen, by_change = trace.events, program.encoder.sends_changes
    input_events = trace.per_sequence(sent(seen, trace, by_change).sum(axis=1))
    layers, number = [], 0
    for level in program.levels:
        emissions = []
        for layer in level:
            emitted, membranes = trace.emitted[number], trace.membranes[number]
            number += 1
            emissions.append(emitted)
            arrived = sent(seen, trace, by_change, layer.backward)
            operations = arrived @ fan_out(layer.input_weights)
            operations += recurrent_operations(layer, trace, seen, emitted, membranes)
            synapse_count = connections(layer.input_weights, layer.recurrent_weights)
            spikes = sent(emitted, trace, layer.cell.sends_changes, layer.backward)
            layers.append(
                LayerCounts(
                    name=layer.name,
                    neurons=layer.neurons,
                    synapses=synapse_count,
                    synapse_bits=synapse_count * layer.cell.weight_bits,
                    spikes=trace.per_sequence(spikes.sum(axis=1)),
                    synaptic_operations=trace.per_sequence(operations),
                    neuron_updates=trace.lengths * layer.neurons,
                )
            )
        seen, by_change = np.concatenate(emissions, axis=1), level[0].cell.sends_changes
    layers.append(count_readout(program, trace, seen, by_change))
    return Counts(tuple(layers), trace.lengths, program.ticks(trace.lengths), input_events)


def count_readout(
    program: Program, trace: Trace, seen: NDArray[np.integer], by_change: bool
) -> LayerCounts:
    """The readout's work; one of the last membrane gets a message of each neuron, once."""
    readout = program.readout
    synapse_count = connections(readout.weights)
    if readout.sees_membranes:
        operations, updates = (
            np.full_like(trace.lengths, synapse_count),
            np.ones_like(trace.lengths),
        )
    else:
        operations = trace.per_sequence(sent(seen, trace, by_change) @ fan_out(readout.weights))
        updates = trace.lengths
    return LayerCounts(
        name="readout",
        neurons=readout.outputs,
        synapses=synapse_count,
        synapse_bits=synapse_count * program.layers[-1].cell.weight_bits,
        spikes=np.zeros_like(trace.lengths),
        synaptic_operations=operations,
        neuron_updates=updates * readout.outputs,
    )


def sent(
    values: NDArray[np.integer], trace: Trace, by_change: bool, back: bool = False
) -> NDArray[np.int64]:
    """1 where a message is sent: for each value that is not 0, or for each that changes."""
    now: Integers = values.astype(np.int64)
    if by_change:
        now = now - before(now, trace, 0, back)
    return (now != 0).astype(np.int64)


def before(
    values: NDArray[np.int64], trace: Trace, first: int | NDArray[np.int64] = 0, back: bool = False
) -> NDArray[np.int64]:
    """What each value was one step before (one step later for a backward layer)."""
    shifted = np.roll(values, -1 if back else 1, axis=0)
    shifted[np.cumsum(trace.lengths) - 1 if back else trace.starts] = first
    return shifted


def recurrent_operations(
    layer: Layer,
    trace: Trace,
    seen: NDArray[np.integer],
    emitted: NDArray[np.integer],
    membranes: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Synaptic operations of U at each step.

    What travels is the emission itself; or `r ⊙ e`, or what h would emit, which every step is
    computed once more for, from the state before it.
    """
    by_change, cell = layer.cell.sends_changes, layer.cell
    if cell.products_in_turn == 1:
        # A message of the last step meets its synapses too: no chip knows it was the last.
        arrived = sent(emitted, trace, by_change, layer.backward)
        return arrived @ fan_out(layer.recurrent_weights)
    operations = np.zeros(len(emitted), dtype=np.int64)
    rows = dict(zip(cell.gates, np.split(layer.recurrent_weights, len(cell.gates)), strict=True))
    product = product_of(layer)

    def counted(gate: str, message: Integers) -> Integers:
        nonlocal operations
        operations = operations + sent(message, trace, by_change, layer.backward) @ fan_out(
            rows[gate]
        )
        return product(gate, message)

    step(
        cell,
        layer.gate,
        synapses(layer.input_weights, seen.astype(np.int64)),
        counted,
        before(emitted.astype(np.int64), trace, layer.initial_emission, layer.backward),
        before(membranes, trace, layer.initial_membrane, layer.backward),
    )
    return operations


def connections(*weights: NDArray[np.int8]) -> int:
    """Synapses: weights that are not zero."""
    return sum(int(np.count_nonzero(matrix)) for matrix in weights)


def fan_out(weights: NDArray[np.int8]) -> NDArray[np.int64]:
    """Synapses that leave each source: its weights that are not zero."""
    return np.count_nonzero(weights, axis=0).astype(np.int64)
