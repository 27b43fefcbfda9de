"""What a trace says was done: messages, synaptic operations and updates, in each inference."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from hardware.messages import (
    at_work,
    check_owner,
    emissions,
    in_all,
    is_sent,
    messages,
    per_source,
)
from hardware.program import Program
from hardware.projections import EMISSION, MEMBRANE, emission_bits
from hardware.trace import Trace

PerSequence = NDArray[np.int64]

ADDITIVE = (
    "spikes",
    "messages",
    "payload_bits",
    "synaptic_operations",
    "dense_synaptic_operations",
    "multiply_accumulates",
    "active_updates",
    "idle_updates",
    "gate_products",
)
"""The counts of a layer that add up, over sequences and over layers."""

GATE_PRODUCTS = {"torch": 3, "keep": 3, "write": 3, "output-gated": 4, "forget": 2}
"""Multiplications inside a neuron and step: z·h and (1−z)·c, one by r, one by o."""


@dataclass(frozen=True)
class LayerCounts:
    """One layer's work in each sequence.

    A synaptic operation is one message meeting one synapse, a weight that is not zero; synapses
    count with the neurons they lead to. `dense_synaptic_operations` is every weight at every step.
    Operations of graded messages are `multiply_accumulates`, those of signs only `accumulates`.
    """

    name: str
    neurons: int
    weights: int
    synapses: int
    weight_bits: int

    spikes: PerSequence
    """What was emitted: spikes, or values of the state that are sent."""

    messages: PerSequence
    """`spikes`; those of a product that waits for another; the last membrane where it is read."""

    payload_bits: PerSequence
    synaptic_operations: PerSequence
    dense_synaptic_operations: PerSequence
    multiply_accumulates: PerSequence
    active_updates: PerSequence
    idle_updates: PerSequence
    gate_products: PerSequence

    @property
    def neuron_updates(self) -> PerSequence:
        """Every neuron at every tick."""
        return self.active_updates + self.idle_updates

    @property
    def accumulates(self) -> PerSequence:
        return self.synaptic_operations - self.multiply_accumulates

    @property
    def additions(self) -> PerSequence:
        """One for each synaptic operation."""
        return self.synaptic_operations

    @property
    def multiplications(self) -> PerSequence:
        """One for each synaptic operation of a graded message, and for each gate product."""
        return self.multiply_accumulates + self.gate_products


@dataclass(frozen=True)
class Counts:
    """The work of every layer, the readout last, and the steps and ticks of each sequence."""

    layers: tuple[LayerCounts, ...]
    steps: PerSequence
    ticks: PerSequence
    host_messages_in: PerSequence
    """Input events, once for each layer that sees them."""

    host_messages_out: PerSequence
    """Scores, of each sequence or of each step."""

    input_events: PerSequence
    """What the encoder sends."""

    def total(self, name: str) -> PerSequence:
        """The sum of a count over the layers."""
        return np.sum([getattr(layer, name) for layer in self.layers], axis=0)

    @property
    def spikes(self) -> PerSequence:
        return self.total("spikes")

    @property
    def synaptic_operations(self) -> PerSequence:
        return self.total("synaptic_operations")

    @property
    def neuron_updates(self) -> PerSequence:
        return self.total("neuron_updates")

    @property
    def synapses(self) -> int:
        return sum(layer.synapses for layer in self.layers)

    @property
    def footprint_bytes(self) -> int:
        """Bytes of all weights at their width, those that are zero included."""
        return sum(ceil(layer.weights * layer.weight_bits / 8) for layer in self.layers)

    @property
    def connection_sparsity(self) -> float:
        """Share of the weights that are zero."""
        return 1 - self.synapses / sum(layer.weights for layer in self.layers)

    @property
    def activation_sparsity(self) -> float:
        """Share of all neurons' steps at which nothing is emitted; the readout emits nothing."""
        of_layers = self.layers[:-1]
        neurons = sum(layer.neurons for layer in of_layers)
        return 1 - float(self.spikes.sum() / (neurons * self.steps.sum()))


def count(trace: Trace, program: Program) -> Counts:
    """Exact counts from a trace of this program."""
    check_owner(trace, program)
    steps, ticks = trace.lengths, program.ticks(trace.lengths)
    work = [
        {name: np.zeros_like(steps) for name in ADDITIVE} for _ in range(len(program.layers) + 1)
    ]

    def send(layer: int, number: PerSequence | int, bits: int) -> None:
        work[layer]["messages"] += number
        work[layer]["payload_bits"] += number * bits

    weights, synapses = [0] * len(work), [0] * len(work)
    host_messages_in = np.zeros_like(steps)
    for projection, sent in messages(trace, program):
        to, at_end = projection.target, projection.stream == MEMBRANE
        of_source, fan_out = per_source(sent, trace), np.count_nonzero(projection.weights, axis=0)
        operations = of_source @ fan_out
        work[to]["synaptic_operations"] += operations
        work[to]["multiply_accumulates"] += operations * projection.graded
        work[to]["dense_synaptic_operations"] += projection.weights.size * (1 if at_end else steps)
        weights[to] += projection.weights.size
        synapses[to] += int(fan_out.sum())
        if not projection.sources:
            host_messages_in += of_source.sum(axis=1)
        elif at_end:
            for source in projection.sources:
                send(source, program.layers[source].neurons, projection.payload_bits)
        elif projection.stream != EMISSION:
            send(to, of_source.sum(axis=1), projection.payload_bits)
    for i, layer in enumerate(program.layers):
        spikes = in_all(emissions(trace, layer, i), trace)
        send(i, spikes, emission_bits(layer.cell))
        active = in_all(at_work(trace, layer, i), trace)
        work[i]["spikes"] += spikes
        work[i]["active_updates"] += layer.cell.products_in_turn * active
        work[i]["gate_products"] += GATE_PRODUCTS[layer.cell.formulation] * layer.neurons * steps
    readout = program.readout
    work[-1]["active_updates"] += readout.outputs * (1 if readout.sees_membranes else steps)
    names = [(layer.name, layer.neurons) for layer in program.layers]
    bits = [layer.cell.weight_bits for layer in program.layers]
    layers = []
    for i, (name, neurons) in enumerate([*names, ("readout", readout.outputs)]):
        work[i]["idle_updates"] += ticks * neurons - work[i]["active_updates"]
        weight_bits = bits[min(i, len(bits) - 1)]
        layers.append(LayerCounts(name, neurons, weights[i], synapses[i], weight_bits, **work[i]))
    encoded = is_sent(trace.events, trace, program.encoder.sends_changes)
    return Counts(
        layers=tuple(layers),
        steps=steps,
        ticks=ticks,
        input_events=in_all(encoded, trace),
        host_messages_in=host_messages_in,
        host_messages_out=readout.outputs
        * (steps if readout.answers_every_step else np.ones_like(steps)),
    )
