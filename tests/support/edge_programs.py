"""Random programs whose numbers come as near to a limit as one of their integers allows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from programs import random_layer, random_program, with_readout

from hardware.definition.arithmetic import ACTIVATIONS, Integers
from hardware.definition.cell import (
    GATE_FRACTIONS,
    STATE_FRACTIONS,
    WEIGHT_BITS,
    Cell,
    CellSettings,
)
from hardware.definition.emission import RESET_MECHANISMS
from hardware.definition.encoder import ENCODERS, INPUT_LIMIT
from hardware.definition.formulation import FORMULATIONS
from hardware.definition.readout import READOUTS
from hardware.program.model import Layer, Program

FRAMES = 6
LONGEST = 40
"""Largest shift to the right or to the left."""

MOST = 2**40
"""Largest bias or weight."""

Knob = Callable[[Program, int], Program]
"""`knob(program, n)`: the program in which one integer is n, or its shift is."""

Accepts = Callable[[Program], bool]


class Edge(NamedTuple):
    """A program at a limit."""

    within: Program
    beyond: list[Program]
    """Programs that are not accepted; each has one integer that is greater by 1."""


def edge(seed: int, formulation: str, emit: str, accepts: Accepts, *, stored: bool = False) -> Edge:
    """Turn up shifts, then biases and weights, each to the last value that is accepted.

    A weight that fits no byte stands for many weights; `stored` leaves such weights out.
    """
    rng = np.random.default_rng(seed)
    program = drawn(rng, formulation, emit)
    while not accepts(program):
        program = drawn(rng, formulation, emit)
    coarse, beyond = list(coarse_knobs(rng, program)), []
    rng.shuffle(coarse)  # type: ignore[arg-type]
    for knob, most in (*coarse, *fine_knobs(rng, program, stored)):
        found = last(program, knob, most, accepts)
        if found is not None:
            program = knob(program, found)
            if found < most:
                beyond.append((knob, found + 1))
    return Edge(program, [knob(program, n) for knob, n in beyond])


def drawn(rng: np.random.Generator, formulation: str, emit: str) -> Program:
    """Draw a small program of this kind. Its frames are the rounded inputs."""
    gate_fraction = int(rng.choice(GATE_FRACTIONS))
    made = random_program(
        int(rng.integers(2**31)),
        channels=int(rng.integers(1, 4)),
        hidden=tuple(rng.integers(1, 4, int(rng.integers(1, 3))).tolist()),
        bidirectional=bool(rng.random() < 0.3),
        initial=True,
        encoder=one_of(rng, ENCODERS),
        readout=one_of(rng, READOUTS),
        **drawn_cell(rng, formulation, emit, gate_fraction),
    )
    channels = made.encoder.channels
    layers = []
    for layer in made.layers:
        if layer.backward:
            layer = with_cell_of_its_own(rng, layer)
        layers.append(with_end_thresholds(rng, layer))
    return replace(
        made,
        encoder=replace(made.encoder, offset=np.zeros(channels), gain=np.ones(channels)),
        layers=tuple(layers),
        max_steps=FRAMES * made.encoder.steps,
    )


def one_of(rng: np.random.Generator, names: Iterable[str]) -> str:
    return str(rng.choice(list(names)))


def drawn_cell(
    rng: np.random.Generator, formulation: str, emit: str, gate_fraction: int
) -> CellSettings:
    """Draw everything else of a cell whose mix fits the word."""
    return {
        "formulation": formulation,
        "emit": emit,
        "activation": one_of(rng, ACTIVATIONS),
        "reset_mechanism": one_of(rng, RESET_MECHANISMS),
        "weight_bits": int(rng.choice(WEIGHT_BITS)),
        "gate_fraction": gate_fraction,
        "state_fraction": int(rng.choice([S for S in STATE_FRACTIONS if S + gate_fraction < 23])),
    }


def with_cell_of_its_own(rng: np.random.Generator, layer: Layer) -> Layer:
    """Draw another cell for a backward layer: only what it emits must be as in its forward one."""
    cell = drawn_cell(rng, one_of(rng, FORMULATIONS), layer.cell.emit, layer.cell.gate_fraction)
    sizes = layer.inputs, layer.neurons
    return random_layer(rng, layer.name, *sizes, Cell(**cell), backward=True, initial=True)


def with_end_thresholds(rng: np.random.Generator, layer: Layer) -> Layer:
    """The layer with some thresholds at the ends of what is proven."""
    ends = [int(layer.cell.spiking), (1 << layer.cell.state_fraction) - 1]
    some, picked = rng.random(layer.neurons) < 0.5, rng.choice(ends, layer.neurons)
    threshold = np.where(some, picked, layer.gate.threshold)
    return replace(layer, gate=replace(layer.gate, threshold=threshold))


def with_layer(program: Program, place: int, **fields: object) -> Program:
    """The program with other fields of one layer, or of the parameters of its gates."""
    layer = program.layers[place]
    gate = {name: value for name, value in fields.items() if hasattr(layer.gate, name)}
    rest = {name: value for name, value in fields.items() if name not in gate}
    layer = replace(layer, gate=replace(layer.gate, **gate), **rest)  # type: ignore[arg-type]
    layers = (*program.layers[:place], layer, *program.layers[place + 1 :])
    return replace(program, layers=layers)


def set_integer(
    program: Program, n: int, place: int, field: str, at: tuple[int, ...], sign: int
) -> Program:
    layer = program.layers[place]
    values = getattr(layer if hasattr(layer, field) else layer.gate, field).astype(np.int64)
    values[at] = sign * n
    return with_layer(program, place, **{field: values})


def set_shift(program: Program, n: int, place: int, field: str, at: int) -> Program:
    values = getattr(program.layers[place].gate, field).copy()
    values[at] = n - LONGEST
    return with_layer(program, place, **{field: values})


def set_limit(program: Program, n: int) -> Program:
    most = n + 1 if program.encoder.row.by_level else 2 * n + 2
    threshold = min(program.encoder.threshold, most)
    return replace(program, encoder=replace(program.encoder, limit=n + 1, threshold=threshold))


def set_readout_integer(
    program: Program, n: int, field: str, at: tuple[int, ...], sign: int
) -> Program:
    values = getattr(program.readout, field).astype(np.int64)
    values[at] = sign * n
    return with_readout(program, replace(program.readout, **{field: values}))


def set_readout_shift(program: Program, n: int) -> Program:
    return with_readout(program, replace(program.readout, shift=n - LONGEST))


def coarse_knobs(rng: np.random.Generator, program: Program) -> Iterator[tuple[Knob, int]]:
    """Yield the limit of the encoder and shifts, each with the most that it can be."""
    row = program.encoder.row
    if not (row.spiking or row.by_token):
        yield set_limit, INPUT_LIMIT // (1 + row.by_change) - 1
    for place, layer in enumerate(program.layers):
        for field in ("input_shift", "recurrent_shift"):
            for at in range(len(getattr(layer.gate, field))):
                if rng.random() < 0.6:
                    yield partial(set_shift, place=place, field=field, at=at), 2 * LONGEST
    yield set_readout_shift, 2 * LONGEST


def fine_knobs(
    rng: np.random.Generator, program: Program, stored: bool
) -> Iterator[tuple[Knob, int]]:
    """Yield biases and weights, two of each layer and two of the readout."""
    for place, layer in enumerate(program.layers):
        fields = ["bias"] + ["recurrent_bias"] * layer.cell.row.resets_after
        fields += [] if stored else ["input_weights", "recurrent_weights"]
        for field in rng.choice(fields, 2).tolist():
            values = getattr(layer if hasattr(layer, field) else layer.gate, field)
            if values.size:
                yield partial(set_integer, place=place, field=field, **somewhere(rng, values)), MOST
    for field in ["bias"] if stored else ["weights", "bias"]:
        values = getattr(program.readout, field)
        yield partial(set_readout_integer, field=field, **somewhere(rng, values)), MOST


def somewhere(rng: np.random.Generator, values: Integers) -> dict[str, Any]:
    """Return a place in an array, and a sign."""
    at = tuple(int(rng.integers(length)) for length in values.shape)
    return {"at": at, "sign": int(rng.choice([-1, 1]))}


def last(program: Program, knob: Knob, most: int, accepts: Accepts) -> int | None:
    """Return the largest integer with which the program is accepted; None if 0 is not."""
    if not accepts(knob(program, 0)):
        return None
    low, high = 0, most + 1
    while low + 1 < high:
        middle = (low + high) // 2
        low, high = (middle, high) if accepts(knob(program, middle)) else (low, middle)
    return low
