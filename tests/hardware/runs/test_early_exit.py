"""Early exit: a run equals the run of the sequences that are cut there, on every engine."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from math import inf
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from programs import (
    every_cell,
    every_program,
    random_program,
    random_sequences,
    taken_by,
    with_classes,
)
from states import LAVA, STEPPERS, random_states

from hardware import Session, Trace, compare, run, stream
from hardware.definition.readout import READOUTS
from hardware.engines.event_driven import early
from hardware.errors import InputError, RangeError, SettingError
from hardware.program.model import Program
from hardware.sequences.dense import Sequences
from hardware.sequences.sparse import SparseSequences

LENGTHS = [11, 3, 20, 1]


def half_way(program: Program, sequences: Sequences) -> float:
    """Return a margin that some sequences reach."""
    values = program.readout.values(run(program, sequences, strict=False).final_scores, 1)
    leads = np.diff(np.sort(values, axis=1))[:, -1]
    return float(np.median(leads)) / 2


@settings(max_examples=60, deadline=None)
@given(
    program=every_program,
    cell=every_cell,
    fewest=st.integers(1, 4),
    threads=st.sampled_from([1, 2]),
    starts=st.booleans(),
    at_once=st.sampled_from([1, 2**10, 2**23]),
)
def test_a_run_with_early_exit_is_the_run_of_the_shortened_sequences(
    program: dict, cell: dict, fewest: int, threads: int, starts: bool, at_once: int
) -> None:
    assume(not program["bidirectional"])
    made = random_program(**program, outputs=3, **cell)
    sequences = random_sequences(program["seed"], program["channels"], LENGTHS)
    states = random_states(made, program["seed"], 4) if starts else None
    settings_ = {"strict": False, "initial_state": states}
    rule = {"early_exit": half_way(made, sequences), "fewest": fewest}
    trace = run(made, sequences, "numpy", **settings_, **rule)
    short = [frames[:n] for frames, n in zip(sequences, trace.exits, strict=True)]
    expected = run(made, short, "numpy", **settings_)
    assert compare(trace, expected).equal
    assert np.array_equal(trace.clamped, expected.clamped)
    assert np.array_equal(trace.saturations, expected.saturations)
    assert np.array_equal(trace.lengths, trace.exits * made.encoder.steps)
    events = run(made, sequences, "events", threads=threads, **settings_, **rule)
    assert compare(trace, events).equal
    assert np.array_equal(trace.exits, events.exits)
    every_step, values = made.readout.answers_every_step, made.values(trace)
    with patch.object(early, "WEIGHTS_AT_ONCE", at_once):
        found = list(stream(made, list(sequences), threads=threads, **settings_, **rule))
        assert np.array_equal(np.concatenate(found) if every_step else found, trace.scores)
        exits = list(stream(made, sequences, values=True, exits=True, **settings_, **rule))
        found = [each.scores for each in exits]
        assert np.array_equal(np.concatenate(found) if every_step else found, values)
        assert [each.frames for each in exits] == trace.exits.tolist()
        sparse = SparseSequences.of(sequences)
        exits = list(stream(made, sparse, values=True, exits=True, **settings_, **rule))
        found = [each.scores for each in exits]
        assert np.array_equal(np.concatenate(found) if every_step else found, values)
        assert [each.frames for each in exits] == trace.exits.tolist()


@pytest.mark.parametrize(("engine", "options"), STEPPERS)
@pytest.mark.parametrize("readout", READOUTS)
def test_a_session_that_stops_by_itself_stops_at_the_same_frame(
    readout: str, engine: str, options: dict
) -> None:
    program = random_program(7, outputs=3, readout=readout, encoder="rate")
    sequences = random_sequences(7, 3, LENGTHS)
    margin = half_way(program, sequences)
    trace = run(program, sequences, early_exit=margin)
    assert trace.exits.min() < max(LENGTHS)
    for i, frames in enumerate(sequences):
        with Session(program, engine, **options) as session:
            for frame in frames:
                scores = session.step(frame)
                best = np.sort(session.values)
                if best[-1] - best[-2] >= margin:
                    break
            assert session.frames == trace.exits[i]
            assert np.array_equal(scores, trace.final_scores[i])


KINDS = {
    "several steps a frame": {"readout": "last", "encoder": "rate", "emit": "graded"},
    "tokens": {"readout": "mean", "encoder": "tokens", "emit": "binary-on-change"},
    "every step": {"readout": "step", "formulation": "keep"},
}


def test_a_long_sparse_sequence_needs_no_more_memory_than_a_short_one() -> None:
    """Its frames become dense only where they are computed, and no score is kept but the last."""
    program = random_program(1, channels=500, hidden=(20,), outputs=3, readout="leaky")
    most = {}
    with patch.object(early, "WEIGHTS_AT_ONCE", 2**18):
        for frames in (1000, 100, 1000):
            place = np.arange(frames)
            events = (place, place % 500)
            sparse = SparseSequences.from_events(*events, lengths=[frames], channels=500)
            tracemalloc.start()
            [found] = stream(program, sparse, threads=1, early_exit=1e9, exits=True)
            most[frames] = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert found.frames == frames
    assert most[1000] < most[100] + 2**17


@pytest.mark.parametrize("mapping", LAVA, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_every_engine_ends_sequences_at_the_same_frames_with_the_same_bits(
    kind: str, mapping: dict
) -> None:
    program = random_program(7, outputs=3, **KINDS[kind])
    sequences = taken_by(program.encoder, random_sequences(7, 3, [4, 2, 5]))
    rule = {"early_exit": half_way(program, sequences), "fewest": 2}
    rule["initial_state"] = random_states(program, 7, 3)
    expected = run(program, sequences, "numpy", **rule)
    assert expected.exits.tolist() != [4, 2, 5]
    for engine, options in (("events", {}), ("lava", mapping)):
        found = run(program, sequences, engine, **rule, **options)
        assert compare(expected, found).equal
        assert np.array_equal(expected.exits, found.exits)
    ends = list(stream(program, sequences, exits=True, **rule))
    assert [each.frames for each in ends] == expected.exits.tolist()
    assert np.array_equal(np.vstack([each.scores for each in ends]), expected.scores)


def test_exits_without_a_margin_are_refused() -> None:
    with pytest.raises(SettingError, match="exits are asked for without early_exit: give a margin"):
        list(stream(random_program(0), random_sequences(0, 3, [2]), exits=True))


def test_a_stream_computes_no_more_than_a_few_frames_behind_the_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    computed = []
    whole = early.Machine.score_frames

    def counted(machine: object, frames: np.ndarray, *rest: object) -> None:
        computed.append(len(frames))
        whole(machine, frames, *rest)

    program = random_program(7, outputs=3)
    [layer] = program.layers
    weights = layer.input_weights.size + layer.recurrent_weights.size
    monkeypatch.setattr(early, "WEIGHTS_AT_ONCE", 8 * weights)
    monkeypatch.setattr(early.Machine, "score_frames", counted)
    for lengths, margin, fewest, expected in (
        ([200], 0.0, 1, [8]),
        ([200], 0.0, 12, [8, 8]),
        ([20], inf, 1, [8, 8, 4]),
        ([3, 3, 3, 20, 8], 0.0, 2, [6, 3, 8, 8]),
    ):
        computed.clear()
        sequences = random_sequences(7, 3, lengths)
        rule = {"early_exit": margin, "fewest": fewest}
        found = list(stream(program, sequences, threads=1, **rule))
        assert [n for n in computed if n] == expected
        assert np.array_equal(found, run(program, sequences, **rule).scores)


def test_inputs_clamped_behind_the_last_frame_are_not_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    program, frames = random_program(7, outputs=3), np.zeros((9, 3), np.float32)
    frames[4:] = 1e6
    frames[:, 0] = 1e6
    margin = {"early_exit": 0.0, "fewest": 3}
    assert run(program, [frames], **margin).clamped.tolist() == [3, 0, 0]
    from hardware.engines.event_driven.engine import Scorer
    from hardware.runs.early_exit import exit_rule

    rule = exit_rule(program, 0.0, 3)
    for at_once in (2**23, 480, 120):  # both sequences, four frames or one
        monkeypatch.setattr(early, "WEIGHTS_AT_ONCE", at_once)
        *_, clamped, used = Scorer(program).score_until(Sequences.of([frames, frames]), rule)
        assert (clamped.tolist(), used.tolist()) == ([6, 0, 0], [3, 3])


@pytest.mark.parametrize("at_once", [2**23, 300, 1])
def test_a_value_that_leaves_the_word_behind_the_last_frame_is_no_error(
    monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(early, "WEIGHTS_AT_ONCE", at_once)
    program = random_program(1, channels=1, outputs=3)
    layer = program.layers[0]
    gate = replace(layer.gate, input_shift=layer.gate.input_shift + 10)
    program = replace(program, layers=(replace(layer, gate=gate),))
    offset = program.encoder.offset
    frames = np.tile(offset, (12, 1)).astype(np.float32)
    frames[6:] += 100
    with pytest.raises(RangeError, match="step 6"):
        run(program, [frames])
    for used in (2, 5):
        rule = {"early_exit": 0.0, "fewest": used}
        expected = run(program, [frames], **rule).scores
        assert np.array_equal(list(stream(program, [frames], **rule)), expected)
    with pytest.raises(RangeError, match="sequence 1, step 6"):
        list(stream(program, [frames[:4], frames], early_exit=0.0, fewest=8))


def test_the_frames_used_are_kept_in_the_file(tmp_path: Path) -> None:
    program, sequences = random_program(9, outputs=3), random_sequences(9, 3, [6, 4])
    trace = run(program, sequences, early_exit=0.0, fewest=2)
    assert trace.exits.tolist() == [2, 2]
    trace.save(tmp_path / "t")
    assert Trace.load(tmp_path / "t").exits.tolist() == [2, 2]
    assert run(program, sequences).exits is None
    for wrong, message in (([2], "exits have shape"), ([3, 2], "exits of sequence 0 are 3")):
        replace(trace, exits=np.array(wrong)).save(tmp_path / "wrong")
        with pytest.raises(InputError, match=message):
            Trace.load(tmp_path / "wrong")


def test_what_cannot_end_early_is_refused_in_one_line() -> None:
    both = random_program(0, bidirectional=True)
    for call in (
        lambda: run(both, random_sequences(0, 3, [2]), early_exit=1.0),
        lambda: list(stream(both, random_sequences(0, 3, [2]), early_exit=1.0)),
    ):
        with pytest.raises(SettingError, match="reads from the last frame to the first"):
            call()
    with pytest.raises(SettingError, match="but it has values: run whole sequences"):
        run(with_classes(random_program(0)), random_sequences(0, 3, [2]), early_exit=1.0)


@pytest.mark.parametrize("engine", ["numpy", "events", "lava"])
def test_no_sequence_ends_early_of_none(engine: str) -> None:
    trace = run(random_program(0), [], engine, early_exit=1.0)
    assert trace.exits.shape == (0,)
    assert list(stream(random_program(0), [], early_exit=1.0)) == []
