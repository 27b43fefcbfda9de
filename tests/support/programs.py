"""Random small programs, for tests of everything downstream of convert."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from hardware.definition.arithmetic import ACTIVATIONS
from hardware.definition.cell import Cell, GateParameters
from hardware.definition.emission import EMISSIONS, RESET_MECHANISMS
from hardware.definition.encoder import ENCODERS, Encoder
from hardware.definition.formulation import FORMULATIONS
from hardware.definition.readout import READOUTS, Readout, Target
from hardware.program.model import Layer, Program
from hardware.sequences.dense import Sequences

OF_NUMBERS = [kind for kind, row in ENCODERS.items() if not row.by_token]
"""Encoders that take any numbers as frames."""

STANDARDISING = [kind for kind, row in ENCODERS.items() if row.standardises]

every_cell = st.fixed_dictionaries(
    {
        "formulation": st.sampled_from(list(FORMULATIONS)),
        "emit": st.sampled_from(list(EMISSIONS)),
        "reset_mechanism": st.sampled_from(list(RESET_MECHANISMS)),
        "activation": st.sampled_from(list(ACTIVATIONS)),
        "weight_bits": st.integers(2, 8),
    }
)
every_program = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 10_000),
        "channels": st.integers(1, 4),
        "hidden": st.lists(st.integers(1, 6), min_size=1, max_size=3).map(tuple),
        "bidirectional": st.booleans(),
        "initial": st.booleans(),
        "encoder": st.sampled_from(OF_NUMBERS),
        "readout": st.sampled_from(list(READOUTS)),
        "window": st.integers(1, 9),
    }
)
"""Arguments of `random_program` for every kind of program that takes any numbers."""


def random_layer(
    rng: np.random.Generator,
    name: str,
    inputs: int,
    neurons: int,
    cell: Cell,
    *,
    backward: bool = False,
    initial: bool = False,
    input_fraction: int = 0,
) -> Layer:
    row, gates = cell.row, len(cell.gates)
    receiving = len(row.input_gates), len(row.recurrent_gates)
    limit = 2 ** (cell.weight_bits - 1) - 1
    one = 1 << cell.state_fraction

    def weights(*shape: int) -> np.ndarray:
        return rng.integers(-limit, limit + 1, shape).astype(np.int8)

    return Layer(
        name=name,
        cell=cell,
        input_weights=weights(receiving[0] * neurons, inputs),
        recurrent_weights=weights(receiving[1] * neurons, neurons),
        gate=GateParameters(
            input_shift=rng.integers(-3, 3, receiving[0]) - input_fraction,
            recurrent_shift=rng.integers(0, 7, receiving[1]) - cell.event_fraction,
            bias=rng.integers(-one, one, (gates, neurons)),
            recurrent_bias=rng.integers(-100, 100, neurons) * row.resets_after,
            threshold=rng.integers(one // 16, one // 2, neurons),
        ),
        initial_membrane=rng.integers(-one, one + 1, neurons) * initial,
        backward=backward,
    )


def random_encoder(
    rng: np.random.Generator, channels: int, kind: str = "graded", fields: int = 3
) -> Encoder:
    row = ENCODERS[kind]
    least = 4 if row.by_level else 0
    limit = 64 if row.spiking or row.by_field else 127
    offset, gain = rng.normal(size=channels), rng.uniform(4, 64, channels)
    plain = not row.standardises
    return Encoder(
        offset=np.zeros(channels) if plain else offset,
        gain=np.ones(channels) if plain else gain,
        exponent=0 if row.spiking or plain else -5,
        limit=1 if row.by_token else 4 if row.counts else limit,
        kind=kind,
        threshold=int(rng.integers(least, 30)) if row.has_threshold else 0,
        steps=int(rng.integers(1, 5)) if row.spiking else 1,
        fields=fields if row.has_fields else 1,
    )


def random_program(
    seed: int,
    channels: int = 3,
    hidden: tuple[int, ...] = (5,),
    outputs: int = 2,
    *,
    bidirectional: bool = False,
    initial: bool = False,
    encoder: str = "graded",
    readout: str = "mean",
    window: int = 3,
    **cell: object,
) -> Program:
    rng = np.random.default_rng(seed)
    fields = 2 + seed % 5
    width = channels * fields if ENCODERS[encoder].has_fields else channels
    layers, fraction = [], 0
    for i, neurons in enumerate(hidden):
        kind = Cell(**cell)  # type: ignore[arg-type]
        for backward in (False, True)[: 1 + bidirectional]:
            name = f"layer {i} backward" if backward else f"layer {i}"
            layers.append(
                random_layer(
                    rng, name, width, neurons, kind,
                    backward=backward, initial=initial, input_fraction=fraction,
                )
            )  # fmt: skip
        width, fraction = neurons * (1 + bidirectional), kind.event_fraction
    return Program(
        encoder=random_encoder(rng, channels, encoder, fields),
        layers=tuple(layers),
        readouts=(
            Readout(
                weights=rng.integers(-127, 128, (outputs, width)).astype(np.int8),
                bias=rng.integers(-50, 50, outputs),
                exponent=-6,
                gain=5.0,
                kind=readout,
                shift=int(rng.integers(-2, 3)) - fraction,
                leak=int(rng.integers(1, 5)) if READOUTS[readout].leaks else 0,
                window=window if READOUTS[readout].windowed else 0,
                target=Target(tuple(f"class {i}" for i in range(outputs))),
            ),
        ),
        max_steps=1000,
        provenance={"seed": seed},
    )


def with_readout(program: Program, readout: Readout) -> Program:
    """The program with another readout."""
    return replace(program, readouts=(readout,))


def with_classes(program: Program, *classes: str) -> Program:
    """The program with other class names; without any its scores are values."""
    return with_readout(program, replace(program.readout, target=Target(classes)))


def taken_by(encoder: Encoder, sequences: Sequences) -> Sequences:
    """Return frames that an encoder takes: tokens are whole numbers, a 0 is padding."""
    if not encoder.row.by_token:
        return sequences
    whole = np.abs(np.rint(5 * sequences.values.astype(np.float64)))
    return Sequences(np.mod(whole, encoder.fields + 1).astype(np.float32), sequences.lengths)


def random_sequences(
    seed: int, channels: int, lengths: list[int], activity: float = 1.0
) -> Sequences:
    """Frames of which this share of the values is not 0."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(sum(lengths), channels)).astype(np.float32)
    values[rng.random(values.shape) >= activity] = 0
    return Sequences(values, np.array(lengths, dtype=np.int64))
