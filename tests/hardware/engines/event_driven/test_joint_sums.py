"""Joint sums give the same numbers as accumulators apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from programs import random_program, random_sequences

from hardware import Program, compare, run
from hardware.definition.arithmetic import WORD_LIMIT
from hardware.definition.formulation import FORMULATIONS
from hardware.engines.event_driven.joint_sums import FINEST
from hardware.engines.event_driven.layout import Layout
from hardware.engines.magnitudes import bounds
from hardware.program.limits import require_sound
from hardware.program.model import Layer

numbers = st.integers(-(2**23), 2**23)


def joined(program: Program) -> bool:
    return Layout(program).levels[0][0].neurons.rules.joined


def with_gate(program: Program, **changes: np.ndarray) -> Program:
    """The program with other numbers in its first layer's gates."""
    layer = program.layers[0]
    return replace(program, layers=(replace(layer, gate=replace(layer.gate, **changes)),))


def shifted_by(program: Program, of_input: int, of_recurrence: int) -> Program:
    row = program.layers[0].cell.row
    return with_gate(
        program,
        input_shift=np.full(len(row.input_gates), of_input),
        recurrent_shift=np.full(len(row.recurrent_gates), of_recurrence),
    )


def with_largest_biases(program: Program) -> Program:
    """The program with biases that leave nothing of the word to its pre-activations."""
    layer: Layer = program.layers[0]
    silent = with_gate(program, bias=np.zeros_like(layer.gate.bias))
    reached = {bound.quantity: bound.magnitude for bound in bounds(silent)}
    largest = WORD_LIMIT - int(reached["pre-activation"])
    signs = np.random.default_rng(0).choice([-1, 1], layer.gate.bias.shape)
    return with_gate(program, bias=largest * signs)


@given(
    W=numbers,
    U=numbers,
    bias=numbers,
    finer=st.integers(0, 20),
    k=st.integers(0, 20),
    ramp=st.integers(0, 12),
    offset=st.integers(0, 512),
)
def test_floors_of_whole_numbers_nest(
    W: int, U: int, bias: int, finer: int, k: int, ramp: int, offset: int
) -> None:
    p = (W >> finer) + (U << k) + bias
    base = (bias << finer) + (offset << finer + ramp)
    assert (p >> ramp) + offset == (W + (U << k + finer) + base) >> finer + ramp


@pytest.mark.parametrize("formulation", FORMULATIONS)
@pytest.mark.parametrize("activation", ["hard", "table"])
@pytest.mark.parametrize("finer", [0, 1, FINEST])
@pytest.mark.parametrize("which", ["input", "recurrence"])
def test_sums_that_fill_the_word_stay_exact_when_joined(
    formulation: str, activation: str, finer: int, which: str
) -> None:
    made = random_program(
        finer, channels=5, hidden=(20,), formulation=formulation, activation=activation
    )
    shifts = (-finer, 3) if which == "input" else (3, -finer)
    program = with_largest_biases(shifted_by(made, *shifts))
    assert Layout(program).number is np.int32
    assert joined(program)
    sequences = random_sequences(0, 5, [9, 4])
    expected = run(program, sequences, engine="numpy")
    found = run(program, sequences)
    assert compare(expected, found).equal
    assert np.array_equal(expected.saturations, found.saturations)


@pytest.mark.parametrize("formulation", FORMULATIONS)
@pytest.mark.parametrize("emit", ["binary", "signed", "state"])
@pytest.mark.parametrize("shifts", [(12, 0), (0, 10), (12, 10), (12, [0, 10, 10, 10])])
def test_far_shifts_stay_exact(
    formulation: str, emit: str, shifts: tuple[int, int | list[int]]
) -> None:
    made = random_program(1, channels=2, hidden=(6,), formulation=formulation, emit=emit)
    layer = made.layers[0]
    ones = replace(
        layer,
        input_weights=np.sign(layer.input_weights),
        recurrent_weights=np.sign(layer.recurrent_weights),
    )
    of_input, of_recurrence = shifts
    row = layer.cell.row
    receiving = len(row.recurrent_gates)
    program = with_gate(
        replace(made, layers=(ones,)),
        input_shift=np.full(len(row.input_gates), of_input),
        recurrent_shift=np.broadcast_to(of_recurrence, 4)[:receiving] - layer.cell.event_fraction,
    )
    sequences = random_sequences(0, 2, [30, 40])
    assert joined(program) or emit == "state"
    expected = run(program, sequences, engine="numpy")
    found = run(program, sequences)
    assert compare(expected, found).equal
    assert np.array_equal(expected.saturations, found.saturations)


@pytest.mark.parametrize("bias", [WORD_LIMIT, WORD_LIMIT + 1, 2**25, 2**30])
@pytest.mark.parametrize("sign", [-1, 1])
def test_a_bias_beyond_the_word_inside_the_reset_stays_exact(bias: int, sign: int) -> None:
    made = random_program(0, emit="state", gate_fraction=4, state_fraction=14)
    program = with_gate(
        made,
        input_shift=np.full(3, -FINEST),
        recurrent_shift=np.array([0, 0, -12]),
        recurrent_bias=np.full(5, sign * bias),
    )
    require_sound(program)
    assert not joined(program)  # a sum that could leave the word is looked at
    sequences = random_sequences(0, 3, [20])
    expected, found = (
        run(program, sequences, engine=engine, strict=False) for engine in ("numpy", "events")
    )
    assert compare(expected, found).equal
    assert np.array_equal(expected.saturations, found.saturations)
    assert found.saturations[0, 2] > 0


def test_a_gate_shifted_far_leaves_the_sum_of_the_candidate_within_32_bits() -> None:
    made = random_program(0, hidden=(140,), formulation="forget")
    layer = made.layers[0]
    forget, candidate = np.split(layer.recurrent_weights, 2)
    weights = np.concatenate([np.sign(forget), np.full_like(candidate, 127)])
    program = with_gate(
        replace(made, layers=(replace(layer, recurrent_weights=weights),), max_steps=20),
        input_shift=np.array([-FINEST, -FINEST]),
        recurrent_shift=np.array([12, -4]),
        bias=np.stack([layer.gate.bias[0], np.full(140, 100)]),
        threshold=np.zeros(140, dtype=np.int64),  # so that most spike
    )
    assert joined(program)
    sequences = random_sequences(0, 3, [20])
    expected = run(program, sequences, engine="numpy")
    assert (expected.emitted[0].sum(axis=1) * 127 << 12 + FINEST > 2**31).any()
    assert compare(expected, run(program, sequences)).equal


def test_layers_of_spikes_have_joined_sums() -> None:
    for emit in ("binary", "signed"):
        assert joined(shifted_by(random_program(0, emit=emit), -2, 3))


def test_two_floors_that_do_not_nest_are_kept_apart() -> None:
    made = random_program(0, formulation="forget")
    assert joined(shifted_by(made, -1, 0))
    assert not joined(shifted_by(made, -1, -1))
    assert not joined(shifted_by(made, -FINEST - 1, 0))


def test_sums_that_are_kept_or_looked_at_stay_apart() -> None:
    assert not joined(shifted_by(random_program(0, emit="graded"), 0, 0))
    assert not joined(shifted_by(random_program(0, encoder="send-on-delta"), 0, 0))
    made = shifted_by(random_program(0), 0, 0)
    assert joined(made)
    assert joined(shifted_by(random_program(0, emit="state"), 0, 0))
    unproven = with_gate(made, bias=np.full_like(made.layers[0].gate.bias, 2 * WORD_LIMIT))
    assert not joined(unproven)
