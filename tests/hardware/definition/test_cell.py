"""The integer step against a transcription of its equation in exact rational numbers."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import floor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import random_layer

from hardware.definition.cell import EMISSIONS, GATES, RESET_MECHANISMS, Cell, step
from hardware.engines.reference import product_of
from hardware.errors import SettingError
from hardware.program.model import Layer


def floored(value: Fraction, fraction: int) -> Fraction:
    return Fraction(floor(value * 2**fraction), 2**fraction)


def clamp(value: Fraction, low: int, high: int) -> Fraction:
    return max(Fraction(low), min(Fraction(high), value))


def exact_step(
    layer: Layer, x: np.ndarray, e: np.ndarray, h: np.ndarray
) -> tuple[list[Fraction], list[Fraction]]:
    """The equations of every formulation with `hard` activations, one neuron at a time."""
    cell, gate, n = layer.cell, layer.gate, layer.neurons
    S, G = cell.state_fraction, cell.gate_fraction
    E = 0 if cell.emit in ("binary", "signed") else G
    index = {name: i for i, name in enumerate(cell.gates)}
    events = [Fraction(int(v), 2**E) for v in e]

    def Wx(name: str, i: int) -> Fraction:
        weights = layer.input_weights[index[name] * n + i]
        total = sum(int(w) * int(v) for w, v in zip(weights, x, strict=True))
        return floored(total * Fraction(2) ** (int(gate.input_shift[index[name]]) - S), S)

    def U(name: str, i: int, message: list[Fraction]) -> Fraction:
        weights = layer.recurrent_weights[index[name] * n + i]
        unit = Fraction(2) ** (int(gate.recurrent_shift[index[name]]) - S + E)
        return sum((int(w) * v for w, v in zip(weights, message, strict=True)), Fraction()) * unit

    def b(name: str, i: int) -> Fraction:
        return Fraction(int(gate.bias[index[name], i]), 2**S)

    def sigma(name: str, i: int, message: list[Fraction]) -> Fraction:
        p = Wx(name, i) + floored(U(name, i, message), S) + b(name, i)
        return clamp(floored(p / 4, G) + Fraction(1, 2), 0, 1)

    def emitted(i: int, value: Fraction) -> Fraction:
        threshold = Fraction(int(gate.threshold[i]), 2**S)
        if cell.emit == "state":
            return floored(value, G)
        if cell.emit == "graded":
            return floored(value, G) if abs(value - events[i]) > threshold else events[i]
        if value < -threshold and cell.emit == "signed":
            return Fraction(-1)
        return Fraction(int(value > threshold))

    states = [Fraction(int(v), 2**S) for v in h]
    new = []
    if cell.formulation == "forget":
        for i in range(n):
            f = sigma("forget", i, events)
            p = Wx("candidate", i) + floored(U("candidate", i, events), S) + b("candidate", i)
            new.append(floored(f * states[i] + (1 - f) * clamp(p, -1, 1), S))
    else:
        r = [sigma("reset", i, events) for i in range(n)]
        z = [sigma("update", i, events) for i in range(n)]
        gated = [floored(r[i] * events[i], G) for i in range(n)]
        for i in range(n):
            if cell.formulation == "torch":
                weight_grid = Fraction(2) ** (int(gate.recurrent_shift[2]) - S)
                current = U("candidate", i, events) + int(gate.recurrent_bias[i]) * weight_grid
                inside = floored(r[i] * (floored(current, G) if E else current), S)
            else:
                inside = floored(U("candidate", i, gated), S)
            seen = Fraction(0) if cell.formulation == "output-gated" else Wx("candidate", i)
            c = clamp(seen + inside + b("candidate", i), -1, 1)
            share = z[i] if cell.formulation in ("torch", "keep") else 1 - z[i]
            new.append(floored(share * states[i] + (1 - share) * c, S))
        if cell.formulation == "output-gated":
            would = [emitted(i, new[i]) for i in range(n)]
            new = [floored(sigma("output", i, would) * new[i], S) for i in range(n)]
    out = [emitted(i, new[i]) for i in range(n)]
    if cell.emit in ("binary", "signed"):
        for i in range(n):
            if cell.reset_mechanism == "subtract":
                new[i] -= Fraction(int(gate.threshold[i]), 2**S) * out[i]
            elif cell.reset_mechanism == "zero" and out[i] != 0:
                new[i] = Fraction(0)
    return out, new


cells = st.builds(
    Cell,
    formulation=st.sampled_from(list(GATES)),
    emit=st.sampled_from(EMISSIONS),
    reset_mechanism=st.sampled_from(RESET_MECHANISMS),
    gate_fraction=st.integers(6, 9),
    state_fraction=st.integers(10, 13),
)


@settings(max_examples=300, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    inputs=st.integers(1, 4),
    neurons=st.integers(1, 4),
    cell=cells,
)
def test_step_equals_the_equations_in_exact_arithmetic(
    seed: int, inputs: int, neurons: int, cell: Cell
) -> None:
    rng = np.random.default_rng(seed)
    layer = random_layer(rng, "layer", inputs, neurons, cell)
    one = 1 << cell.state_fraction
    h = rng.integers(-one, one + 1, neurons)
    e = random_events(rng, cell, neurons)
    x = rng.integers(-127, 128, inputs)
    currents = layer.input_weights.astype(np.int64) @ x
    emitted, membrane = step(cell, layer.gate, currents, product_of(layer), e, h)
    expected_emitted, expected_membrane = exact_step(layer, x, e, h)
    unit = 2**cell.event_fraction
    assert [Fraction(int(v), unit) for v in emitted] == expected_emitted
    assert [Fraction(int(v), one) for v in membrane] == expected_membrane


def random_events(rng: np.random.Generator, cell: Cell, neurons: int) -> np.ndarray:
    low, high = (-1, 1) if cell.spiking else (-(1 << cell.gate_fraction), 1 << cell.gate_fraction)
    return rng.integers(0 if cell.emit == "binary" else low, high + 1, neurons)


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), cell=cells, activation=st.sampled_from(["hard", "table"]))
def test_the_membrane_stays_within_one(seed: int, cell: Cell, activation: str) -> None:
    rng = np.random.default_rng(seed)
    cell = replace(cell, activation=activation)
    layer = random_layer(rng, "layer", 3, 5, cell)
    h, e = np.zeros(5, dtype=np.int64), np.zeros(5, dtype=np.int64)
    for _ in range(20):
        current = rng.integers(-(2**16), 2**16, 5 * len(cell.gates))
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
    current = rng.integers(-5000, 5000, (7, 5 * len(cell.gates)))
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
