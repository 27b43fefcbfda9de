"""Random programs of every kind that a program file holds, and frames that are hard to round."""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle

import numpy as np
from programs import random_program, with_readout

from hardware.definition.arithmetic import ACTIVATIONS
from hardware.definition.emission import EMISSIONS, RESET_MECHANISMS
from hardware.definition.encoder import ENCODERS
from hardware.definition.formulation import FORMULATIONS
from hardware.definition.readout import READOUTS, Target
from hardware.definition.target import Head
from hardware.program.model import Layer, Program
from hardware.sequences.dense import Sequences

FORMULATION_NAMES = list(FORMULATIONS)
HARD = [0.0, -0.0, 1e-40, 0.5, -0.5, 1.5, -2.5, 3e38, -3e38, 1e30]


def program_number(number: int) -> Program:
    """Return a program; as many in a row as there are pairs have all formulations and emissions."""
    rng = np.random.default_rng(number)
    turn, place = divmod(number, len(FORMULATION_NAMES))
    formulation = FORMULATION_NAMES[place]
    emit = list(EMISSIONS)[turn % len(EMISSIONS)]
    reset, activation, encoder, readout = (
        list(names)[rng.integers(len(names))]
        for names in (RESET_MECHANISMS, ACTIVATIONS, ENCODERS, READOUTS)
    )
    settings = {
        "emit": emit,
        "reset_mechanism": reset,
        "activation": activation,
        "bidirectional": bool(rng.integers(2)),
        "initial": bool(rng.integers(2)),
        "gate_fraction": int(rng.integers(4, 11)),
        "state_fraction": int(rng.integers(8, 15)),
        "weight_bits": int(rng.integers(2, 9)),
    }
    sizes = rng.integers(1, 5, 4).tolist()
    first = random_program(
        number, sizes[0], (sizes[1],), sizes[2],
        encoder=encoder, readout=readout, window=1 + number % 6,
        formulation=formulation, **settings,
    )  # fmt: skip
    program = first if rng.integers(3) else stacked(first, number, sizes[3], settings)
    program = with_values(with_halves(uneven(program), rng), rng)
    return wild(program, rng) if is_wild(number) else program


def is_wild(number: int) -> bool:
    """Say whether values of this program can leave the word."""
    return number % 5 in (2, 4)


def wild(program: Program, rng: np.random.Generator) -> Program:
    """Return the program with shifts, biases and thresholds of any size: values leave the word."""

    def layer_of(layer: Layer) -> Layer:
        gate, n = layer.gate, layer.neurons
        anything = rng.integers(0, 2**31, n) >> rng.integers(0, 31, n)
        edge = rng.integers(0, 2, n) << layer.cell.state_fraction  # where clamps put membranes
        changed = replace(
            gate,
            input_shift=rng.integers(-31, 9, gate.input_shift.shape),
            recurrent_shift=rng.integers(-31, 9, gate.recurrent_shift.shape),
            bias=rng.integers(-(2**25), 2**25, gate.bias.shape) >> rng.integers(0, 14, (1, n)),
            threshold=np.where(rng.random(n) < 0.7, edge, anything),
        )
        return replace(layer, gate=changed)

    return replace(program, layers=tuple(map(layer_of, program.layers)))


def uneven(program: Program) -> Program:
    """Return the program with another grid and other functions in each backward layer."""
    other = {"state_fraction": 14, "activation": "table", "reset_mechanism": "zero"}
    layers = (
        replace(layer, cell=replace(layer.cell, **other)) if layer.backward else layer
        for layer in program.layers
    )
    return replace(program, layers=tuple(layers))


def stacked(first: Program, number: int, neurons: int, settings: dict[str, object]) -> Program:
    """Return the program with another level, of another formulation and with other grids."""
    count = len(FORMULATION_NAMES)
    formulation = FORMULATION_NAMES[sum(divmod(number, count)) % count]
    settings = {**settings, "gate_fraction": 8, "formulation": formulation}
    width = sum(layer.neurons for layer in first.levels[0])
    second = random_program(
        number + 1, width, (neurons,), first.readout.outputs,
        readout=first.readout.kind, window=max(1, first.readout.window), **settings,
    )  # fmt: skip
    names = cycle(("upper", "upper backward"))
    upper = tuple(replace(layer, name=next(names)) for layer in second.layers)
    return replace(first, layers=first.layers + upper, readouts=second.readouts)


def with_halves(program: Program, rng: np.random.Generator) -> Program:
    """Return the program with an offset and a gain that leave halves to be rounded."""
    encoder = program.encoder
    if not encoder.row.standardises:
        return program
    offset, gain = encoder.offset.copy(), encoder.gain.copy()
    offset[0], gain[0] = rng.integers(-2, 3) / 4, 2.0 ** rng.integers(0, 5)
    return replace(program, encoder=replace(encoder, offset=offset, gain=gain))


def with_values(program: Program, rng: np.random.Generator) -> Program:
    """Return the program with random factors, and with classes, labels, values or nothing."""
    outputs = program.readout.outputs
    numbers = tuple(rng.normal(size=outputs).tolist())
    targets = [program.readout.target, Target(), Target(scale=numbers), Target(offset=numbers)]
    targets.append(Target(scale=numbers, offset=numbers[::-1]))
    if outputs == 1:
        targets.append(Target(("no", "yes"), decision="sign"))
    targets.append(Target(tuple(map(str, range(outputs))), decision="any-of"))
    if outputs > 1:
        targets.append(with_heads(outputs, numbers))
    readout = replace(
        program.readout,
        gain=float(rng.normal()),
        exponent=int(rng.integers(-64, 65)),
        target=targets[rng.integers(len(targets))],
    )
    return with_readout(program, readout)


def with_heads(outputs: int, numbers: tuple[float, ...]) -> Target:
    """Return a target of two heads: values, and classes or a value in other units."""
    left = outputs - 1
    last = Target(("no", "yes"), decision="sign") if outputs % 2 else Target(offset=numbers[:1])
    first = Target(tuple(map(str, range(left)))) if left % 2 else Target(scale=numbers[:left])
    return Target(heads=(Head("first", first, left), Head("last", last, 1)))


def hard_sequences(number: int, channels: int, lengths: list[int]) -> Sequences:
    """Return frames of which a third are clamped, halves, zeros of both signs, or tiny."""
    rng = np.random.default_rng(number)
    values = rng.normal(size=(sum(lengths), channels))
    hard = rng.choice(HARD, values.shape)
    values = np.where(rng.random(values.shape) < 1 / 3, hard, values)
    return Sequences(values.astype(np.float32), np.array(lengths, dtype=np.int64))
