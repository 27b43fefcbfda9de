"""A stream gives the scores of a run, in its order and in memory that does not grow."""

from __future__ import annotations

import threading
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import OF_NUMBERS, every_cell, every_program, random_program, random_sequences
from reports import SEQUENCES, program_of_values

from hardware import Session, run, stream
from hardware.definition.readout import READOUTS
from hardware.engines.event_driven.engine import Scorer
from hardware.engines.event_driven.layout import Layout
from hardware.errors import InputError
from hardware.runs.batches import VALUES_AT_ONCE, batches
from hardware.sequences.dense import Sequences
from hardware.sequences.sparse import SparseSequences


@settings(max_examples=60, deadline=None)
@given(
    program=every_program,
    cell=every_cell,
    lengths=st.lists(st.integers(1, 9), min_size=1, max_size=6),
    threads=st.sampled_from([1, 2]),
)
def test_a_stream_gives_the_scores_of_a_run(
    program: dict, cell: dict, lengths: list[int], threads: int
) -> None:
    made = random_program(**program, **cell)
    sequences = random_sequences(program["seed"], program["channels"], lengths)
    expected = run(made, sequences, engine="numpy", strict=False)
    found = list(stream(made, iter(sequences), strict=False, threads=threads))
    assert len(found) == len(sequences)
    if made.readout.answers_every_step:
        assert [len(scores) for scores in found] == expected.lengths.tolist()
        assert np.array_equal(np.concatenate(found), expected.scores)
    else:
        assert np.array_equal(found, expected.scores)


@pytest.mark.parametrize("encoder", OF_NUMBERS)
def test_a_stream_rounds_frames_as_the_encoder_does(encoder: str) -> None:
    program = random_program(8, channels=33, encoder=encoder, readout="step")
    values = np.random.default_rng(8).normal(size=(400, 33)) * 10.0 ** np.arange(-3, 30)
    half_way = (np.arange(400)[:, np.newaxis] + 0.5) / program.encoder.gain + program.encoder.offset
    frames = np.concatenate([values, half_way]).astype(np.float32)
    parts = np.split(frames, 4)
    found = list(stream(program, parts))
    assert np.array_equal(np.concatenate(found), run(program, parts, engine="numpy").scores)


@pytest.mark.parametrize("encoder", OF_NUMBERS)
@pytest.mark.parametrize("channels", [1, 15, 16, 33, 64])
def test_frames_that_are_silent_here_and_there_become_what_the_encoder_makes_of_them(
    encoder: str, channels: int
) -> None:
    program = random_program(9, channels=channels, encoder=encoder, readout="step")
    rng = np.random.default_rng(channels)
    frames = rng.normal(size=(300, channels)) * (rng.random((300, channels)) < 0.05)
    parts = np.split(frames, 3)
    assert np.signbit(frames[frames == 0]).any()
    found = list(stream(program, parts))
    assert np.array_equal(np.concatenate(found), run(program, parts, engine="numpy").scores)


@pytest.mark.parametrize("channels", [1, 63, 64, 65, 127, 128, 130])
@pytest.mark.parametrize("activity", [0.0, 0.02, 1.0])
def test_only_what_is_not_zero_is_rounded_where_zero_is_silent(
    channels: int, activity: float
) -> None:
    made = random_program(9, channels=channels, readout="step")
    offset = np.linspace(-0.4, 0.4, channels) / made.encoder.gain
    program = replace(made, encoder=replace(made.encoder, offset=offset))
    assert Layout(program).silence_is_silent
    sequences = random_sequences(9, channels, [40, 1, 30], activity)
    found = list(stream(program, sequences))
    assert np.array_equal(np.concatenate(found), run(program, sequences, engine="numpy").scores)


def test_many_parts_of_a_stream_come_in_order() -> None:
    lengths = np.random.default_rng(1).integers(1, 60, 1500).tolist()
    program = random_program(6, channels=30, hidden=(4,))
    sequences = random_sequences(6, 30, lengths)
    expected = run(program, sequences, engine="numpy").scores
    assert np.array_equal(list(stream(program, iter(sequences))), expected)
    assert np.array_equal(list(stream(program, sequences)), expected)
    assert np.array_equal(list(stream(program, sequences, threads=1)), expected)
    assert list(stream(program, sequences.take([]))) == []


@pytest.mark.parametrize("encoder", OF_NUMBERS)
@pytest.mark.parametrize("readout", READOUTS)
def test_no_sequences_have_no_scores(readout: str, encoder: str) -> None:
    program = random_program(6, encoder=encoder, readout=readout)
    one = random_sequences(6, 3, [2])
    (scores,) = stream(program, one)
    for none in (
        [],
        one.take([]),
        Sequences.of([]),
        SparseSequences.of([], 3),
        np.zeros((0, 2, 3)),
    ):
        assert list(stream(program, none)) == []
        found, overflow, clamped = Scorer(program).score(Sequences.of(none, 3))
        assert (list(found), overflow, clamped.tolist()) == ([], None, [0, 0, 0])
        with Session(program) as session:
            assert session.run(none).shape == (0, 2)
    mixed = list(stream(program, [Sequences.of([]), one, one.take([]), *one]))
    assert len(mixed) == 2
    assert np.array_equal(mixed, [scores, scores])


