"""The same task as a dense network: its work, and what is known of whole devices.

`hardware.cost.digital` prices the work on a digital chip, memory included.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hardware.cost.counts import Counts
from hardware.cost.traffic import in_all, is_sent
from hardware.definition.arithmetic import shift
from hardware.definition.token_rows import narrowed
from hardware.errors import InputError
from hardware.program.model import Program
from hardware.runs.trace import Trace

PerSequence = NDArray[np.int64]


class Device(NamedTuple):
    """Energy of a multiply-accumulate on a whole device, memory included."""

    joules: float
    source: str
    least_batch: int = 1
    """Inferences at once, without which the figure does not hold."""

    is_bound: bool = False
    """Whether no such device takes so little."""


_H100 = "NVIDIA's H100 SXM data sheet"

DEVICES = {
    "CPU": Device(8.6e-9, "keras-spiking: an Intel i7-4960X of 2013"),
    "ARM core": Device(0.9e-9, "keras-spiking: a Cortex-A"),
    "GPU, batch 1, at least": Device(
        4.2e-10,
        f"{_H100}: two bytes a weight at 3.35 TB/s and 700 W; no launches, no idle power",
        is_bound=True,
    ),
    "GPU, full batch": Device(
        1.4e-12,
        f"{_H100}: 989 TFLOP/s in 16 bits at 700 W, which is its peak; no idle power",
        least_batch=256,
        is_bound=True,
    ),
}
"""Devices that a dense network runs on."""

MULTIPLY_ACCUMULATE = 3
"""Operations of a processor for a multiply-accumulate: a load, a multiplication, an addition."""

BREAK_EVEN = (0.15, 1.38)
"""Events per synapse and use of it; above them no spiking network wins (Dampfhoffer 2023)."""


class DenseWork(NamedTuple):
    """Work of a dense network in each inference, and the size of its weights and states."""

    multiply_accumulates: PerSequence
    weights_read: PerSequence
    values_read: PerSequence
    values_written: PerSequence
    stored: int
    """Weights and states."""

    def then(self, other: DenseWork) -> DenseWork:
        """Return the work of two networks, one after the other."""
        return DenseWork(
            self.multiply_accumulates + other.multiply_accumulates,
            self.weights_read + other.weights_read,
            self.values_read + other.values_read,
            self.values_written + other.values_written,
            self.stored + other.stored,
        )

    def on(self, device: Device) -> NDArray[np.float64]:
        """Return the joules of each inference on a device."""
        return (self.multiply_accumulates * device.joules).astype(np.float64)


@dataclass(frozen=True)
class Measured:
    """Seconds of an inference of another network on another machine, measured there."""

    network: str
    machine: str
    software: str
    threads: int
    batch: int
    frames: int
    """Frames of the measured sequence."""

    rounds: int
    least_s: float
    median_s: float
    power_w: float | None = None
    """Watts of the machine while it computes, if they were measured."""

    load: float | None = None
    """Share of the machine's cores that other processes used while it was measured."""

    def __post_init__(self) -> None:
        if not 0 < self.least_s <= self.median_s < inf:
            raise InputError(
                f"{self.network} was measured to take {self.least_s} s at least and "
                f"{self.median_s} s by the median: expected 0 < least <= median"
            )

    @property
    def energy_j(self) -> float | None:
        """Joules of an inference, by the median time."""
        return None if self.power_w is None else self.power_w * self.median_s


def dense_gru(program: Program, counts: Counts) -> DenseWork:
    """Return the work of a dense GRU of the same size: every weight of every gate at every frame.

    The readout's weights are used at every frame, or once for a last membrane. A frame is one step,
    or all the steps in which a spiking encoder sends it. The first layer sees the values of frames,
    not their receptive fields, and one column for each token. Each layer reads its inputs and its
    state and writes its state.
    """
    frames = counts.steps // program.encoder.steps
    per_frame = sum(
        layer.input_weights.size + layer.recurrent_weights.size for layer in program.layers
    )
    stored = per_frame + program.readout.weights.size
    of_first = sum(layer.input_weights.size for layer in program.levels[0])
    per_frame -= of_first - of_first // program.encoder.fields
    states, seen, read = 0, program.encoder.channels, 0
    for level in program.levels:
        width = sum(layer.neurons for layer in level)
        read += seen * len(level) + width
        states, seen = states + width, width
    answered = np.ones_like(frames) if program.readout.sees_membranes else frames
    operations = frames * per_frame + answered * program.readout.weights.size
    return DenseWork(
        operations,
        operations,
        frames * read + answered * seen,
        frames * states + answered * program.readout.outputs,
        stored + states,
    )


