"""Random small programs, for tests of everything downstream of convert."""

from __future__ import annotations

import numpy as np

from hardware.cell import Cell, GateParameters
from hardware.program import Encoder, Layer, Program, Readout
from hardware.sequences import Sequences


def random_layer(
    rng: np.random.Generator, name: str, inputs: int, neurons: int, cell: Cell
) -> Layer:
    gates = len(cell.gates)
    limit = 2 ** (cell.weight_bits - 1) - 1
    one = 1 << cell.state_fraction

    def weights(*shape: int) -> np.ndarray:
        return rng.integers(-limit, limit + 1, shape).astype(np.int8)

    return Layer(
        name=name,
        cell=cell,
        input_weights=weights(gates * neurons, inputs),
        recurrent_weights=weights(gates * neurons, neurons),
        gate=GateParameters(
            input_shift=rng.integers(-3, 3, gates),
            recurrent_shift=rng.integers(0, 7, gates) - cell.event_fraction,
            bias=rng.integers(-one, one, (gates, neurons)),
            recurrent_bias=rng.integers(-100, 100, neurons),
            threshold=rng.integers(one // 16, one // 2, neurons),
        ),
    )


def random_program(
    seed: int, channels: int = 3, hidden: tuple[int, ...] = (5,), outputs: int = 2, **cell: object
) -> Program:
    rng = np.random.default_rng(seed)
    layers, width = [], channels
    for i, neurons in enumerate(hidden):
        layers.append(random_layer(rng, f"layer {i}", width, neurons, Cell(**cell)))  # type: ignore[arg-type]
        width = neurons
    return Program(
        encoder=Encoder(rng.normal(size=channels), rng.uniform(4, 64, channels), -5, 127),
        layers=tuple(layers),
        readout=Readout(
            weights=rng.integers(-127, 128, (outputs, width)).astype(np.int8),
            bias=rng.integers(-50, 50, outputs),
            exponent=-6,
            gain=5.0,
        ),
        classes=tuple(f"class {i}" for i in range(outputs)),
        max_steps=1000,
        provenance={"seed": seed},
    )


def random_sequences(seed: int, channels: int, lengths: list[int]) -> Sequences:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(sum(lengths), channels)).astype(np.float32)
    return Sequences(values, np.array(lengths, dtype=np.int64))
