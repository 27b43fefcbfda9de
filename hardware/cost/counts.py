"""Work of each inference of a trace: messages, synaptic operations and updates."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from hardware.cost.projections import MEMBRANE, emission_bits
from hardware.cost.traffic import Traffic, in_all, met
from hardware.definition.formulation import EMISSION
from hardware.display import html_table, number_of
from hardware.program.model import Program
from hardware.runs.given import ProgramLike, TraceLike, trace_and_program

PerSequence = NDArray[np.int64]
Work = dict[str, PerSequence]

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


@dataclass(frozen=True, eq=False)
class LayerCounts:
    """One layer's work in each sequence.

    A synaptic operation is one message that meets one synapse, which is a nonzero weight. Synapses
    belong to the neurons that they lead to. `dense_synaptic_operations` counts every weight at
    every step.
    Operations of graded messages are `multiply_accumulates`, those of signs only `accumulates`.
    """

    name: str
    neurons: int
    weights: int
    synapses: int
    weight_bits: int

    spikes: PerSequence
    """Messages: spikes, their changes, or values of the state."""

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


@dataclass(frozen=True, eq=False, repr=False)
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
    """Messages of the encoder."""

    def __repr__(self) -> str:
        of_each = "".join(
            f", {getattr(self, name).sum() / max(len(self.steps), 1):,.1f} {name.replace('_', ' ')}"
            for name in ("spikes", "synaptic_operations", "neuron_updates")
        )
        return f"Counts({number_of(len(self.steps), 'sequence')}, mean of each:{of_each[1:]})"

    def _repr_html_(self) -> str:
        columns = ["mean of a sequence", *(layer.name for layer in self.layers), "in all"]
        rows = [
            [
                name.replace("_", " "),
                *(_mean_text(getattr(layer, name)) for layer in self.layers),
                _mean_text(self.total(name)),
            ]
            for name in ADDITIVE
        ]
        return html_table(repr(self), columns, rows)

    def total(self, name: str) -> PerSequence:
        """Return the sum of a count over the layers."""
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
        """Share of all neurons' steps at which nothing is sent; the readout sends nothing."""
        of_layers = self.layers[:-1]
        neurons = sum(layer.neurons for layer in of_layers)
        return 1 - float(self.spikes.sum() / max(neurons * self.steps.sum(), 1))


def count(trace: TraceLike, program: ProgramLike, traffic: Traffic | None = None) -> Counts:
    """Return exact counts of a trace of this program; pass its `traffic` if it is known."""
    trace, program = trace_and_program("count", trace, program)
    traffic = Traffic(trace, program) if traffic is None else traffic
    steps, readout = trace.lengths, program.readout
    work: list[Work] = [
        {name: np.zeros_like(steps) for name in ADDITIVE} for _ in range(len(program.layers) + 1)
    ]
    host_messages_in = _count_messages(work, traffic)
    _count_neurons(work, traffic)
    answers = steps if readout.answers_every_step else np.ones_like(steps)
    return Counts(
        layers=tuple(
            LayerCounts(name, neurons, weights, synapses, bits, **of_layer)
            for (name, neurons, weights, synapses, bits), of_layer in zip(
                _shapes(program), work, strict=True
            )
        ),
        steps=steps,
        ticks=program.ticks(steps),
        host_messages_in=host_messages_in,
        host_messages_out=answers * readout.outputs,
        input_events=in_all(traffic.of_encoder, trace),
    )


def _count_messages(work: list[Work], traffic: Traffic) -> PerSequence:
    """Synaptic operations, and the messages that are no emissions; the host's are returned."""
    trace, program = traffic.trace, traffic.program
    from_host = np.zeros_like(trace.lengths)
    for projection, sent in traffic.messages():
        of_target, weights = work[projection.target], projection.weights
        synapses = np.count_nonzero(weights, axis=0)
        operations = trace.per_sequence(met(sent, synapses[:, np.newaxis])[:, 0])
        of_target["synaptic_operations"] += operations
        of_target["multiply_accumulates"] += operations * projection.graded
        if projection.stream == MEMBRANE:
            of_target["dense_synaptic_operations"] += weights.size
            for source in projection.sources:
                _send(work[source], program.layers[source].neurons, projection.payload_bits)
            continue
        of_target["dense_synaptic_operations"] += weights.size * trace.lengths
        if not projection.sources:
            from_host += in_all(sent, trace)
        elif projection.stream != EMISSION:
            _send(of_target, in_all(sent, trace), projection.payload_bits)
    return from_host


def _count_neurons(work: list[Work], traffic: Traffic) -> None:
    """Emissions, updates and gate products."""
    trace, program = traffic.trace, traffic.program
    for i, (layer, of_layer) in enumerate(zip(program.layers, work, strict=False)):
        cell = layer.cell
        spikes = in_all(traffic.of_layer[i], trace)
        of_layer["spikes"] += spikes
        _send(of_layer, spikes, emission_bits(cell))
        active = in_all(traffic.at_work(i), trace)
        of_layer["active_updates"] += cell.ticks * active
        of_layer["gate_products"] += cell.row.gate_products * layer.neurons * trace.lengths
    answering = 1 if program.readout.sees_membranes else trace.lengths
    work[-1]["active_updates"] += program.readout.outputs * answering
    neurons = [*(layer.neurons for layer in program.layers), program.readout.outputs]
    for width, of_layer in zip(neurons, work, strict=True):
        of_layer["idle_updates"] += (
            program.ticks(trace.lengths) * width - of_layer["active_updates"]
        )


def _send(of_layer: Work, number: PerSequence | int, bits: int) -> None:
    of_layer["messages"] += number
    of_layer["payload_bits"] += number * bits


def _shapes(program: Program) -> list[tuple[str, int, int, int, int]]:
    """Name, neurons, weights, synapses and weight bits of each layer and the readout."""
    matrices = [(layer.input_weights, layer.recurrent_weights) for layer in program.layers]
    names = [(layer.name, layer.neurons, layer.cell.weight_bits) for layer in program.layers]
    readout = ("readout", program.readout.outputs, names[-1][-1])
    return [
        (name, neurons, sum(w.size for w in of), sum(map(np.count_nonzero, of)), bits)
        for (name, neurons, bits), of in zip(
            [*names, readout], [*matrices, (program.readout.weights,)], strict=True
        )
    ]


def _mean_text(counted: PerSequence) -> str:
    return f"{counted.sum() / max(len(counted), 1):,.1f}"