def dense_network(
    layer_weights: int, readout_weights: int, program: Program, counts: Counts
) -> DenseWork:
    """Return the work of a network that uses every weight of its layers at every step.

    It answers as often as the program: at every step, or once where the program sees a last
    membrane. The number of weights says how many gates a cell has. The values that it reads and
    writes are not known and left out, which favours it.
    """
    answers = np.ones_like(counts.steps) if program.readout.sees_membranes else counts.steps
    operations = counts.steps * layer_weights + answers * readout_weights
    nothing = np.zeros_like(operations)
    return DenseWork(operations, operations, nothing, nothing, layer_weights + readout_weights)


def delta_gru(program: Program, trace: Trace) -> DenseWork:
    """Return the work of the dense GRU that skips what has not changed since the last frame.

    Its states are taken to be this program's membranes, on the gate grid, and a column of weights
    is multiplied where the value that it belongs to has changed. To know this it reads each value
    and the one before it, and what a column adds to is read and written.
    """
    steps = program.encoder.steps
    frames = replace(trace, lengths=trace.lengths // steps)

    def changes(values: NDArray[np.integer], back: bool) -> PerSequence:
        """(sequences,): values that are not what they were one frame before."""
        return in_all(is_sent(values, frames, True, back), frames)

    encoder = program.encoder
    seen = narrowed(trace.events)
    width = seen.shape[1]
    sent = is_sent(seen.reshape(-1, steps * width), frames, not encoder.row.by_level)
    by_channel = sent.reshape(-1, steps, encoder.channels, width // encoder.channels)
    moved: NDArray[np.bool_] = np.any(by_channel, axis=(1, 3))
    arriving = in_all(moved, frames)
    operations, number = np.zeros_like(trace.lengths), 0
    for level in program.levels:
        leaving = np.zeros_like(trace.lengths)
        for layer in level:
            cell = layer.cell
            ends = slice(None, None, steps) if layer.backward else slice(steps - 1, None, steps)
            membranes = trace.membranes[number][ends].astype(np.int64)
            state = shift(membranes, cell.gate_fraction - cell.state_fraction)
            own = changes(state, layer.backward)
            operations = operations + arriving * len(layer.input_weights)
            operations += own * len(layer.recurrent_weights)
            leaving += own
            number += 1
        arriving = leaving
    readout = program.readout
    last = readout.weights.size if readout.sees_membranes else arriving * readout.outputs
    operations = operations + last
    kept = _kept(program)
    read = frames.lengths * kept
    of_layers = sum(
        layer.input_weights.size + layer.recurrent_weights.size for layer in program.layers
    )
    stored = kept + of_layers + readout.weights.size
    return DenseWork(operations, operations, read, read, stored)


def _kept(program: Program, hidden: int | None = None) -> int:
    """Return the values that a GRU which skips keeps from frame to frame, at a width of layers.

    They are the inputs and, of each neuron, its state, the state that was last read, and a sum for
    each gate.
    """
    of_layers = [
        (hidden or layer.neurons) * (2 + len(layer.cell.row.gates)) for layer in program.layers
    ]
    return program.encoder.channels + sum(of_layers)


class Size(NamedTuple):
    """The size of a dense network."""

    hidden: int
    weights: int


def skipping_network(
    delta: DenseWork, program: Program, operations: float, size: Size | None = None
) -> DenseWork:
    """Return the work of a GRU that skips at a threshold, from that of one at threshold 0.

    `operations` are its multiply-accumulates, a mean over inferences, which share them as they
    share those of the other. Without a size it has that of the program.
    """
    share = operations / max(float(delta.multiply_accumulates.mean()), 1.0)
    done = np.rint(delta.multiply_accumulates * share).astype(np.int64)
    if size is None:
        return delta._replace(multiply_accumulates=done, weights_read=done)
    kept = _kept(program, size.hidden)
    values = delta.values_read // _kept(program) * kept
    return DenseWork(done, done, values, values, kept + size.weights)


def events_per_use(program: Program, counts: Counts) -> NDArray[np.float64]:
    """Return the events that an average synapse sees where a dense GRU uses it once: at a frame."""
    frames = counts.steps // program.encoder.steps
    return counts.synaptic_operations / np.maximum(counts.synapses * frames, 1)
