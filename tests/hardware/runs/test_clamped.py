"""Clamped inputs are counted alike on every way, and too many of them are told once."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
from programs import OF_NUMBERS, STANDARDISING, random_program, random_sequences, taken_by

from hardware import Program, Sequences, Session, SparseSequences, run, stream, verify_engines
from hardware.definition.encoder import ENCODERS
from hardware.engines.event_driven.engine import Scorer
from hardware.engines.lava import LavaStepper
from hardware.errors import ClampedInputsWarning, InputError
from hardware.lava.session import LavaSession
from hardware.runs.batches import VALUES_AT_ONCE
from hardware.runs.clamped import LEAST, LEAST_OF_CHANNEL, Clamped, clamped_inputs
from hardware.runs.golden import golden_samples, replay
from hardware.runs.session import FRAMES_BETWEEN


def expected(program: Program, sequences: Sequences) -> np.ndarray:
    encoder = program.encoder
    scaled = np.rint((sequences.values.astype(np.float64) - encoder.offset) * encoder.gain)
    return (abs(scaled) > encoder.limit).sum(axis=0)


@contextmanager
def warned() -> Iterator[list[warnings.WarningMessage]]:
    """What is warned of, every time."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        yield found


def silent(program: Program) -> Program:
    """The program with an encoder that rounds 0 to 0."""
    zero = np.zeros_like(program.encoder.offset)
    return replace(program, encoder=replace(program.encoder, offset=zero))


def unlike(program: Program) -> Sequences:
    """Frames of another unit."""
    sequences = random_sequences(1, program.encoder.channels, [7, 1, 30])
    return Sequences(1000 * sequences.values + 1, sequences.lengths)


@pytest.mark.parametrize("zero_is_silent", [False, True])
@pytest.mark.parametrize("encoder", OF_NUMBERS)
def test_every_way_counts_the_inputs_that_the_definition_clamps(
    encoder: str, zero_is_silent: bool
) -> None:
    program = random_program(4, channels=70, hidden=(3,), encoder=encoder)
    program = silent(program) if zero_is_silent else program
    sequences = random_sequences(4, 70, [9, 30, 1], activity=0.4)
    sequences = Sequences(2 * sequences.values, sequences.lengths)
    clamped = expected(program, sequences)
    assert clamped.any()
    assert not clamped.all()
    for engine in ("numpy", "events"):
        assert np.array_equal(run(program, sequences, engine).clamped, clamped)
    for given in (sequences, SparseSequences.of(sequences)):
        scorer = Scorer(program)
        for _ in range(2):  # of a batch, not of all so far
            assert np.array_equal(scorer.score(given)[2], clamped)
    with Session(program) as session:
        for frame in sequences.values:
            session.step(frame)
        assert np.array_equal(session.clamped, clamped)
        session.run(sequences)
        assert np.array_equal(session.clamped, 2 * clamped)
    assert np.array_equal(session.clamped, 2 * clamped)


def test_a_kind_of_encoder_without_a_kernel_counts_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    of_its_own = replace(ENCODERS["graded"], encode=lambda encoder, q, state: (q, state))
    monkeypatch.setitem(ENCODERS, "graded", of_its_own)
    program = random_program(4)
    sequences = unlike(program)
    assert np.array_equal(Scorer(program).score(sequences)[2], expected(program, sequences))


def test_counts_of_another_number_of_channels_than_the_program_has_are_refused() -> None:
    program = random_program(5, channels=4, encoder="population")
    trace = run(program, random_sequences(5, 4, [9]))
    found = clamped_inputs(trace, program)
    assert found is not None
    assert (len(found.counts), found.frames) == (4, 9)
    for counts in (found.counts[:2], np.zeros(program.encoder.sources, dtype=np.int64)):
        with pytest.raises(InputError, match=f"of {len(counts)} channels, but the program has 4"):
            clamped_inputs(replace(trace, clamped=counts), program)


@pytest.mark.parametrize("kind", ENCODERS)
def test_only_an_encoder_that_clamps_has_a_count_of_clamped_inputs(kind: str) -> None:
    program = random_program(5, encoder=kind)
    sequences = taken_by(program.encoder, random_sequences(5, 3, [9]))
    found = clamped_inputs(run(program, sequences), program)
    assert (found is not None) == program.encoder.row.clamps
    beyond = Sequences.of([np.full((4, 3), 1e5, np.float32)])
    if program.encoder.row.clamps:
        assert run(program, beyond).clamped.tolist() == [4, 4, 4]
    else:
        with pytest.raises(InputError, match="100000"):
            run(program, beyond)


def test_a_session_on_lava_counts_what_its_encoder_clamps(monkeypatch: pytest.MonkeyPatch) -> None:
    scores = np.zeros(2, dtype=np.int64)
    monkeypatch.setattr(LavaSession, "open", lambda self: self)
    monkeypatch.setattr(LavaSession, "step", lambda self, events: scores)
    monkeypatch.setattr(LavaSession, "run", lambda self, events, lengths, start: {"scores": scores})
    program = random_program(4)
    sequences = unlike(program)
    stepper = LavaStepper(program, "fused")
    for frame in sequences.values:
        stepper.step(frame)
    assert np.array_equal(stepper.clamped(), expected(program, sequences))
    stepper.run(sequences)
    assert np.array_equal(stepper.clamped(), 2 * expected(program, sequences))