def test_a_stream_takes_lists_and_whatever_gives_an_array() -> None:
    class Tensor:
        """As torch has them: `size` is a method."""

        def __init__(self, values: np.ndarray) -> None:
            self.values = values

        def size(self) -> tuple[int, ...]:
            return self.values.shape

        def __array__(self, *arguments: object, **more: object) -> np.ndarray:
            return self.values

    program, sequences = random_program(6), random_sequences(6, 3, [2, 5, 1])
    expected = list(stream(program, sequences))
    for convert in (np.ndarray.tolist, Tensor):
        assert np.array_equal(list(stream(program, map(convert, sequences))), expected)  # type: ignore[arg-type]


def test_an_item_of_a_stream_that_is_no_array_is_named_behind_the_scores_before_it() -> None:
    program, sequences = random_program(6), random_sequences(6, 3, [2, 5])
    found = []
    with pytest.raises(InputError, match="sequence 2 of the stream: not an array of shape"):
        for scores in stream(program, [*sequences, [[1.0], [1.0, 2.0]]]):
            found.append(scores)
    assert len(found) == 2


def test_a_stream_needs_no_more_memory_the_longer_it_is() -> None:
    program = random_program(6, channels=64, hidden=(8,))
    frames = np.random.default_rng(0).normal(size=(500, 64)).astype(np.float32)
    list(stream(program, [frames], threads=1))

    def peak(sequences: int) -> int:
        tracemalloc.start()
        for _ in stream(program, (frames for _ in range(sequences)), threads=1):
            pass
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(400) < 1.1 * peak(100)


def test_a_stream_reads_on_only_when_it_is_asked_for_more() -> None:
    program, taken = random_program(0, channels=1024, hidden=(2,)), []

    def source() -> Iterator[np.ndarray]:
        for i in range(10):
            taken.append(i)
            yield np.zeros((1000, 1024), dtype=np.float32)

    scores = stream(program, source(), threads=3)
    assert taken == []
    next(scores)
    assert len(taken) == 4


def test_a_stream_that_is_left_waits_for_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    program = random_program(0, channels=1024, hidden=(2,))
    scores = stream(program, (np.zeros((1000, 1024), np.float32) for _ in range(9)), threads=3)
    next(scores)

    def join(thread: threading.Thread, timeout: float | None = None) -> None:
        raise AssertionError("a garbage collector that waits may wait for its own thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "join", join)
        scores.close()


def test_small_sequences_are_worked_on_many_at_a_time() -> None:
    small = np.zeros((1, VALUES_AT_ONCE // 4), dtype=np.float32)
    found = [(len(batch), first) for batch, first in batches([small] * 10)]
    assert found == [(4, 0), (4, 4), (2, 8)]


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("count", [0, 2, 9])
def test_what_came_before_its_source_failed_is_scored(threads: int, count: int) -> None:
    program = random_program(0, channels=1024, hidden=(2,))
    frames = np.random.default_rng(0).normal(size=(count, 200, 1024))

    def source() -> Iterator[np.ndarray]:
        yield from frames
        raise ConnectionError("the sensor is gone")

    found = []
    with pytest.raises(ConnectionError, match="the sensor is gone"):
        for scores in stream(program, source(), threads=threads):
            found.append(scores)
    assert len(found) == count
    assert not count or np.array_equal(found, run(program, frames, engine="numpy").scores)


def test_a_sequence_of_a_stream_that_cannot_be_run_is_named_behind_the_scores_before_it() -> None:
    program = random_program(0)
    good = np.zeros((4, 3))
    for bad, message in (
        (np.zeros((4, 2)), "frames have 2 channels"),
        (np.full((4, 3), np.nan), "nan in sequence 0, step 0"),
        (np.zeros((2000, 3)), "a sequence has 2000 steps"),
        (np.zeros(3), "has shape"),
    ):
        found = []
        with pytest.raises(InputError, match=f"sequence 2 of the stream: .*{message}"):
            for scores in stream(program, [good, good, bad, good]):
                found.append(scores)
        assert np.array_equal(found, run(program, [good, good], engine="numpy").scores)
    wide = random_program(0, channels=1024, hidden=(2,))
    for made, steps in ((program, 4), (wide, 600)):  # in one part, in three
        some = np.zeros((steps, made.encoder.channels))
        long = Sequences.of([some, some, np.zeros((2000, made.encoder.channels))])
        with pytest.raises(InputError, match="sequence 2 of the stream: .* has 2000 steps"):
            list(stream(made, long))
    for channels in (0, 2**20):
        strange = Sequences(np.zeros((4, channels), dtype=np.float32), np.array([4]))
        with pytest.raises(InputError, match=f"sequence 0 .*: frames have {channels} channels"):
            list(stream(program, strange))


@pytest.mark.parametrize("readout", READOUTS)
def test_a_stream_of_values_gives_the_values_of_a_run(readout: str) -> None:
    program = program_of_values(readout)
    expected = program.values(run(program, SEQUENCES))
    found = list(stream(program, SEQUENCES, values=True))
    assert np.array_equal(np.concatenate(found) if readout == "step" else found, expected)
