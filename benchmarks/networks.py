"""Random networks for benchmarks: weights over all of int8, about a tenth active."""

from __future__ import annotations

import numpy as np

from hardware import Program, Sequences
from hardware.definition.cell import Cell, GateParameters
from hardware.definition.encoder import Encoder
from hardware.definition.readout import Readout
from hardware.program.model import Layer

NETWORKS = {
    "140 → 128": (140, (128,), 10),
    "700 → 256 → 256": (700, (256, 256), 20),
    "64 → 1024": (64, (1024,), 10),
}
"""Channels, neurons of each layer, outputs."""

INPUT_ACTIVITY = 0.1


def random_network(
    rng: np.random.Generator, channels: int, hidden: tuple[int, ...], outputs: int
) -> Program:
    """Layers with thresholds at which about a tenth of the neurons fires."""

    def weights(*shape: int) -> np.ndarray:
        return rng.integers(-127, 128, shape).astype(np.int8)

    layers, width = [], channels
    for i, neurons in enumerate(hidden):
        gate = GateParameters(
            input_shift=np.full(3, -1 if i == 0 else 2),
            recurrent_shift=np.full(3, 2),
            bias=rng.integers(-2000, 2000, (3, neurons)),
            recurrent_bias=np.zeros(neurons, dtype=np.int64),
            threshold=np.full(neurons, 2500),
        )
        layers.append(
            Layer(
                name=f"layer {i}",
                cell=Cell(),
                input_weights=weights(3 * neurons, width),
                recurrent_weights=weights(3 * neurons, neurons),
                gate=gate,
                initial_membrane=np.zeros(neurons, dtype=np.int64),
            )
        )
        width = neurons
    return Program(
        encoder=Encoder(np.zeros(channels), np.full(channels, 32.0), -5, 127),
        layers=tuple(layers),
        readouts=(Readout(weights(outputs, width), np.zeros(outputs, dtype=np.int64), -7, 5.0),),
        max_steps=10_000,
    )


def sparse_sequences(
    rng: np.random.Generator, channels: int, sequences: int, steps: int
) -> Sequences:
    """Frames of which a tenth of the channels is not zero."""
    values = rng.normal(size=(sequences * steps, channels))
    values *= rng.random(values.shape) < INPUT_ACTIVITY
    return Sequences(values.astype(np.float32), np.full(sequences, steps))
