"""Torch's quantised functions against the integers of hardware.definition.arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hardware.definition import arithmetic
from hardware.definition.cell import Cell
from spiking_gru import quantise

S, G = 12, 8
EDGES = np.concatenate(
    [
        np.arange(-(10 << S), 10 << S, 37),
        *(np.array([-1, 0, 1]) + (v << S) for v in (-8, -2, -1, 0, 1, 2, 8)),
    ]
)


def floats(integers: np.ndarray, fraction: int) -> torch.Tensor:
    return torch.from_numpy(integers * 2.0**-fraction).float()


def integers(values: torch.Tensor, fraction: int) -> list[int]:
    scaled = values.detach().double().numpy() * 2.0**fraction
    assert np.array_equal(scaled, np.rint(scaled))
    return scaled.astype(np.int64).tolist()


@pytest.mark.parametrize("activation", ["hard", "table"])
def test_both_activations_equal_the_integers_everywhere(activation: str) -> None:
    torch_form = quantise.IntegerArithmetic(Cell(activation=activation))
    p = floats(EDGES, S)
    sigmoids = arithmetic.sigmoid(EDGES, activation, S, G).tolist()
    tanhs = arithmetic.candidate_tanh(EDGES, activation, S).tolist()
    assert integers(torch_form.sigmoid(p), G) == sigmoids
    assert integers(torch_form.tanh(p), S) == tanhs


@given(st.lists(st.integers(-(2**23), 2**23), min_size=1, max_size=20), st.integers(0, 12))
def test_the_floor_equals_the_arithmetic_right_shift(values: list, dropped: int) -> None:
    x = np.array(values, dtype=np.int64)
    expected = arithmetic.shift(x, -dropped).tolist()
    assert integers(quantise.floor_to(floats(x, S), S - dropped), S - dropped) == expected


@given(
    st.lists(st.floats(-50, 50, width=32), min_size=1, max_size=20),
    st.integers(2, 8),
)
def test_weights_equal_the_integers_that_conversion_writes(values: list, bits: int) -> None:
    weights = torch.tensor(values)
    exponent = quantise.exponent_of(weights, bits)
    on_grid = quantise.IntegerArithmetic(Cell(weight_bits=bits)).weights(weights)
    expected = arithmetic.quantise(weights.numpy(), exponent).tolist()
    assert integers(on_grid, -exponent) == expected
    assert max(map(abs, expected)) <= 2 ** (bits - 1) - 1


def test_gradients_pass_a_rounding_and_stop_where_a_clamp_holds() -> None:
    arithmetic_ = quantise.IntegerArithmetic(Cell())
    p = torch.tensor([-3.0, -1.01, 0.3, 1.7, 2.0], requires_grad=True)
    arithmetic_.sigmoid(p).sum().backward()
    assert p.grad is not None
    assert p.grad.tolist() == [0.0, 0.25, 0.25, 0.25, 0.0]
    p = torch.tensor([-1.5, 0.3, 1.5], requires_grad=True)
    arithmetic_.tanh(arithmetic_.state(p)).sum().backward()
    assert p.grad is not None
    assert p.grad.tolist() == [0.0, 1.0, 0.0]


def test_gradients_of_a_table_are_nearly_those_of_the_smooth_function() -> None:
    table = quantise.IntegerArithmetic(Cell(activation="table"))
    smooth = quantise.FloatArithmetic(Cell(activation="table"))
    for name in ("sigmoid", "tanh"):
        of_table = torch.linspace(-4, 4, 30, requires_grad=True)
        of_smooth = of_table.detach().clone().requires_grad_()
        getattr(table, name)(of_table).sum().backward()
        getattr(smooth, name)(of_smooth).sum().backward()
        assert of_table.grad is not None
        assert of_table.grad.numpy() == pytest.approx(
            of_smooth.grad.numpy(), abs=0.025
        )  # half an interval
