"""What saturates is counted alike by every engine, and what leaves the word is an error."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import every_cell, every_program, random_program, random_sequences, with_readout

from hardware import run, stream
from hardware.definition.arithmetic import ACTIVATIONS, WORD_LIMIT, candidate_tanh, sigmoid
from hardware.definition.cell import Cell
from hardware.definition.encoder import INPUT_LIMIT
from hardware.engines.saturation import clamped, ramp
from hardware.errors import RangeError
from hardware.program.model import Program

ENGINES = ("numpy", "events")


def with_bias(program: Program, bias: int, layer: int = 0) -> Program:
    """The program without synapses, all of whose biases in one layer are the same."""
    mute = tuple(
        replace(
            each,
            input_weights=np.zeros_like(each.input_weights),
            recurrent_weights=np.zeros_like(each.recurrent_weights),
            gate=replace(
                each.gate,
                bias=np.full_like(each.gate.bias, bias if i == layer else 0),
                recurrent_bias=np.zeros_like(each.gate.recurrent_bias),
            ),
        )
        for i, each in enumerate(program.layers)
    )
    return replace(program, layers=mute)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_clamps_that_act_are_counted_for_each_layer(engine: str, activation: str) -> None:
    program = random_program(0, hidden=(5, 3), activation=activation, formulation="keep")
    sequences = random_sequences(0, 3, [4, 3])
    quiet = run(with_bias(program, 0), sequences, engine=engine).saturations
    assert quiet is not None
    assert not quiet.any()
    full = run(with_bias(program, 2**22), sequences, engine=engine).saturations
    assert full is not None
    assert full.tolist() == [[7 * 2 * 5, 7 * 5, 0], [0, 0, 0], [0, 0, 0]]


@settings(max_examples=200, deadline=None)
@given(
    activation=st.sampled_from(list(ACTIVATIONS)),
    gate_fraction=st.integers(4, 10),
    state_fraction=st.integers(8, 14),
)
def test_a_clamp_acts_where_going_on_would_change_nothing(
    activation: str, gate_fraction: int, state_fraction: int
) -> None:
    """Beyond the places where a clamp begins to act, σ and tanh stay at their ends."""
    cell = Cell(activation=activation, gate_fraction=gate_fraction, state_fraction=state_fraction)
    p = np.arange(-9 << state_fraction, 9 << state_fraction)
    for name, values in (
        ("sigmoid", sigmoid(p, activation, state_fraction, gate_fraction)),
        ("tanh", candidate_tanh(p, activation, state_fraction)),
    ):
        acts = np.array([clamped(ramp(cell, name), p[i : i + 1]) for i in (0, len(p) - 1)])
        assert acts.all()
        function = ramp(cell, name)
        value = (p >> function.shift) + function.offset
        acting = (value < function.low) | (value > function.high)
        assert clamped(function, p) == acting.sum()
        assert np.isin(values[acting], (values.min(), values.max())).all()
        if not cell.functions.table:
            assert np.array_equal(values, np.clip(value, function.low, function.high))
            assert np.array_equal(acting, value != values)
        else:
            assert p[acting].max(initial=0) >= 8 << state_fraction
            assert not acting[(p >= -8 << state_fraction) & (p < 8 << state_fraction)].any()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_value_outside_the_word_is_named(engine: str) -> None:
    program = random_program(1, hidden=(4, 3))
    layer = program.layers[1]
    bias = layer.gate.bias.copy()
    bias[2, 1] = 2**24
    broken = replace(
        program, layers=(program.layers[0], replace(layer, gate=replace(layer.gate, bias=bias)))
    )
    sequences = random_sequences(1, 3, [3, 2])
    with pytest.raises(
        RangeError,
        match=r"layer 1, candidate, neuron 1, sequence 0, step 0: the pre-activation is 16\d+, "
        r"over 8388607, the limit of 24 bits, the first of 5 such values",
    ):
        run(broken, sequences, engine=engine)
    counts = run(broken, sequences, engine=engine, strict=False).saturations
    assert counts is not None
    assert counts[:, 2].tolist() == [0, 5, 0]


@pytest.mark.parametrize("engine", ENGINES)
def test_of_several_values_in_a_step_the_one_nearest_the_input_is_named(engine: str) -> None:
    made = with_bias(random_program(1, channels=4, hidden=(2,)), 0)
    layer = made.layers[0]
    layer.gate.bias[0] = 2**24
    layer.input_weights[2:4] = 127
    loud = replace(made.encoder, limit=INPUT_LIMIT, gain=np.full(4, 1e9), offset=np.zeros(4))
    with pytest.raises(
        RangeError,
        match="layer 0, update, neuron 0, sequence 0, step 0: the input accumulator is 16645636",
    ):
        run(replace(made, encoder=loud), [np.ones((1, 4))], engine=engine)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_score_outside_the_word_is_named(engine: str) -> None:
    program = random_program(1, readout="mean")
    bias = np.array([0, WORD_LIMIT // 2])
    broken = with_readout(program, replace(program.readout, shift=0, bias=bias))
    with pytest.raises(RangeError, match="readout, neuron 1, sequence 1, step 2: the score is"):
        run(broken, random_sequences(1, 3, [2, 4, 9]), engine=engine)


def test_a_stream_is_as_strict_as_a_run() -> None:
    program = with_bias(random_program(1), 2**24)
    frames = np.zeros((2, 3))
    with pytest.raises(RangeError, match="layer 0, reset, neuron 0, sequence 0, step 0"):
        list(stream(program, [frames]))
    assert len(list(stream(program, [frames], strict=False))) == 1


@settings(max_examples=80, deadline=None)
@given(
    program=every_program,
    cell=every_cell,
    lengths=st.lists(st.integers(1, 6), min_size=1, max_size=3),
    heavy=st.integers(2**18, 2**26),
)
def test_both_engines_name_the_same_value_first(
    program: dict, cell: dict, lengths: list[int], heavy: int
) -> None:
    made = random_program(**program, **cell)
    rng = np.random.default_rng(program["seed"])
    layers = tuple(
        replace(
            layer,
            gate=replace(layer.gate, bias=rng.integers(-heavy, heavy, layer.gate.bias.shape)),
        )
        for layer in made.layers
    )
    made = replace(
        made,
        layers=layers,
        readouts=(
            replace(made.readout, bias=rng.integers(-heavy, heavy, made.readout.bias.shape)),
        ),
    )
    sequences = random_sequences(program["seed"], program["channels"], lengths)
    found = []
    for engine in ENGINES:
        try:
            run(made, sequences, engine=engine)
            found.append("")
        except RangeError as error:
            found.append(str(error))
    assert found[0] == found[1]
