"""A machine has room for any calls, in any order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from programs import random_program, random_sequences

from hardware import Session, run
from hardware.definition.arithmetic import Integers
from hardware.definition.encoder import ENCODERS, Encoder, EncoderKind
from hardware.definition.readout import READOUTS
from hardware.engines.event_driven.density import DENSE
from hardware.engines.event_driven.layout import Layout
from hardware.engines.event_driven.machine import Machine

calls = st.lists(st.lists(st.integers(1, 40), min_size=1, max_size=12), min_size=1, max_size=5)


@given(calls=calls, bidirectional=st.booleans(), initial=st.booleans())
def test_lists_have_room_for_everything_that_could_be_sent(
    calls: list[list[int]], bidirectional: bool, initial: bool
) -> None:
    program = random_program(0, hidden=(4, 3), bidirectional=bidirectional, initial=initial)
    machine, layers = Machine(Layout(program), "never"), 1 + bidirectional
    for lengths in calls:
        steps, sequences = sum(lengths), len(lengths)
        levels = machine.rooms.for_levels(steps, sequences)
        assert len(machine.rooms.for_encoder(steps).events.sources) >= 3 * steps
        for sent, neurons in zip(levels, (4, 3), strict=True):
            of_a_step = sum(neurons * (1 + before) for before in range(layers))
            most = of_a_step * steps + layers * neurons * sequences
            assert len(sent.events.sources) >= most
            assert len(sent.events.values) >= most
            assert len(sent.begin) >= steps
            assert len(sent.end) >= steps


@pytest.mark.parametrize("readout", READOUTS)
@pytest.mark.parametrize("emit", ["binary", "state", "graded"])
def test_what_a_machine_has_run_before_changes_nothing(emit: str, readout: str) -> None:
    program = random_program(
        3, channels=70, hidden=(65, 9), bidirectional=True, initial=True, emit=emit, readout=readout
    )
    layout = Layout(program)
    machines = [Machine(layout, dense) for dense in DENSE]
    of_calls = [30], [1] * 30, [2, 3], [50, 1], [4, 9], [1], [12]
    for number, lengths in enumerate(of_calls):
        sequences = random_sequences(number, 70, lengths, activity=1 / (1 + number))
        expected = run(program, sequences, engine="numpy").scores
        for machine in machines:
            assert np.array_equal(machine.score_sequences(sequences), expected)


def test_calls_for_as_many_sequences_are_prepared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    prepared, prepare = [], Machine.scoring_calls

    def counted(machine: Machine, *given: Any) -> Any:
        prepared.append(len(given[1].lengths))
        return prepare(machine, *given)

    monkeypatch.setattr(Machine, "scoring_calls", counted)
    program = random_program(3)
    machine = Machine(Layout(program), "never")
    for lengths in ([9, 8], [1, 3], [2, 7], [4], [5], [3, 3]):
        sequences = random_sequences(sum(lengths), 3, lengths)
        expected = run(program, sequences, engine="numpy").scores
        assert np.array_equal(machine.score_sequences(sequences), expected)
    assert prepared == [2, 1, 2]


def test_calls_are_not_kept_for_other_sequences_of_as_many_steps() -> None:
    program = random_program(3, readout="step")
    machine = Machine(Layout(program), "never")
    for lengths in ([2, 3], [5], [1, 3, 1], [4, 1]):
        sequences = random_sequences(len(lengths), 3, lengths)
        expected = run(program, sequences, engine="numpy").scores
        assert np.array_equal(machine.score_sequences(sequences), expected)


def signs_of_changes(encoder: Encoder, q: Integers, held: Integers) -> tuple[Integers, Integers]:
    """A spike where a value rises or falls."""
    before = np.concatenate([held[np.newaxis], q[:-1]])
    return np.repeat(np.sign(q - before), encoder.steps, axis=0), q[-1]


def rounded_held(encoder: Encoder, q: Integers, held: Integers) -> tuple[Integers, Integers]:
    """Even values only, as changes."""
    return q - q % 2, held


def every_field_alike(encoder: Encoder, q: Integers, held: Integers) -> tuple[Integers, Integers]:
    """Several sources for each channel."""
    return np.repeat(q, encoder.fields, axis=-1), held


@pytest.mark.parametrize(
    "kind",
    [
        EncoderKind(signs_of_changes, spiking=True),
        EncoderKind(rounded_held, by_change=True),
        EncoderKind(every_field_alike, by_field=True, fields=(2, 32)),
        EncoderKind(every_field_alike, by_field=True, by_change=True, fields=(2, 32)),
    ],
)
def test_an_encoder_without_a_kernel_runs_by_its_definition(
    kind: EncoderKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ENCODERS, "new", kind)
    program = random_program(6, channels=70, hidden=(9,), encoder="new", readout="step")
    sequences = random_sequences(6, 70, [5, 1, 8])
    expected = run(program, sequences, engine="numpy")
    for dense in DENSE:
        machine = Machine(Layout(program), dense)
        assert np.array_equal(machine.score_sequences(sequences), expected.scores)
    with Session(program) as session:
        scores = [session.step(frame) for frame in next(iter(sequences))]
    assert np.array_equal(scores[-1], expected.final_scores[0])
