"""The range proof is a bound, and where it can be searched exhaustively, it is reached."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import product
from math import floor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import random_layer

from conversion.ranges import (
    layer_bounds,
    product_bounds,
    prove,
    prove_layer,
)
from hardware.definition import cell as definition
from hardware.definition.arithmetic import Integers
from hardware.definition.cell import Cell, GateParameters
from hardware.definition.emission import EMISSIONS
from hardware.definition.encoder import Encoder
from hardware.definition.formulation import FORMULATIONS
from hardware.definition.readout import Readout
from hardware.engines.reference import product_of
from hardware.errors import RangeError
from hardware.program import Layer, Program

LIMIT = 2**23 - 1
GATES = ("reset", "update", "candidate")
RESET, UPDATE, CANDIDATE = range(3)
FRAMES, SPIKES = (-127, 127), (0, 1)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 5))
def test_product_bounds_are_reached_by_some_input_and_passed_by_none(seed: int, width: int) -> None:
    weights = np.random.default_rng(seed).integers(-127, 128, (3, width)).astype(np.int8)
    low, high = product_bounds(weights, -2, 2)
    sums = [weights.astype(int) @ np.array(x) for x in product((-2, -1, 0, 1, 2), repeat=width)]
    assert np.array_equal(np.min(sums, axis=0), low)
    assert np.array_equal(np.max(sums, axis=0), high)


def scaled(n: int, k: int) -> int:
    return floor(n * Fraction(2) ** int(k))


def numbers(layer: Layer, x: tuple, s: tuple, r: int) -> dict[str, list[list[int]]]:
    """Every number of one step of both neurons, by the equations, rounding nowhere by itself."""
    G, S, gate = layer.cell.gate_fraction, layer.cell.state_fraction, layer.gate
    names = ("input accumulator", "recurrent accumulator", "reset product", "shifted input")
    names += ("shifted recurrence", "pre-activation", "unbiased pre-activation", "gate sum")
    found: dict[str, list[list[int]]] = {name: np.zeros((3, 2), int).tolist() for name in names}
    for i, n in product(range(3), range(2)):
        row = 2 * i + n
        W = sum(int(w) * v for w, v in zip(layer.input_weights[row], x, strict=True))
        U = sum(int(w) * v for w, v in zip(layer.recurrent_weights[row], s, strict=True))
        k = int(gate.recurrent_shift[i])
        recurrence = scaled(U, k)
        if i == CANDIDATE:
            found["reset product"][i][n] = r * (U + int(gate.recurrent_bias[n]))
            recurrence = scaled(found["reset product"][i][n], k - G)
        arriving = scaled(W, gate.input_shift[i])
        p = arriving + recurrence + int(gate.bias[i, n])
        found["input accumulator"][i][n], found["recurrent accumulator"][i][n] = W, U
        found["shifted input"][i][n], found["shifted recurrence"][i][n] = arriving, recurrence
        found["pre-activation"][i][n] = p
        found["unbiased pre-activation"][i][n] = arriving + recurrence
        if i != CANDIDATE and layer.cell.activation == "hard":
            found["gate sum"][i][n] = scaled(p, G - S - 2) + (1 << G) // 2
    return found


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    events=st.sampled_from([(-2, 2), (0, 1)]),
    activation=st.sampled_from(["hard", "table"]),
    far=st.booleans(),
)
def test_every_bound_of_a_small_layer_is_reached_by_some_input_and_passed_by_none(
    seed: int, events: tuple[int, int], activation: str, far: bool
) -> None:
    rng = np.random.default_rng(seed)
    layer = random_layer(rng, "layer 0", 2, 2, Cell(activation=activation, gate_fraction=4))
    if far:
        shifts = {"input_shift": np.array([24, -30, 9]), "recurrent_shift": np.array([-9, 24, 13])}
        layer = replace(layer, gate=replace(layer.gate, **shifts))
    values = range(events[0], events[1] + 1)
    seen = [
        numbers(layer, x, s, r)
        for x, s, r in product(
            product(values, repeat=2), product((0, 1), repeat=2), range(0, 17, 4)
        )
    ]
    bounds = layer_bounds(layer, events)
    for quantity in set(seen[0]) - {"unbiased pre-activation", "pre-activation"}:
        all_seen = np.array([found[quantity] for found in seen], dtype=object)
        assert np.array_equal(all_seen.min(0), bounds[quantity][0]), quantity
        assert np.array_equal(all_seen.max(0), bounds[quantity][1]), quantity
    sums = [found[name] for found in seen for name in ("pre-activation", "unbiased pre-activation")]
    assert np.array_equal(np.min(sums, axis=0), bounds["pre-activation"][0])
    assert np.array_equal(np.max(sums, axis=0), bounds["pre-activation"][1])


def largest_seen(
    layer: Layer, events: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> dict[str, Integers]:
    """The largest magnitude of what the definition computes, over the corners of all it can see."""
    cell, names = layer.cell, layer.cell.gates
    low, high = cell.emission_range
    emissions = sorted({low, 0, high})
    one = 1 << cell.state_fraction
    corners = [(events[0], 0, events[1])] * layer.inputs
    corners += [emissions] * layer.neurons + [(-one, 0, one)] * layer.neurons
    x, e, h = np.split(np.array(list(product(*corners))), [2, 4], axis=1)
    shape = (len(names), layer.neurons)
    seen = {
        name: np.zeros(shape, dtype=np.int64)
        for name in ("recurrent accumulator", "pre-activation", "reset product")
    }

    def see(name: str, gate: str, values: Integers) -> None:
        seen[name][names.index(gate)] = np.abs(values).max(0)

    product_with = product_of(layer)

    def recurrent(gate: str, message: Integers) -> Integers:
        values = product_with(gate, message)
        see("recurrent accumulator", gate, values)
        return values

    sigmoid, tanh, reset = definition.sigmoid, definition.candidate_tanh, definition.reset_product
    sigmas = iter(name for name in names if name != "candidate")

    def seen_reset(cell: Cell, r: Integers, current: Integers, k: int, *watch: object) -> Integers:
        coarse = k - cell.state_fraction + cell.gate_fraction
        multiplied = current if cell.spiking else definition.shift(current, coarse)
        see("reset product", "candidate", r * multiplied)
        return reset(cell, r, current, k, *watch)

    def seen_sigmoid(p: Integers, *settings: object) -> Integers:
        see("pre-activation", next(sigmas), p)
        return sigmoid(p, *settings)  # type: ignore[arg-type]

    def seen_tanh(p: Integers, *settings: object) -> Integers:
        see("pre-activation", "candidate", p)
        return tanh(p, *settings)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(definition, "sigmoid", seen_sigmoid)
        patch.setattr(definition, "candidate_tanh", seen_tanh)
        patch.setattr(definition, "reset_product", seen_reset)
        current = x @ layer.input_weights.T.astype(np.int64)
        definition.step(cell, layer.gate, current, recurrent, e, h)
    return seen


@pytest.mark.parametrize("formulation", FORMULATIONS)
@pytest.mark.parametrize("emit", EMISSIONS)
def test_a_search_for_the_worst_input_never_passes_a_bound_and_comes_within_two_bits_of_it(
    formulation: str, emit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in range(8):
        cell = Cell(formulation=formulation, emit=emit)
        layer = random_layer(np.random.default_rng(seed), "layer 0", 2, 2, cell)
        bounds = layer_bounds(layer, FRAMES)
        for quantity, seen in largest_seen(layer, FRAMES, monkeypatch).items():
            bound = np.abs(bounds.get(quantity, np.zeros((2, *seen.shape), int))).max(0)
            assert (seen <= bound).all(), quantity
            assert (4 * seen >= bound).all(), quantity


@pytest.mark.parametrize("start", [4097, -4097, 2**40])
def test_an_initial_membrane_beyond_one_is_refused(start: int) -> None:
    prove_layer(replace(made(UPDATE), initial_membrane=np.array([4096, -4096])), FRAMES)
    wrong = replace(made(UPDATE), initial_membrane=np.array([0, start]))
    with pytest.raises(RangeError, match=f"initial membrane, neuron 1: it is {start}, allowed"):
        prove_layer(wrong, FRAMES)


def test_the_mix_of_two_states_reaches_its_bound() -> None:
    layer = made(UPDATE, cell=Cell(gate_fraction=4, state_fraction=8))
    mixed = [
        z * kept + (16 - z) * written
        for z, kept, written in product(range(17), (-256, 0, 256), (-256, 0, 256))
    ]
    least, greatest = layer_bounds(layer, SPIKES)["convex mix"][:, UPDATE]
    assert set(least) == {min(mixed)}
    assert set(greatest) == {max(mixed)}


def made(
    gate: int,
    cell: Cell | None = None,
    W: tuple[int, int] = (0, 0),
    U: tuple[int, int] = (0, 0),
    k: int = 0,
    m: int = 0,
    b: int = 0,
    d: int = 0,
) -> Layer:
    """Two inputs, two neurons, all 0 but for one gate of neuron 1: its weights W and U, their
    shifts k and m, and the biases b and d. Weights may pass int8, so that two are enough."""
    cell = cell or Cell()
    weights, shifts = np.zeros((2, 6, 2), dtype=np.int64), np.zeros((2, 3), dtype=np.int64)
    bias = np.zeros((3, 2), dtype=np.int64)
    weights[:, 2 * gate + 1], shifts[:, gate], bias[gate, 1] = (W, U), (k, m), b
    threshold = np.full(2, 1 << (cell.state_fraction - 1))
    parameters = GateParameters(*shifts, bias, np.array([0, d]), threshold)
    return Layer("layer 0", cell, *weights, parameters, np.zeros(2, dtype=np.int64))


ALL, SIGMAS, TANH = (RESET, UPDATE, CANDIDATE), (RESET, UPDATE), (CANDIDATE,)
FINE, COARSE = Cell(gate_fraction=10, state_fraction=8), Cell(gate_fraction=9, state_fraction=14)
EDGES = [
    # What is refused, in which gates, the last that is proven, the first that is not, its bound.
    ("bias", ALL, {"b": LIMIT}, {"b": LIMIT + 1}, LIMIT + 1),
    ("bias", ALL, {"b": -LIMIT}, {"b": -LIMIT - 1}, LIMIT + 1),
    ("bias", ALL, {}, {"b": -(2**63)}, 2**63),
    ("recurrent bias", TANH, {"d": 32767}, {"d": LIMIT + 1}, LIMIT + 1),
    ("recurrent bias", TANH, {"d": -32767}, {"d": -(2**63)}, 2**63),
    ("input accumulator", ALL, {"W": (66052, 0), "k": -24}, {"W": (66052, 1), "k": -24}, 8388731),
    ("input accumulator", ALL, {"W": (66052, 0), "k": -24}, {"W": (66052, -1), "k": -24}, 8388731),
    (
        "recurrent accumulator",
        SIGMAS,
        {"U": (LIMIT, -9), "m": -24},
        {"U": (LIMIT, 1), "m": -24},
        LIMIT + 1,
    ),
    (
        "recurrent accumulator",
        SIGMAS,
        {"U": (9, -LIMIT), "m": -24},
        {"U": (-1, -LIMIT), "m": -24},
        LIMIT + 1,
    ),
    (
        "recurrent accumulator",
        TANH,
        {"U": (32767, 0), "m": -24},
        {"U": (LIMIT, 1), "m": -24},
        LIMIT + 1,
    ),
    ("reset product", TANH, {"U": (32767, 0), "m": -24}, {"U": (32767, 1), "m": -24}, LIMIT + 1),
    ("reset product", TANH, {"U": (-32767, 0), "m": -24}, {"U": (-32767, -1), "m": -24}, LIMIT + 1),
    ("reset product", TANH, {"d": 32767, "m": -24}, {"d": 32768, "m": -24}, LIMIT + 1),
    ("reset product", TANH, {"d": -32767, "m": -24}, {"d": -32768, "m": -24}, LIMIT + 1),
    ("shifted input", ALL, {"W": (64, -64), "k": 9}, {"W": (64, -64), "k": 10}, 16646144),
    ("shifted recurrence", ALL, {"U": (127, 0), "m": 16}, {"U": (127, 0), "m": 17}, 16646144),
    ("shifted recurrence", ALL, {"U": (-127, 0), "m": 16}, {"U": (-127, 0), "m": 17}, 16646144),
    ("shifted recurrence", TANH, {"d": 127, "m": 16}, {"d": 127, "m": 17}, 16646144),
    ("shifted recurrence", TANH, {"d": -127, "m": 16}, {"d": -127, "m": 17}, 16646144),
    (
        "pre-activation",
        ALL,
        {"W": (1, 0), "b": LIMIT - 127},
        {"W": (1, 0), "b": LIMIT - 126},
        LIMIT + 1,
    ),
    (
        "pre-activation",
        ALL,
        {"U": (-9, 0), "b": 9 - LIMIT},
        {"U": (-9, 0), "b": 8 - LIMIT},
        LIMIT + 1,
    ),
    # Without its bias of −200,000 the sum is over the word, with it it is not.
    (
        "pre-activation",
        ALL,
        {"W": (1, 0), "k": 9, "U": (127, 0), "m": 16, "b": -200_000},
        {"W": (1, 0), "k": 10, "U": (127, 0), "m": 16, "b": -200_000},
        8453120,
    ),
    (
        "gate sum",
        SIGMAS,
        {"cell": FINE, "b": LIMIT - 512},
        {"cell": FINE, "b": LIMIT - 511},
        LIMIT + 1,
    ),
]


@pytest.mark.parametrize(
    ("quantity", "gate", "fits", "over", "bound"),
    [
        pytest.param(quantity, gate, fits, over, bound, id=f"{quantity} {i} {GATES[gate]}")
        for i, (quantity, gates, fits, over, bound) in enumerate(EDGES)
        for gate in gates
    ],
)
def test_the_last_number_that_fits_is_proven_and_the_next_is_refused(
    quantity: str, gate: int, fits: dict, over: dict, bound: int
) -> None:
    prove_layer(made(gate, **fits), FRAMES)
    message = f"^layer 0, {GATES[gate]}, neuron 1: the {quantity} can reach {bound}, over {LIMIT}, "
    with pytest.raises(RangeError, match=message + "the limit of 24 bits: .* would help$"):
        prove_layer(made(gate, **over), FRAMES)


@pytest.mark.parametrize("k", [24, 40, 57, 64, 2**31 - 1])
@pytest.mark.parametrize("gate", ALL)
def test_no_shift_is_so_long_that_the_number_is_lost(k: int, gate: int) -> None:
    for layer in (made(gate, W=(64, 64), k=k), made(gate, U=(64, 64), m=k)):
        with pytest.raises(RangeError, match=f"{GATES[gate]}, neuron 1: the shifted"):
            prove_layer(layer, SPIKES)
    prove_layer(made(gate, W=(64, 64), U=(-64, 64), k=-k, m=-k), SPIKES)


def test_a_table_has_no_gate_sum() -> None:
    prove_layer(made(UPDATE, cell=replace(FINE, activation="table"), b=LIMIT), FRAMES)


def test_a_mix_on_grids_too_fine_for_the_word_is_refused() -> None:
    prove_layer(made(UPDATE, cell=replace(COARSE, gate_fraction=8)), FRAMES)
    message = "layer 0, update, neuron 0: the convex mix can reach 8388608, .*fewer fraction bits"
    with pytest.raises(RangeError, match=message):
        prove_layer(made(UPDATE, cell=COARSE), FRAMES)


@pytest.mark.parametrize("value", [-(2**63), -1, 0, 4096, 2**40])
def test_a_threshold_that_would_let_the_membrane_pass_one_is_refused(value: int) -> None:
    layer = made(UPDATE)
    for threshold in ([1, 4095], [4095, 1]):
        prove_layer(replace(layer, gate=replace(layer.gate, threshold=np.array(threshold))), FRAMES)
    wrong = replace(layer, gate=replace(layer.gate, threshold=np.array([2048, value])))
    message = f"layer 0, threshold, neuron 1: the threshold is {value}, allowed are 1 to 4095 in"
    with pytest.raises(RangeError, match=message):
        prove(program_of(wrong))


def program_of(*layers: Layer, limit: int = 127) -> Program:
    encoder = Encoder(np.zeros(2), np.ones(2), -5, limit)
    silent = Readout(np.zeros((2, 2), np.int64), np.zeros(2, np.int64), exponent=-6, gain=5.0)
    named = tuple(replace(layer, name=f"layer {i}") for i, layer in enumerate(layers))
    return Program(encoder, named, (silent,), max_steps=1000)


def test_events_of_the_first_layer_are_signed() -> None:
    prove(program_of(made(RESET, W=(64, -64), k=9)))
    # Were events never negative, 64 · 127 · 2^10 = 8,323,072 would be the most.
    with pytest.raises(RangeError, match="the shifted input can reach 16646144"):
        prove(program_of(made(RESET, W=(64, -64), k=10)))


def test_events_of_the_first_layer_reach_the_limit_of_the_encoder() -> None:
    layer = made(RESET, W=(1, 0), k=10)
    prove(program_of(layer, limit=8191))
    with pytest.raises(RangeError, match="the shifted input can reach 8388608"):
        prove(program_of(layer, limit=8192))


@pytest.mark.parametrize("above", [1, 2])
def test_events_of_the_layers_above_are_spikes(above: int) -> None:
    below = [made(RESET)] * above
    prove(program_of(*below, made(UPDATE, W=(127, -127), k=16)))
    for weights in ((127, -127), (-127, 0)):
        heavy = replace(made(UPDATE, W=weights, k=17), name=f"layer {above}")
        message = f"layer {above}, update, neuron 1: the shifted input can reach 16646144"
        with pytest.raises(RangeError, match=message):
            prove(program_of(*below, heavy))
