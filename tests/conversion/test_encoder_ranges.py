"""The range proof counts with exactly what an encoder can send."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from programs import random_program

from conversion.ranges import layer_bounds, prove, prove_layer
from hardware.definition.arithmetic import Integers
from hardware.definition.cell import Cell
from hardware.definition.encoder import ENCODERS, Encoder
from hardware.definition.limits import MOST_TOKENS
from hardware.errors import RangeError
from hardware.program.model import Layer

CHANNELS, FIELDS, LIMIT = 4, 4, 126
CENTRES = np.array([-126, -42, 42, 126])


def parts(kind: str) -> tuple[Encoder, Layer]:
    """An encoder whose frames are the rounded values, and a layer."""
    program = random_program(2, channels=CHANNELS, hidden=(5,), encoder=kind)
    zeros, ones = np.zeros(CHANNELS), np.ones(CHANNELS)
    return replace(program.encoder, offset=zeros, gain=ones, limit=LIMIT), program.layers[0]


def require_bounds_to_be_reached(encoder: Encoder, layer: Layer, worst: list[Integers]) -> None:
    """Each row's input accumulator reaches both its bounds, by frames q then −q, and none beyond.

    `worst` has the frame for each row that reaches the greatest value, then the least.
    """
    found = layer_bounds(layer, encoder.range, encoder.alternatives)
    bounds = found["input accumulator"].astype(np.int64)
    gates = [layer.cell.gates.index(gate) for gate in layer.cell.row.input_gates]
    least, greatest = bounds[:, gates].reshape(2, -1)
    for frames, expected, extreme in zip(worst, (greatest, least), (np.max, np.min), strict=True):
        for row, q, bound in zip(layer.input_weights.astype(int), frames, expected, strict=True):
            sequence = np.array([-q, q, q], dtype=np.float32)
            events, _ = encoder.encode(sequence, encoder.initial_state())
            assert extreme(events @ row) == bound


@pytest.mark.parametrize("kind", [name for name, row in ENCODERS.items() if not row.has_fields])
def test_some_frames_take_every_input_accumulator_to_its_bound(kind: str) -> None:
    encoder, layer = parts(kind)
    frames = LIMIT * np.sign(layer.input_weights.astype(int))
    require_bounds_to_be_reached(encoder, layer, [frames, -frames])


def test_fields_reach_the_bound_where_each_channel_has_synapses_from_one() -> None:
    encoder, layer = parts("population")
    assert encoder.fields == FIELDS
    rows = len(layer.input_weights)
    field = np.random.default_rng(0).integers(FIELDS, size=(rows, CHANNELS))
    weights = layer.input_weights.reshape(rows, CHANNELS, FIELDS)
    weights = np.where(np.arange(FIELDS) == field[..., np.newaxis], weights, 0)
    layer = replace(layer, input_weights=weights.reshape(rows, -1).astype(np.int8))
    near, far = CENTRES[field], CENTRES[(field + 2) % FIELDS]  # responses of 32, and of 0
    pushes = weights.sum(-1) > 0
    frames = [np.where(pushes, near, far), np.where(pushes, far, near)]
    require_bounds_to_be_reached(encoder, layer, frames)


def test_tokens_reach_the_bound_and_many_tokens_are_no_larger_than_the_largest() -> None:
    program = random_program(2, channels=CHANNELS, hidden=(5,), encoder="tokens")
    encoder, layer = program.encoder, program.layers[0]
    bounds = layer_bounds(layer, encoder.range, encoder.alternatives)["input accumulator"]
    gates = [layer.cell.gates.index(gate) for gate in layer.cell.row.input_gates]
    least, greatest = bounds[:, gates].reshape(2, -1).tolist()
    by_channel = layer.input_weights.reshape(-1, CHANNELS, encoder.fields).astype(int)
    for row, low, high in zip(by_channel, least, greatest, strict=True):
        for weights, bound, best in ((row, high, np.max), (-row, -low, np.max)):
            tokens = np.where(best(weights, axis=-1) > 0, weights.argmax(-1) + 1, 0)
            events, _ = encoder.encode(tokens[np.newaxis].astype(float), encoder.initial_state())
            assert (events @ weights.ravel())[0] == bound


def test_a_vocabulary_that_would_leave_the_word_as_values_is_proven_as_tokens() -> None:
    cell = Cell()
    program = random_program(2, channels=1, hidden=(1,), encoder="tokens")
    weights = np.full((3, MOST_TOKENS), 127, dtype=np.int8)
    layer = replace(program.layers[0], cell=cell, input_weights=weights)
    prove_layer(layer, (0, 1), MOST_TOKENS)
    four = replace(layer, gate=replace(layer.gate, input_shift=np.full(3, 4)))
    prove_layer(four, (0, 1), MOST_TOKENS)
    with pytest.raises(RangeError, match="input accumulator|shifted input"):
        prove_layer(four, (0, 1))


def test_only_the_first_level_hears_one_source_of_each_channel() -> None:
    """The neurons of a level all send at once, however many tokens a channel has."""
    program = random_program(2, channels=2, hidden=(8, 3), encoder="tokens")
    assert program.encoder.alternatives == 4
    first, second = program.layers
    weights = np.full_like(second.input_weights, 127)
    for shift, fits in ((12, True), (14, False)):
        gate = replace(second.gate, input_shift=np.full_like(second.gate.input_shift, shift))
        layers = (first, replace(second, input_weights=weights, gate=gate))
        if fits:
            prove(replace(program, layers=layers))
        else:
            with pytest.raises(RangeError, match="^layer 1, .* shifted input can reach 16646144"):
                prove(replace(program, layers=layers))
