from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from programs import every_cell, random_program

from hardware.definition.cell import GATES, Cell, step
from hardware.lava.clock import FIRST, LAST, STEP, Pace, recurrent_matrix, turns
from hardware.lava.synapses import RecurrentSynapses, Synapses


def heard(pace: Pace, clock: list[list[int]]) -> tuple[list[list[int]], list[list[bool]]]:
    """What is done in each tick, and which lanes are fresh after it."""
    beats = [(pace.beat().done.tolist(), pace.hear(np.array(c)).tolist()) for c in clock]
    return [done for done, _ in beats], [fresh for _, fresh in beats]


def test_a_step_ends_as_many_ticks_after_its_clock_message_as_it_takes() -> None:
    clock = [[3, 0], [0, 1], [0, 0], [5, 0], [0, 3], [0, 0], [0, 0]]
    done, fresh = heard(Pace(2, 2, clocked=True), clock)
    assert done == [[0, 0], [0, 0], [3, 0], [0, 1], [0, 0], [5, 0], [0, 3]]
    assert np.argwhere(fresh).tolist() == [[0, 0], [4, 1]]


@given(st.integers(1, 4))
def test_steps_may_follow_one_another_without_a_gap(length: int) -> None:
    clock = [[STEP if t % length == 0 else 0] for t in range(4 * length + 1)]
    done, _ = heard(Pace(1, length, clocked=True), clock)
    assert [t for t, (d,) in enumerate(done) if d] == [length, 2 * length, 3 * length, 4 * length]


@given(st.integers(2, 4))
def test_a_clock_message_in_the_middle_of_a_step_is_an_error(length: int) -> None:
    pace = Pace(1, length, clocked=True)
    with pytest.raises(ValueError, match=f"a step takes {length}"):
        heard(pace, [[STEP], [LAST | STEP]])


def test_without_a_clock_the_first_step_is_marked_and_others_follow() -> None:
    done, fresh = heard(Pace(1, 2, clocked=False), [[0]] * 6)
    assert [d for (d,) in done] == [0, 0, STEP | FIRST, 0, STEP, 0]
    assert fresh[0] == [True]
    assert not np.any(fresh[1:])


@pytest.mark.parametrize("formulation", GATES)
def test_the_turns_of_gates_are_those_in_which_the_step_asks_for_them(formulation: str) -> None:
    layer = random_program(0, hidden=(4,), formulation=formulation).layers[0]
    asked: list[str] = []
    messages: list[bytes] = []

    def U(gate: str, message: np.ndarray) -> np.ndarray:
        if message.tobytes() not in messages:
            messages.append(message.tobytes())
        asked.append(gate)
        assert turns(layer.cell)[gate] == messages.index(message.tobytes()) + 1
        return np.full(4, -(10**6) if gate == "candidate" else 10**6)

    ones = np.ones(4, dtype=np.int64)
    step(layer.cell, layer.gate, np.zeros(len(layer.cell.gates) * 4, dtype=np.int64), U, ones, ones)
    assert sorted(asked) == sorted(layer.cell.gates)
    assert len(messages) == layer.cell.products_in_turn


@given(every_cell, st.integers(0, 99))
def test_the_matrix_of_all_products_gives_each_gate_its_own(
    cell: dict[str, Any], seed: int
) -> None:
    layer = random_program(seed, hidden=(3,), **cell).layers[0]
    kind: Cell = layer.cell
    matrix = recurrent_matrix(layer)
    assert np.count_nonzero(matrix) == np.count_nonzero(layer.recurrent_weights)
    rng = np.random.default_rng(seed)
    messages = rng.integers(-256, 257, (kind.products_in_turn, 3))
    whole = np.split(matrix @ messages.ravel(), len(kind.gates))
    rows = np.split(layer.recurrent_weights.astype(np.int64), len(kind.gates))
    product = RecurrentSynapses(matrix, kind).product()
    for gate, weights, found in zip(kind.gates, rows, whole, strict=True):
        message = messages[turns(kind)[gate] - 1]
        np.testing.assert_array_equal(found, weights @ message)
        np.testing.assert_array_equal(product(gate, message), weights @ message)


@pytest.mark.parametrize("largest", [1, 2**10, 2**15, 2**17, 2**30])
def test_products_in_floating_point_are_exact(largest: int) -> None:
    rng = np.random.default_rng(largest)
    weights = rng.integers(-127, 128, (9, 50))
    messages = rng.integers(-largest, largest + 1, (20, 50))
    messages[0], weights[0] = largest, 127
    exact = messages.astype(object) @ weights.T.astype(object)
    np.testing.assert_array_equal(Synapses(weights)(messages), exact.astype(np.int64))
    np.testing.assert_array_equal(Synapses(weights, largest)(messages), exact.astype(np.int64))
