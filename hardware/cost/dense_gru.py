"""The same task on conventional arithmetic: a dense GRU of the same size, or any dense network.

Energies of one operation are Horowitz's for 45 nm (ISSCC 2014), memory traffic left out: what an
ASIC's arithmetic alone would need. That favours the dense network. Those of whole devices are of
keras-spiking's table, memory traffic included.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf

import numpy as np
from numpy.typing import NDArray

from hardware.cost.counts import Counts
from hardware.cost.traffic import in_all, is_sent
from hardware.definition.arithmetic import shift
from hardware.definition.token_rows import narrowed
from hardware.errors import InputError
from hardware.program.model import Program
from hardware.runs.trace import Trace

MULTIPLY_ACCUMULATE_PJ = {"int8": 0.2 + 0.1, "fp32": 3.7 + 0.9}
"""int8: multiplication 0.2, 32-bit addition 0.1; fp32: multiplication 3.7, addition 0.9."""

DEVICE_NJ = {"CPU": 8.6, "GPU": 0.3, "ARM": 0.9}
"""A multiplication and addition on a device (keras-spiking)."""

BREAK_EVEN = (0.15, 1.38)
"""Spikes per synapse and inference; above them no spiking network wins (Dampfhoffer 2023)."""


@dataclass(frozen=True)
class DenseGRU:
    """Operations and energy of each inference of a network on conventional arithmetic."""

    multiply_accumulates: NDArray[np.int64]

    @property
    def energy_j(self) -> dict[str, NDArray[np.float64]]:
        """Arithmetic alone, by number format."""
        return {name: self._times(pj * 1e-12) for name, pj in MULTIPLY_ACCUMULATE_PJ.items()}

    @property
    def device_j(self) -> dict[str, NDArray[np.float64]]:
        """Whole devices."""
        return {name: self._times(nj * 1e-9) for name, nj in DEVICE_NJ.items()}

    def _times(self, joules: float) -> NDArray[np.float64]:
        return (self.multiply_accumulates * joules).astype(np.float64)


@dataclass(frozen=True)
class Measured:
    """Seconds of an inference of another network on another machine, measured there."""

    network: str
    machine: str
    software: str
    threads: int
    batch: int
    frames: int
    """Of the sequence that was measured."""

    rounds: int
    least_s: float
    median_s: float
    power_w: float | None = None
    """Of the machine while it computes, where somebody has measured it."""

    def __post_init__(self) -> None:
        if not 0 < self.least_s <= self.median_s < inf:
            raise InputError(
                f"{self.network} was measured to take {self.least_s} s at least and "
                f"{self.median_s} s by the median: expected 0 < least <= median"
            )

    @property
    def energy_j(self) -> float | None:
        """Of an inference, by the median."""
        return None if self.power_w is None else self.power_w * self.median_s


def dense_gru(program: Program, counts: Counts) -> DenseGRU:
    """Every weight of every gate at every frame; the readout too, or once for a last membrane.

    A frame is one step, or all the steps in which a spiking encoder sends it. The first layer is
    taken to see the values of frames, not their receptive fields, and one column for each token.
    """
    frames = counts.steps // program.encoder.steps
    per_frame = sum(
        layer.input_weights.size + layer.recurrent_weights.size for layer in program.layers
    )
    of_first = sum(layer.input_weights.size for layer in program.levels[0])
    per_frame -= of_first - of_first // program.encoder.fields
    of_readout = program.readout.weights.size
    answered = np.ones_like(frames) if program.readout.sees_membranes else frames
    return DenseGRU(frames * per_frame + answered * of_readout)


def dense_network(
    layer_weights: int, readout_weights: int, program: Program, counts: Counts
) -> DenseGRU:
    """A network that meets every weight of its layers at every step that the encoder sends.

    It answers as often as the program: at every step, or once where the program sees a last
    membrane. The number of weights says how many gates a cell has.
    """
    answers = np.ones_like(counts.steps) if program.readout.sees_membranes else counts.steps
    return DenseGRU(counts.steps * layer_weights + answers * readout_weights)


def delta_gru(program: Program, trace: Trace) -> DenseGRU:
    """The dense GRU that skips what has not changed since the last frame.

    Its states are taken to be this program's membranes, on the gate grid, and a column of weights
    is multiplied where the value that it belongs to has changed.
    """
    steps = program.encoder.steps
    frames = replace(trace, lengths=trace.lengths // steps)

    def changes(values: NDArray[np.integer], back: bool) -> NDArray[np.int64]:
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
    if readout.sees_membranes:
        return DenseGRU(operations + readout.weights.size)
    return DenseGRU(operations + arriving * readout.outputs)


def spikes_per_synapse(counts: Counts) -> NDArray[np.float64]:
    """Events that an average synapse sees in one inference."""
    return counts.synaptic_operations / max(counts.synapses, 1)
