"""The integer step against a transcription of its equation in exact rational numbers."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import random_layer

from hardware.cell import Cell, step
from hardware.errors import SettingError
from hardware.program import Layer


def floored(value: Fraction, fraction: int) -> Fraction:
    return Fraction(floor(value * 2**fraction), 2**fraction)


def clamp(value: Fraction, low: int, high: int) -> Fraction:
    return max(Fraction(low), min(Fraction(high), value))


def exact_step(
    layer: Layer, x: np.ndarray, s: np.ndarray, h: np.ndarray
) -> tuple[list[int], list[Fraction]]:
    """The design's equation with `hard` activations, one neuron at a time."""
    S, G, n = layer.cell.state_fraction, layer.cell.gate_fraction, layer.neurons
    gate = layer.gate

    def product(weights: np.ndarray, row: int, vector: np.ndarray, shift: int) -> Fraction:
        total = sum(int(w) * int(v) for w, v in zip(weights[row], vector, strict=True))
        return Fraction(total) * Fraction(2) ** (shift - S)

    spikes, membranes = [], []
    for i in range(n):
        rows = [i, n + i, 2 * n + i]
        Wx = [product(layer.input_weights, rows[g], x, int(gate.input_shift[g])) for g in range(3)]
        Us = [
            product(layer.recurrent_weights, rows[g], s, int(gate.recurrent_shift[g]))
            for g in range(3)
        ]
        b = [Fraction(int(gate.bias[g, i]), 2**S) for g in range(3)]
        d = Fraction(int(gate.recurrent_bias[i])) * Fraction(2) ** (
            int(gate.recurrent_shift[2]) - S
        )
        gates = []
        for g in (0, 1):
            p = floored(Wx[g], S) + floored(Us[g], S) + b[g]
            gates.append(clamp(floored(p / 4, G) + Fraction(1, 2), 0, 1))
        r, z = gates
        c = clamp(floored(Wx[2], S) + floored(r * (Us[2] + d), S) + b[2], -1, 1)
        new = floored(z * Fraction(int(h[i]), 2**S) + (1 - z) * c, S)
        threshold = Fraction(int(gate.threshold[i]), 2**S)
        spike = int(new > threshold)
        spikes.append(spike)
        membranes.append(new - threshold * spike)
    return spikes, membranes


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), inputs=st.integers(1, 4), neurons=st.integers(1, 4))
def test_step_equals_the_equation_in_exact_arithmetic(seed: int, inputs: int, neurons: int) -> None:
    rng = np.random.default_rng(seed)
    layer = random_layer(rng, "layer", inputs, neurons, Cell())
    h = rng.integers(-4096, 4097, neurons)
    s = rng.integers(0, 2, neurons)
    x = rng.integers(-127, 128, inputs)
    spikes, membrane = step(
        layer.cell,
        layer.gate,
        layer.input_weights.astype(np.int64) @ x,
        layer.recurrent_weights.astype(np.int64) @ s,
        h,
    )
    expected_spikes, expected_membrane = exact_step(layer, x, s, h)
    assert spikes.tolist() == expected_spikes
    assert [Fraction(int(v), 2**layer.cell.state_fraction) for v in membrane] == expected_membrane


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), activation=st.sampled_from(["hard", "table"]))
def test_the_membrane_stays_within_one(seed: int, activation: str) -> None:
    rng = np.random.default_rng(seed)
    layer = random_layer(rng, "layer", 3, 5, Cell(activation=activation))
    h = np.zeros(5, dtype=np.int64)
    for _ in range(20):
        currents = rng.integers(-(2**16), 2**16, (2, 15))
        _, h = step(layer.cell, layer.gate, currents[0], currents[1], h)
        assert np.abs(h).max() <= 1 << layer.cell.state_fraction


def test_a_batch_equals_its_samples_one_by_one() -> None:
    rng = np.random.default_rng(0)
    layer = random_layer(rng, "layer", 3, 5, Cell())
    currents = rng.integers(-5000, 5000, (2, 7, 15))
    h = rng.integers(-4096, 4097, (7, 5))
    together = step(layer.cell, layer.gate, currents[0], currents[1], h)
    for i in range(7):
        alone = step(layer.cell, layer.gate, currents[0, i], currents[1, i], h[i])
        assert np.array_equal(alone[0], together[0][i])
        assert np.array_equal(alone[1], together[1][i])


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"formulation": "tortch"}, "unknown formulation 'tortch': did you mean 'torch'"),
        ({"emit": "graded"}, "unknown emission 'graded'"),
        ({"activation": "soft"}, "unknown activation 'soft'"),
        ({"weight_bits": 9}, "weight_bits is 9: expected a whole number from 2 to 8"),
        ({"state_fraction": 2.5}, "state_fraction is 2.5"),
    ],
)
def test_a_setting_that_is_not_known_is_refused_by_name(setting: dict, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        Cell(**setting)
