"""The range proof counts with exactly what an encoder can send."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from programs import random_program

from conversion.ranges import layer_bounds
from hardware.definition.arithmetic import Integers
from hardware.definition.encoder import ENCODERS, Encoder
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
    bounds = layer_bounds(layer, encoder.range)["input accumulator"].astype(np.int64)
    gates = [layer.cell.gates.index(gate) for gate in layer.cell.row.input_gates]
    least, greatest = bounds[:, gates].reshape(2, -1)
    for frames, expected, extreme in zip(worst, (greatest, least), (np.max, np.min), strict=True):
        for row, q, bound in zip(layer.input_weights.astype(int), frames, expected, strict=True):
            sequence = np.array([-q, q, q], dtype=np.float32)
            events, _ = encoder.encode(sequence, encoder.initial_state())
            assert extreme(events @ row) == bound


@pytest.mark.parametrize("kind", [name for name, row in ENCODERS.items() if not row.by_field])
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
