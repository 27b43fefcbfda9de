from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from programs import every_cell, every_program, random_program, with_classes, with_readout

from hardware.errors import ProgramError
from hardware.program.limits import require_sound
from hardware.program.model import Program
from hardware.runs.golden import Golden


@settings(max_examples=60, deadline=None)
@given(every_program, every_cell)
def test_ordinary_programs_are_sound(program: dict, cell: dict) -> None:
    require_sound(random_program(**program, **cell))


def in_layer(program: Program, **fields: Any) -> Program:
    return replace(program, layers=(replace(program.layers[0], **fields), *program.layers[1:]))


def in_gate(program: Program, **fields: Any) -> Program:
    return in_layer(program, gate=replace(program.layers[0].gate, **fields))


def in_readout(program: Program, **fields: Any) -> Program:
    return with_readout(program, replace(program.readout, **fields))


def in_encoder(program: Program, **fields: Any) -> Program:
    return replace(program, encoder=replace(program.encoder, **fields))


ONES = np.ones((15, 3), dtype=np.int8)
P = random_program(0)
SAMPLE = Golden(np.zeros((1, 3), np.float32), "0" * 64)


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (random_program(0, hidden=(1,) * 65), "the number of layers is 65, expected 1 to 64"),
        (random_program(0, channels=0), "the number of channels is 0"),
        (random_program(0, hidden=(0,)), "layer 0: the number of neurons is 0"),
        (random_program(0, outputs=0), "the number of outputs is 0"),
        (replace(P, golden=(SAMPLE,) * 65), "the number of golden samples is 65"),
        (replace(P, max_steps=0), "max_steps is 0"),
        (replace(P, max_steps=2**31), "max_steps is 2147483648"),
        (with_classes(P, "a", ""), "the name '' has 0 characters"),
        (with_classes(P, "a", "x" * 201), "the name 'x{200}' has 201 characters"),
        (with_classes(P, "a", "\x1b[2J"), "expected 1 to 200 printable"),
        (in_layer(P, name="a\nb"), r"the name 'a\\nb' has 3 characters"),
        (in_encoder(P, exponent=65), "encoder: exponent is 65"),
        (in_encoder(P, gain=np.array([1, -1e101, 1])), "an offset or gain of 1e[+]101"),
        (in_encoder(P, offset=np.array([1e101, 0, 0])), "an offset or gain of 1e[+]101"),
        (in_readout(P, exponent=-65), "readout: exponent is -65"),
        (in_readout(P, gain=float("nan")), "readout: the gain is nan"),
        (in_readout(P, gain=float("inf")), "readout: the gain is inf"),
        (in_readout(P, shift=32), "readout: shift is 32"),
        (in_readout(P, shift=30), "readout: the sum is"),
        (in_readout(P, weights=np.full((2, 5), -128, np.int8)), "readout: weights is -128"),
        (in_readout(P, bias=np.array([0, -(2**31)])), "readout: the largest score is"),
        (in_layer(P, input_weights=ONES * -128), "layer 0: input_weights is -128"),
        (in_layer(P, cell=replace(P.layers[0].cell, weight_bits=2)), "expected -1 to 1"),
        (in_layer(P, initial_membrane=np.full(5, 4097)), "initial_membrane is 4097"),
        (in_layer(P, initial_membrane=np.full(5, -4097)), "initial_membrane is -4097"),
        (in_gate(P, threshold=np.array([1, 1, -1, 1, 1])), "threshold is -1"),
        (in_gate(P, threshold=np.full(5, 2**31)), "threshold is 2147483648"),
        (in_gate(P, input_shift=np.array([0, 32, 0])), "input_shift is 32"),
        (in_gate(P, input_shift=np.array([0, -32, 0])), "input_shift is -32"),
        (in_gate(P, recurrent_shift=np.array([0, 0, 32])), "recurrent_shift is 32"),
        (in_gate(P, input_shift=np.array([0, 24, 0])), "layer 0: the input sum is"),
        (in_gate(P, recurrent_shift=np.array([0, 0, 24])), "layer 0: the recurrent sum is"),
        (in_gate(P, recurrent_bias=np.full(5, -(2**31))), "layer 0: the recurrent sum is"),
    ],
)
def test_what_no_engine_can_hold_is_refused_by_name(program: Program, message: str) -> None:
    with pytest.raises(ProgramError, match=message):
        require_sound(program)


@settings(max_examples=60, deadline=None)
@given(every_program, every_cell)
def test_the_largest_shift_that_is_sound_is_the_last_whose_sums_fit_32_bits(
    program: dict, cell: dict
) -> None:
    drawn = random_program(**program, **cell)
    layer, most = drawn.layers[0], drawn.encoder.range[1]
    rows = np.split(layer.input_weights.astype(int), len(layer.cell.row.input_gates))
    largest = max(sum(abs(int(w)) for w in row) for row in rows[0]) * most
    for k in range(32):
        shifts = np.array([k, *layer.gate.input_shift[1:]])
        changed = in_gate(drawn, input_shift=shifts)
        if largest * 2**k < 2**31:
            require_sound(changed)
        else:
            with pytest.raises(ProgramError, match=f"the input sum is {largest * 2**k}, expected"):
                require_sound(changed)


def test_only_the_first_level_hears_one_source_of_each_channel() -> None:
    program = random_program(2, channels=2, hidden=(8, 3), encoder="tokens")
    assert program.encoder.alternatives == 4
    for place, shift, sound in ((0, 22, True), (1, 20, True), (1, 22, False)):
        layer = program.layers[place]
        weights = np.full_like(layer.input_weights, 127)
        gate = replace(layer.gate, input_shift=np.full_like(layer.gate.input_shift, shift))
        layers = list(program.layers)
        layers[place] = replace(layer, input_weights=weights, gate=gate)
        changed = replace(program, layers=tuple(layers))
        if sound:
            require_sound(changed)
        else:
            with pytest.raises(ProgramError, match="layer 1: the input sum is"):
                require_sound(changed)
