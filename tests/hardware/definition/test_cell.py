"""The integer step against a transcription of its equation in exact rational numbers."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from exact_cell import EQUATIONS, Equation, equation_of, exact_step
from formulations import ROWS, with_row
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import random_layer

from hardware.definition.cell import Cell, step
from hardware.definition.emission import EMISSIONS, RESET_MECHANISMS
from hardware.definition.formulation import FORMULATIONS, Formulation
from hardware.engines.reference import product_of
from hardware.errors import SettingError

cells = st.builds(
    Cell,
    formulation=st.sampled_from(list(FORMULATIONS)),
    emit=st.sampled_from(list(EMISSIONS)),
    reset_mechanism=st.sampled_from(list(RESET_MECHANISMS)),
    gate_fraction=st.integers(6, 9),
    state_fraction=st.integers(10, 13),
)


sizes = {
    "seed": st.integers(0, 2**32 - 1),
    "inputs": st.integers(1, 4),
    "neurons": st.integers(1, 4),
}


@settings(max_examples=300, deadline=None)
@given(**sizes, cell=cells)
def test_step_equals_the_equations_in_exact_arithmetic(
    seed: int, inputs: int, neurons: int, cell: Cell
) -> None:
    assert_step_is_exact(seed, inputs, neurons, cell, EQUATIONS[cell.formulation])


@settings(max_examples=600, deadline=None)
@given(**sizes, cell=cells, row=st.sampled_from(ROWS))
def test_step_equals_the_equation_of_any_row(
    seed: int, inputs: int, neurons: int, cell: Cell, row: Formulation
) -> None:
    with with_row(row) as name:
        cell = replace(cell, formulation=name)
        assert_step_is_exact(seed, inputs, neurons, cell, equation_of(row))


@pytest.mark.parametrize("name", FORMULATIONS)
@pytest.mark.parametrize("emit", EMISSIONS)
def test_the_equation_of_a_row_is_that_of_its_name(name: str, emit: str) -> None:
    cell = Cell(name, emit)
    for seed in range(20):
        assert_step_is_exact(seed, 3, 3, cell, equation_of(FORMULATIONS[name]))
        assert_step_is_exact(seed, 3, 3, cell, EQUATIONS[name])


def assert_step_is_exact(
    seed: int, inputs: int, neurons: int, cell: Cell, equation: Equation
) -> None:
    rng = np.random.default_rng(seed)
    layer = random_layer(rng, "layer", inputs, neurons, cell)
    one = 1 << cell.state_fraction
    h = rng.integers(-one, one + 1, neurons)
    e = random_events(rng, cell, neurons)
    x = rng.integers(-127, 128, inputs)
    currents = layer.input_weights.astype(np.int64) @ x
    emitted, membrane = step(cell, layer.gate, currents, product_of(layer), e, h)
    expected_emitted, expected_membrane = exact_step(layer, x, e, h, equation)
    unit = 2**cell.event_fraction
    assert [Fraction(int(v), unit) for v in emitted] == expected_emitted
    assert [Fraction(int(v), one) for v in membrane] == expected_membrane


def random_events(rng: np.random.Generator, cell: Cell, neurons: int) -> np.ndarray:
    low, high = (-1, 1) if cell.spiking else (-(1 << cell.gate_fraction), 1 << cell.gate_fraction)
    return rng.integers(low if cell.emission.signed else 0, high + 1, neurons)


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), cell=cells, activation=st.sampled_from(["hard", "table"]))
def test_the_membrane_stays_within_one(seed: int, cell: Cell, activation: str) -> None:
    rng = np.random.default_rng(seed)
    cell = replace(cell, activation=activation)
    layer = random_layer(rng, "layer", 3, 5, cell)
    h, e = np.zeros(5, dtype=np.int64), np.zeros(5, dtype=np.int64)
    for _ in range(20):
        current = rng.integers(-(2**16), 2**16, 5 * len(cell.row.input_gates))
        e, h = step(cell, layer.gate, current, product_of(layer), e, h)
        assert np.abs(h).max() <= 1 << cell.state_fraction


def test_graded_events_of_threshold_zero_are_the_state_itself() -> None:
    traces = []
    for emit_ in ("graded", "state"):
        layer = random_layer(np.random.default_rng(1), "layer", 3, 5, Cell(emit=emit_))
        gate = replace(layer.gate, threshold=np.zeros(5, dtype=np.int64))
        e, h = np.zeros(5, dtype=np.int64), np.zeros(5, dtype=np.int64)
        for t in range(30):
            current = np.random.default_rng(t).integers(-5000, 5000, 15)
            e, h = step(layer.cell, gate, current, product_of(layer), e, h)
            traces.append((emit_, e, h))
    for ours, theirs in zip(traces[:30], traces[30:], strict=True):
        assert np.array_equal(ours[1], theirs[1])
        assert np.array_equal(ours[2], theirs[2])


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), cell=cells)
def test_a_batch_equals_its_samples_one_by_one(seed: int, cell: Cell) -> None:
    rng = np.random.default_rng(seed)
    layer = random_layer(rng, "layer", 3, 5, cell)
    current = rng.integers(-5000, 5000, (7, 5 * len(cell.row.input_gates)))
    h = rng.integers(-1000, 1001, (7, 5))
    e = np.stack([random_events(rng, cell, 5) for _ in range(7)])
    U = product_of(layer)
    together = step(cell, layer.gate, current, U, e, h)
    for i in range(7):
        alone = step(cell, layer.gate, current[i], U, e[i], h[i])
        assert np.array_equal(alone[0], together[0][i])
        assert np.array_equal(alone[1], together[1][i])


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"formulation": "tortch"}, "unknown formulation 'tortch': did you mean 'torch'"),
        ({"emit": "gradd"}, "unknown emission 'gradd': did you mean 'graded'"),
        ({"reset_mechanism": "null"}, "unknown reset mechanism 'null'"),
        ({"activation": "soft"}, "unknown activation 'soft'"),
        ({"weight_bits": 9}, "weight_bits is 9: expected a whole number from 2 to 8"),
        ({"state_fraction": 2.5}, "state_fraction is 2.5"),
    ],
)
def test_a_setting_that_is_not_known_is_refused_by_name(setting: dict, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        Cell(**setting)