def test_a_run_warns_of_frames_in_another_unit_and_names_the_channels() -> None:
    program = random_program(0)
    with warned() as found:
        trace = run(program, unlike(program))
    [message] = found
    assert message.category is ClampedInputsWarning
    assert message.filename == __file__
    share = 100 * trace.clamped.sum() / trace.events.size  # type: ignore[union-attr]
    text = str(message.message)
    assert text.startswith(f"the encoder clamped {share:.1f} % of the inputs (")
    assert all(f"% of channel {channel}" in text for channel in range(3))
    assert "another unit than the training data's: convert them" in text
    assert "\n" not in text


def test_many_channels_are_named_by_the_worst_of_them() -> None:
    counts = np.zeros(50, dtype=np.int64)
    counts[[3, 40, 7, 8, 9]] = 100, 90, 80, 70, 60
    text = Clamped(counts, 100).warning(random_program(0).encoder)
    assert text is not None
    assert "(100 % of channel 3, 90 % of channel 40, 80 % of channel 7, much of 2 more)" in text


@pytest.mark.parametrize("kind", STANDARDISING)
def test_more_than_chebyshev_allows_any_data_is_too_much(kind: str) -> None:
    encoder = random_program(0, channels=10, encoder=kind).encoder
    deviations = 2 if encoder.row.spiking or encoder.row.by_field else 4
    most = 10 * 1600 // deviations**2
    assert Clamped(np.full(10, most // 10), 1600).warning(encoder) is None
    assert Clamped(np.full(10, most // 10 + 1), 1600).warning(encoder) is not None


def test_few_clamped_inputs_say_nothing() -> None:
    encoder = random_program(0, channels=1).encoder
    assert Clamped(np.array([LEAST - 1]), LEAST).warning(encoder) is None
    assert Clamped(np.array([LEAST]), LEAST).warning(encoder) is not None
    assert Clamped.none(1).warning(encoder) is None
    assert Clamped.none(1).share == 0


def test_one_channel_of_many_in_another_unit_is_found() -> None:
    encoder = random_program(0, channels=100).encoder
    counts = np.zeros(100, dtype=np.int64)
    counts[17] = LEAST_OF_CHANNEL
    text = Clamped(counts, LEAST_OF_CHANNEL + 9).warning(encoder)
    assert text is not None
    assert "of channel 17)" in text
    assert Clamped(counts - (counts > 0), LEAST_OF_CHANNEL + 9).warning(encoder) is None
    assert Clamped(counts, 2 * LEAST_OF_CHANNEL).warning(encoder) is None


@pytest.mark.parametrize("threads", [1, 2])
def test_a_stream_warns_once_however_long_it_is(threads: int) -> None:
    program = random_program(0)
    frames = np.full((VALUES_AT_ONCE // 3, 3), 1e6, dtype=np.float32)
    with warned() as found:
        scores = list(stream(replace(program, max_steps=None), [frames] * 3, threads=threads))
    assert len(scores) == 3
    assert [message.category for message in found] == [ClampedInputsWarning]
    assert found[0].filename == __file__


def test_a_stream_warns_of_what_only_many_batches_show() -> None:
    program = random_program(0)
    one = Sequences(np.full((1, 3), 1e6, dtype=np.float32), np.array([1]))
    with warned() as found:
        list(stream(program, [one] * (LEAST // 3)))
    assert not found
    with warned() as found:
        list(stream(program, [one] * (LEAST // 3 + 1)))
    assert len(found) == 1


def test_a_session_warns_once_and_one_that_was_short_when_it_is_closed() -> None:
    program = random_program(0)
    with warned() as found:
        with Session(program) as session:
            for _ in range(FRAMES_BETWEEN):
                session.step(np.full(3, 1e6))
            assert len(found) == 1
            for _ in range(64):
                session.step(np.full(3, 1e6))
        assert [message.category for message in found] == [ClampedInputsWarning]
        assert found[0].filename == __file__
    with warned() as found:
        session = Session(program)
        for _ in range(8):
            session.step(np.full(3, 1e6))
        assert not found
        session.close()
        session.close()
        assert len(found) == 1
    with warned() as found, Session(program) as session:
        session.run(unlike(program))
        assert len(found) == 1


def test_the_frames_of_whole_sequences_count_in_a_session() -> None:
    frames = np.zeros((200, 3), dtype=np.float32)
    frames[:10] = 1e6
    with warned() as found, Session(silent(random_program(0))) as session:
        session.run([frames])
        assert session.clamped.tolist() == [10, 10, 10]
    assert not found


def test_the_counts_that_a_session_gave_stay_as_they_were() -> None:
    with Session(random_program(0)) as session:
        before = session.clamped
        session.step(np.full(3, 1e6))
        assert not before.any()
        assert session.clamped.all()


@pytest.mark.filterwarnings("error::hardware.errors.ClampedInputsWarning")
def test_a_comparison_of_engines_does_not_warn() -> None:
    program = random_program(0)
    assert verify_engines(program, unlike(program), ["numpy", "events"]).equal
    assert replay(golden_samples(program, unlike(program)), "events") == []


def test_counts_of_another_unit_are_noticed_though_most_values_are_zero() -> None:
    """Of data like the training's next to no value is clamped: its largest is the limit."""
    encoder = random_program(0, channels=500, encoder="events").encoder
    frames = np.where(np.random.default_rng(0).random((200, 500)) < 0.01, 1.0, 0.0)
    for unit, warns in ((encoder.limit, False), (10 * encoder.limit, True)):
        clamped = np.zeros(500, dtype=np.int64)
        encoder.rounded(unit * frames, clamped=clamped)
        assert (Clamped(clamped, len(frames)).warning(encoder) is not None) == warns
    few = np.zeros(500, dtype=np.int64)
    few[:50] = 2
    assert Clamped(few, 200).warning(encoder) is None
