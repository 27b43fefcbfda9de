from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from formulations import ROWS, with_row
from hypothesis import given
from hypothesis import strategies as st
from programs import every_cell, random_program

from hardware.definition.cell import Cell, step
from hardware.definition.formulation import FORMULATIONS, Formulation
from hardware.lava.clock import FIRST, LAST, STEP, StepClock, product_ticks, recurrent_matrix
from hardware.lava.synapses import RecurrentSynapses, Synapses, message_range, recurs_graded

rows = st.sampled_from([*FORMULATIONS.values(), *ROWS])


def ticks(clock: StepClock, messages: list[list[int]]) -> tuple[list[list[int]], list[list[bool]]]:
    """The clock messages of the steps that end in each tick, and the lanes that begin clean."""
    found = [(clock.advance().done.tolist(), clock.receive(np.array(m))) for m in messages]
    return [done for done, _ in found], [fresh.tolist() for _, fresh in found]


def test_a_step_ends_as_many_ticks_after_its_clock_message_as_it_takes() -> None:
    messages = [[3, 0], [0, 1], [0, 0], [5, 0], [0, 3], [0, 0], [0, 0]]
    done, fresh = ticks(StepClock(2, 2, clocked=True), messages)
    assert done == [[0, 0], [0, 0], [3, 0], [0, 1], [0, 0], [5, 0], [0, 3]]
    assert np.argwhere(fresh).tolist() == [[0, 0], [4, 1]]


@given(st.integers(1, 4))
def test_steps_may_follow_one_another_without_a_gap(length: int) -> None:
    messages = [[STEP if t % length == 0 else 0] for t in range(4 * length + 1)]
    done, _ = ticks(StepClock(1, length, clocked=True), messages)
    assert [t for t, (d,) in enumerate(done) if d] == [length, 2 * length, 3 * length, 4 * length]


@given(st.integers(2, 4))
def test_a_clock_message_in_the_middle_of_a_step_is_an_error(length: int) -> None:
    clock = StepClock(1, length, clocked=True)
    with pytest.raises(ValueError, match=f"a step takes {length}"):
        ticks(clock, [[STEP], [LAST | STEP]])


def test_without_a_clock_the_first_step_is_marked_and_others_follow() -> None:
    done, fresh = ticks(StepClock(1, 2, clocked=False), [[0]] * 6)
    assert [d for (d,) in done] == [0, 0, STEP | FIRST, 0, STEP, 0]
    assert fresh[0] == [True]
    assert not np.any(fresh[1:])


@given(rows)
def test_the_ticks_of_products_are_those_in_which_the_step_asks_for_them(row: Formulation) -> None:
    with with_row(row) as name:
        layer = random_program(0, hidden=(4,), formulation=name).layers[0]
        asked: dict[str, bytes] = {}

        def U(gate: str, message: np.ndarray) -> np.ndarray:
            asked[gate] = message.tobytes()
            return np.full(4, -(10**6) if gate == "candidate" else 10**6)

        current = np.zeros(len(row.input_gates) * 4, dtype=np.int64)
        ones = np.ones(4, dtype=np.int64)
        step(layer.cell, layer.gate, current, U, ones, ones)
        found = product_ticks(layer.cell)
        assert sorted(asked) == sorted(found) == sorted(row.recurrent_gates)
        for gate, tick in found.items():
            assert (asked[gate] == ones.tobytes()) == (tick == 1)
        for message in row.messages:
            assert len({asked[gate] for gate in message.gates}) == 1
            assert {found[gate] for gate in message.gates} == {message.tick}
        assert max(found.values(), default=1) in (1, layer.cell.ticks)


@given(rows, every_cell, st.integers(0, 99))
def test_the_matrix_of_all_messages_gives_each_gate_its_own(
    row: Formulation, cell: dict[str, Any], seed: int
) -> None:
    with with_row(row) as name:
        layer = random_program(seed, hidden=(3,), **{**cell, "formulation": name}).layers[0]
        kind: Cell = layer.cell
        matrix = recurrent_matrix(layer)
        assert matrix.shape == (3 * len(row.recurrent_gates), 3 * len(row.messages))
        assert np.count_nonzero(matrix) == np.count_nonzero(layer.recurrent_weights)
        if not row.messages:
            return
        rng = np.random.default_rng(seed)
        messages = np.array(
            [rng.integers(low, high + 1, 3) for low, high in ranges(kind)], dtype=np.int64
        )
        whole = np.split(matrix @ messages.ravel(), len(row.recurrent_gates))
        product = RecurrentSynapses(matrix, kind).product()
        for gate, found in zip(row.recurrent_gates, whole, strict=True):
            (column,) = (i for i, message in enumerate(row.messages) if gate in message.gates)
            exact = layer.recurrent_rows(gate).astype(np.int64) @ messages[column]
            np.testing.assert_array_equal(found, exact)
            np.testing.assert_array_equal(product(gate, messages[column]), exact)


def ranges(cell: Cell) -> list[tuple[int, int]]:
    return [message_range(cell, message) for message in cell.row.messages]


@pytest.mark.parametrize(
    ("formulation", "emit", "graded"),
    [
        ("torch", "binary", False), ("torch", "signed", True), ("forget", "binary", False),
        ("keep", "binary", True), ("output-gated", "binary", True), ("forget", "state", True),
        ("minimal", "state", False), ("torch", "graded", True),
    ],
)  # fmt: skip
def test_a_recurrent_message_is_graded_if_it_can_be_more_than_0_or_1(
    formulation: str, emit: str, graded: bool
) -> None:
    assert recurs_graded(Cell(formulation, emit)) is graded


@pytest.mark.parametrize("largest", [1, 2**10, 2**15, 2**17, 2**30])
def test_products_in_floating_point_are_exact(largest: int) -> None:
    rng = np.random.default_rng(largest)
    weights = rng.integers(-127, 128, (9, 50))
    messages = rng.integers(-largest, largest + 1, (20, 50))
    messages[0], weights[0] = largest, 127
    exact = messages.astype(object) @ weights.T.astype(object)
    np.testing.assert_array_equal(Synapses(weights)(messages), exact.astype(np.int64))
    np.testing.assert_array_equal(Synapses(weights, largest)(messages), exact.astype(np.int64))
