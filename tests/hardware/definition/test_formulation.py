"""A formulation is a row: which rows are valid, and what follows from one."""

from __future__ import annotations

import numpy as np
import pytest
from formulations import ROWS, with_row
from programs import random_layer

from hardware.cost.placement.needs import state_words
from hardware.definition.cell import Cell
from hardware.definition.formulation import EMISSION, FORMULATIONS, OUTPUT, RESET, Formulation
from hardware.errors import ProgramError, SettingError
from hardware.program import Layer


def test_every_row_of_the_table_is_one_of_the_valid_rows() -> None:
    print(f"{len(ROWS)} valid formulations")
    assert len(ROWS) == len(set(ROWS)) == 132
    for row in FORMULATIONS.values():
        gates = tuple("update" if gate == "forget" else gate for gate in row.gates)
        recurrent = tuple(gate for gate in gates if gate in row.recurrent)
        same = Formulation(gates, row.reset, row.update, row.candidate_input, recurrent)
        assert same in ROWS


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ({"gates": ("update",)}, "a candidate"),
        ({"gates": ("candidate",)}, "one mixing gate"),
        ({"gates": ("update", "forget", "candidate")}, "one mixing gate"),
        ({"gates": ("candidate", "update")}, "in the order reset, update"),
        ({"gates": ("update", "candidate", "gate")}, "expected a tuple of reset, update"),
        ({"gates": None}, "gates are None, expected a tuple"),
        ({"gates": ("update", "candidate"), "recurrent": ("updat",)}, "recurrent are .*updat"),
        ({"gates": ("update", "candidate"), "recurrent": "update"}, "recurrent are 'update'"),
        ({"gates": ("update", "candidate"), "recurrent": ["update"]}, "expected a tuple"),
        ({"gates": ("update", "candidate"), "candidate_input": None}, "must be True or False"),
        ({"gates": ("update", "candidate"), "reset": "after"}, "go together"),
        ({"gates": ("reset", "update", "candidate")}, "go together"),
        ({"gates": ("reset", "update", "candidate"), "reset": "inside"}, "'after' or 'before'"),
        ({"gates": ("update", "candidate"), "update": "adds"}, "'keeps' or 'writes'"),
        (
            {"gates": ("reset", "update", "candidate"), "reset": "before", "recurrent": ()},
            "a reset needs a candidate that receives",
        ),
        (
            {"gates": ("update", "candidate"), "candidate_input": False, "recurrent": ()},
            "must receive the input or recurrent messages",
        ),
    ],
)
def test_a_row_that_is_no_neuron_is_refused_with_the_reason(row: dict, fault: str) -> None:
    with pytest.raises(SettingError, match=fault):
        Formulation(**row)


def test_rows_with_the_same_meaning_are_equal() -> None:
    one = Formulation(("update", "candidate"), recurrent=("candidate", "update"))
    assert (
        one
        == Formulation(("update", "candidate"))
        == Formulation(("update", "candidate"), recurrent=("update", "candidate", "update"))
    )


def test_what_follows_from_a_row_of_the_table() -> None:
    expected = {
        "torch": (1, 3, 6, 3),
        "keep": (2, 3, 7, 3),
        "write": (2, 3, 7, 3),
        "output-gated": (3, 4, 8, 3),
        "forget": (1, 2, 4, 2),
        "minimal": (1, 2, 4, 2),
    }
    for name, figures in expected.items():
        row, words = FORMULATIONS[name], state_words(Cell(name))
        assert (row.ticks, row.gate_products, words, len(row.input_gates)) == figures
    streams = {
        name: [(message.stream, message.gates, message.tick) for message in row.messages]
        for name, row in FORMULATIONS.items()
    }
    assert streams["torch"] == [(EMISSION, ("reset", "update", "candidate"), 1)]
    assert streams["keep"] == streams["write"]
    assert streams["output-gated"] == [
        (EMISSION, ("reset", "update"), 1),
        (RESET, ("candidate",), 2),
        (OUTPUT, ("output",), 3),
    ]
    assert streams["minimal"] == []


@pytest.mark.parametrize(
    ("recurrent", "words"),
    [(("candidate", "output"), 8), (("candidate",), 9)],
    ids=["the output gate waits", "it does not"],
)
def test_a_gate_that_is_ready_before_the_candidate_is_kept(
    recurrent: tuple[str, ...], words: int
) -> None:
    gates = ("reset", "update", "candidate", "output")
    with with_row(Formulation(gates, reset="before", recurrent=recurrent)) as name:
        assert state_words(Cell(name)) == words


@pytest.mark.parametrize("row", ROWS)
def test_the_messages_of_a_row_reach_each_recurrent_gate_once_in_a_tick_of_the_step(
    row: Formulation,
) -> None:
    reached = [gate for message in row.messages for gate in message.gates]
    assert sorted(reached) == sorted(row.recurrent_gates)
    ticks = [message.tick for message in row.messages]
    assert ticks == sorted(set(ticks))
    assert all(1 <= tick <= row.ticks for tick in ticks)


@pytest.mark.parametrize("matrix", ["input_weights", "recurrent_weights"])
def test_a_layer_refuses_weights_that_nothing_reads(matrix: str) -> None:
    rng = np.random.default_rng(0)
    row = Formulation(("update", "candidate"), candidate_input=False, recurrent=("candidate",))
    with with_row(row) as name:
        layer = random_layer(rng, "layer", 3, 4, Cell(name))
        weights = getattr(layer, matrix)
        assert len(weights) == 4  # of one gate
        fields = {**vars(layer), matrix: np.concatenate([weights, weights])}
        with pytest.raises(ProgramError, match=rf"layer: {matrix} has shape \(8, "):
            Layer(**fields)


def test_a_layer_refuses_a_recurrent_bias_that_no_reset_reads() -> None:
    layer = random_layer(np.random.default_rng(0), "layer", 3, 4, Cell("keep"))
    layer.gate.recurrent_bias[:] = 1
    with pytest.raises(ProgramError, match="recurrent_bias is not 0, but no reset .* reads it"):
        Layer(**vars(layer))
