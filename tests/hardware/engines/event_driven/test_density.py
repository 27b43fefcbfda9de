"""Messages are multiplied as rows or listed, as their density is measured; the bits stay."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import every_cell, every_program, random_program, random_sequences

from hardware import Program, Session, run
from hardware.definition.arithmetic import WORD_LIMIT, Integers
from hardware.definition.emission import EMISSIONS
from hardware.definition.formulation import FORMULATIONS
from hardware.engines.event_driven import density
from hardware.engines.event_driven.arrays import SLOTS, STEPS_AHEAD, Messages
from hardware.engines.event_driven.density import DENSE, ENTER, LEAVE, Density, share_of
from hardware.engines.event_driven.layout import Layout
from hardware.engines.event_driven.machine import Machine
from hardware.engines.event_driven.memory import lists_of, rows_messages, rows_of
from hardware.errors import SettingError
from hardware.program.model import Layer
from hardware.sequences.dense import Sequences
from hardware.sequences.sparse import SparseSequences


def expected_scores(program: Program, sequences: Sequences) -> Integers:
    return run(program, sequences, engine="numpy", strict=False).scores


def with_bias(layer: Layer, largest: int) -> Layer:
    """The layer with a large bias for some neurons."""
    bias = layer.gate.bias.copy()
    bias[:, ::7] = largest
    return replace(layer, gate=replace(layer.gate, bias=bias))


@settings(max_examples=100, deadline=None)
@given(
    program=every_program,
    cell=every_cell,
    lengths=st.lists(st.integers(1, 30), min_size=1, max_size=3 * SLOTS),
    activity=st.sampled_from([0.05, 0.5, 1.0]),
)
def test_sequences_in_step_end_at_any_time(
    program: dict, cell: dict, lengths: list[int], activity: float
) -> None:
    made = random_program(**program, **cell)
    sequences = random_sequences(program["seed"], program["channels"], lengths, activity=activity)
    expected = expected_scores(made, sequences)
    for dense in DENSE:
        machine = Machine(Layout(made), dense)
        for _ in range(2):
            assert np.array_equal(machine.score_sequences(sequences), expected)
        sparse = SparseSequences.of(sequences)
        assert np.array_equal(machine.score_sequences(sparse), expected)


@settings(max_examples=60, deadline=None)
@given(
    program=every_program,
    cell=every_cell,
    choices=st.lists(st.lists(st.booleans(), min_size=4, max_size=4), min_size=2, max_size=12),
)
def test_a_session_goes_on_where_the_choice_changes(
    program: dict, cell: dict, choices: list[list[bool]]
) -> None:
    made = random_program(**{**program, "bidirectional": False}, **cell)
    frames = random_sequences(program["seed"], program["channels"], [len(choices)]).values
    expected = run(made, [frames], engine="numpy", strict=False).final_scores[0]
    with Session(made, strict=False, dense="never") as session:
        live = session._stepper.live  # type: ignore[attr-defined]
        possible = live.machine.density.possible
        for frame, choice in zip(frames, choices, strict=True):
            live.follow([a and b for a, b in zip(choice, possible, strict=False)])
            scores = session.step(frame)
    assert np.array_equal(scores, expected)


@pytest.mark.parametrize("formulation", FORMULATIONS)
@pytest.mark.parametrize("emit", EMISSIONS)
def test_values_beyond_the_word_are_named_alike(formulation: str, emit: str) -> None:
    made = random_program(
        5, channels=9, hidden=(33, 20), bidirectional=True, formulation=formulation, emit=emit
    )
    program = replace(made, layers=tuple(with_bias(each, WORD_LIMIT) for each in made.layers))
    sequences = random_sequences(5, 9, [4, 9, 1, 12, 3])
    found = {}
    for dense in ("always", "never"):
        machine = Machine(Layout(program), dense)
        machine.score_sequences(sequences)
        assert machine.layout.watched
        found[dense] = machine.saturations()
    assert found["always"].first == found["never"].first
    assert np.array_equal(found["always"].counts, found["never"].counts)


def lists(sent: list[int], width: int) -> Messages:
    """Lists with these numbers of events, one for each step."""
    found = lists_of(len(sent), sum(sent))
    found.end[:] = np.cumsum(sent)
    found.begin[:] = found.end - sent
    return found


def rows(share: float, by_change: bool = False, steps: int = 200) -> Messages:
    """Rows of 100 sources, of which a share sends in every step."""
    found = rows_of(steps, 100)
    sending = int(100 * share)
    found[:, :sending] = 1 + np.arange(steps)[:, np.newaxis] if by_change else 1
    if by_change:
        found[:, sending:] = 7
    return rows_messages(found, True)


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 1.0])
def test_the_share_of_sources_that_send_is_measured(share: float) -> None:
    sent = int(100 * share)
    assert share_of(lists([sent] * 40, 100), 40, 100, False) == pytest.approx(share)
    assert share_of(rows(share), 200, 100, False) == pytest.approx(share)
    assert share_of(rows(share, by_change=True), 200, 100, True) == pytest.approx(share)
    assert share_of(rows(share), 1, 100, False) == pytest.approx(share)


def test_the_choice_changes_beyond_two_shares_and_stays_between_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(density, "ROWS_BETWEEN", 1)
    program = random_program(0, channels=100, hidden=(100,))
    chosen = Density(Layout(program))
    chosen.dense = [False, False]
    between = (ENTER + LEAVE) / 2
    for share, dense in [(between, False), (0.9, True), (between, True), (0.1, False)]:
        some = [lists([int(100 * share)] * 200, 100)] * 2
        chosen.dense = chosen.measured(some, 200)
        assert chosen.dense == [dense, dense]


def test_states_and_dense_frames_are_guessed_to_be_dense() -> None:
    state = Layout(random_program(0, emit="state", hidden=(4, 3)))
    assert Density(state).dense == [True, True, True]
    assert Density(Layout(random_program(0, encoder="rate"))).dense == [False, False]
    assert Density(state, "never").dense == [False] * 3


def test_programs_of_64_bits_are_never_multiplied_in_pairs() -> None:
    made = random_program(0, emit="state", hidden=(4,))
    layout = Layout(replace(made, layers=(with_bias(made.layers[0], 2**31 - 1),)))
    assert layout.number is np.int64
    assert Density(layout, "always").dense == [False, False]
    assert not layout.levels[0][0].wiring.input.packed.size


def test_an_unknown_setting_is_named() -> None:
    with pytest.raises(SettingError, match="dense"):
        run(random_program(0), random_sequences(0, 3, [2]), dense="sometimes")


def test_blocks_end_where_the_messages_end() -> None:
    for readout in ("mean", "step", "last"):
        program = random_program(
            1, channels=5, hidden=(17, 6), bidirectional=True, emit="state", readout=readout
        )
        for length in range(1, 2 * STEPS_AHEAD + 2):
            sequences = random_sequences(1, 5, [length, 1, length])
            machine = Machine(Layout(program), "always")
            expected = expected_scores(program, sequences)
            assert np.array_equal(machine.score_sequences(sequences), expected)


def test_the_last_sequence_in_step_can_be_continued() -> None:
    program = random_program(2, channels=5, hidden=(17, 6), emit="state")
    sequences = random_sequences(2, 5, [4, 9, 3, 1] * SLOTS)
    machine = Machine(Layout(program), "always")
    machine.score_sequences(sequences)
    trace = run(program, sequences, engine="numpy")
    for found, expected in zip(machine.carried(1).start.membranes, trace.membranes, strict=True):
        assert np.array_equal(found[0], expected[-1])


@pytest.mark.parametrize("activity", [0.1, 0.9])
def test_the_first_frames_correct_a_guess_that_silence_allows(activity: float) -> None:
    made = random_program(0, channels=40)
    encoder = replace(made.encoder, offset=np.zeros(40), gain=np.full(40, 100.0))
    machine = Machine(Layout(replace(made, encoder=encoder)))
    machine.compile_scoring()
    assert machine.layout.silence_is_silent
    assert not machine.density.dense[0]
    machine.score_sequences(random_sequences(0, 40, [20], activity=activity))
    assert machine.density.dense[0] == (activity > ENTER)
