"""What a trace says was done: spikes, synaptic operations and neuron updates, per inference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardware.errors import InputError
from hardware.program import Program
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
    arriving = (trace.events != 0).astype(np.int64)
    input_events = trace.per_sequence(arriving.sum(axis=1))
    layers = []
    for layer, spikes in zip(program.layers, trace.spikes, strict=True):
        fired = spikes.astype(np.int64)
        # A spike of the last step meets its recurrent synapses too: no chip knows it was the last.
        operations = arriving @ fan_out(layer.input_weights) + fired @ fan_out(
            layer.recurrent_weights
        )
        synapses = np.count_nonzero(layer.input_weights) + np.count_nonzero(layer.recurrent_weights)
        layers.append(
            LayerCounts(
                name=layer.name,
                neurons=layer.neurons,
                synapses=int(synapses),
                synapse_bits=int(synapses) * layer.cell.weight_bits,
                spikes=trace.per_sequence(fired.sum(axis=1)),
                synaptic_operations=trace.per_sequence(operations),
                neuron_updates=trace.lengths * layer.neurons,
            )
        )
        arriving = fired
    weights = program.readout.weights
    synapses = np.count_nonzero(weights)
    layers.append(
        LayerCounts(
            name="readout",
            neurons=program.readout.outputs,
            synapses=int(synapses),
            synapse_bits=int(synapses) * program.layers[-1].cell.weight_bits,
            spikes=np.zeros_like(trace.lengths),
            synaptic_operations=trace.per_sequence(arriving @ fan_out(weights)),
            neuron_updates=trace.lengths * program.readout.outputs,
        )
    )
    return Counts(tuple(layers), trace.lengths, trace.lengths + program.delay, input_events)


def fan_out(weights: NDArray[np.int8]) -> NDArray[np.int64]:
    """Synapses that leave each source: its weights that are not zero."""
    return np.count_nonzero(weights, axis=0).astype(np.int64)
