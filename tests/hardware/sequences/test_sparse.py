"""Sparse sequences are what is not 0 of frames, and a stream of them has the same scores."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import every_cell, every_program, random_program, random_sequences

from hardware import Program, Session, SparseSequences, run, stream
from hardware.engines.event_driven import machine
from hardware.engines.event_driven.encoding import encode_events
from hardware.errors import InputError
from hardware.sequences.dense import Sequences

activities = st.sampled_from([0.0, 0.02, 0.2, 1.0])
some_lengths = st.lists(st.integers(1, 9), min_size=1, max_size=6)


def without_offset(program: Program) -> Program:
    """The program whose encoder makes 0 of 0."""
    encoder = program.encoder
    return replace(program, encoder=replace(encoder, offset=np.zeros_like(encoder.offset)))


@settings(max_examples=60, deadline=None)
@given(
    program=every_program,
    cell=every_cell,
    lengths=some_lengths,
    activity=activities,
    offset=st.booleans(),
    threads=st.sampled_from([1, 2]),
)
def test_a_stream_of_sparse_sequences_gives_the_scores_of_a_run(
    program: dict, cell: dict, lengths: list[int], activity: float, offset: bool, threads: int
) -> None:
    made = random_program(**program, **cell)
    made = made if offset else without_offset(made)
    sequences = random_sequences(program["seed"], program["channels"], lengths, activity)
    expected = run(made, sequences, engine="numpy", strict=False)
    sparse = SparseSequences.of(sequences)
    found = list(stream(made, sparse, strict=False, threads=threads))
    assert len(found) == len(sequences)
    joined = np.concatenate(found) if made.readout.answers_every_step else np.array(found)
    assert np.array_equal(joined, expected.scores)


@pytest.mark.parametrize("activity", [0.01, 0.3])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_stream_of_many_channels_and_parts_gives_the_scores_of_a_run(
    activity: float, bidirectional: bool
) -> None:
    program = without_offset(
        random_program(3, 130, (70, 65), bidirectional=bidirectional, readout="step")
    )
    lengths = np.random.default_rng(3).integers(1, 900, 20).tolist()
    sequences = random_sequences(3, 130, lengths, activity)
    expected = run(program, sequences, engine="numpy", strict=False).scores
    for threads in (1, 3):
        found = stream(program, SparseSequences.of(sequences), strict=False, threads=threads)
        assert np.array_equal(np.concatenate(list(found)), expected)


@given(lengths=some_lengths, activity=activities, frames=st.integers(1, 20))
def test_sparse_sequences_are_the_sequences_they_came_from(
    lengths: list[int], activity: float, frames: int
) -> None:
    sequences = random_sequences(1, 5, lengths, activity)
    sparse = SparseSequences.of(sequences)
    assert len(sparse) == len(sequences)
    assert np.count_nonzero(sparse.values) == len(sparse.values)
    assert np.array_equal(Sequences.of(sparse).values, sequences.values)
    parts = list(sparse.parts(frames))
    assert [n for part in parts for n in part.lengths] == lengths
    again = [frame for part in parts for sequence in part for frame in sequence]
    assert np.array_equal(again, sequences.values)
    for part in parts:
        part.__post_init__()  # raises where a part is not sound


@given(lengths=some_lengths, events=st.integers(0, 40), seed=st.integers(0, 100))
def test_events_in_any_order_add_up_where_they_meet(
    lengths: list[int], events: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    frames, columns = rng.integers(0, sum(lengths), events), rng.integers(0, 4, events)
    values = rng.integers(1, 9, events)
    dense = np.zeros((sum(lengths), 4))
    np.add.at(dense, (frames, columns), values)
    sparse = SparseSequences.from_events(frames, columns, values, lengths=lengths, channels=4)
    assert np.array_equal(np.concatenate(list(sparse)), dense)
    ones = SparseSequences.from_events(frames, columns, 1, lengths=lengths, channels=4)
    assert ones.values.sum() == events


def test_a_run_and_a_session_take_sparse_sequences_as_any_frames() -> None:
    program, sequences = random_program(2), random_sequences(2, 3, [4, 7], 0.3)
    sparse = SparseSequences.of(sequences)
    expected = run(program, sequences, engine="numpy").scores
    assert np.array_equal(run(program, sparse).scores, expected)
    with Session(program) as session:
        assert np.array_equal(session.run(sparse), expected)
        assert session.run(SparseSequences.of(sequences.take([]))).shape == (0, 2)


def test_the_pixels_of_a_camera_take_no_memory_where_nothing_happens() -> None:
    pixels, steps, used = 2 * 128 * 128, 30_000, 30
    program = replace(without_offset(random_program(5, pixels, (3,))), max_steps=None)
    frames, columns = np.arange(0, steps, 10), np.arange(steps // 10) % used
    seen = SparseSequences.from_events(frames, columns, 1.0, lengths=[steps], channels=pixels)
    list(stream(program, seen, threads=1))
    tracemalloc.start()
    (found,) = stream(program, seen, threads=1)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 20_000_000, "one frame in a hundred would take more"
    layer, encoder = program.layers[0], program.encoder
    narrow = replace(
        program,
        encoder=replace(encoder, offset=encoder.offset[:used], gain=encoder.gain[:used]),
        layers=(replace(layer, input_weights=layer.input_weights[:, :used]),),
    )
    dense = np.zeros((steps, used))
    dense[frames, columns] = 1
    assert np.array_equal(found, run(narrow, [dense], engine="numpy").scores[0])


@settings(max_examples=40, deadline=None)
@given(program=every_program, cell=every_cell, at_once=st.integers(1, 12))
def test_a_long_sequence_is_scored_some_frames_at_a_time_with_the_same_bits(
    program: dict, cell: dict, at_once: int
) -> None:
    made = without_offset(random_program(**program, **cell))
    sequences = random_sequences(program["seed"], program["channels"], [23, 11], 0.2)
    expected = run(made, sequences, engine="numpy", strict=False).scores
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(machine, "FRAMES_AT_ONCE", at_once)
        sparse = SparseSequences.of(sequences)
        source = (sparse.take([i]) for i in range(2))
        found = list(stream(made, source, strict=False, threads=1))
    joined = np.concatenate(found) if made.readout.answers_every_step else np.array(found)
    assert np.array_equal(joined, expected)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_source_may_give_arrays_sequences_and_sparse_ones_in_turn(threads: int) -> None:
    program = without_offset(random_program(4))
    all_of_them = random_sequences(4, 3, [3, 1, 4, 1, 5, 9], 0.4)
    arrays = list(all_of_them)

    def source() -> Iterator[Any]:
        yield arrays[0]
        yield arrays[1]
        yield SparseSequences.of(all_of_them.take([2, 3]))
        yield all_of_them.take([])
        yield arrays[4]
        yield all_of_them.take([5])

    expected = run(program, all_of_them, engine="numpy").scores
    assert np.array_equal(list(stream(program, source(), threads=threads)), expected)


def test_silence_takes_no_memory() -> None:
    channels, steps = 700, 40_000
    program = replace(without_offset(random_program(5, channels, (3,))), max_steps=None)
    frames = np.arange(0, steps, 7)
    silence = SparseSequences.from_events(
        frames, frames % channels, 1.0, lengths=np.full(steps // 100, 100), channels=channels
    )
    expected = run(program, silence, engine="numpy").scores
    list(stream(program, silence, threads=1))
    tracemalloc.start()
    found = list(stream(program, silence, threads=1))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert np.array_equal(found, expected)
    assert most < 4 * channels * steps / 4, "a quarter of the frames' memory"


GOOD: dict[str, Any] = {
    "values": np.ones(3, dtype=np.float32),
    "columns": np.array([0, 2, 1]),
    "edges": np.array([0, 2, 2, 3]),
    "lengths": np.array([1, 2]),
    "channels": 3,
}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"values": np.ones((3, 1))}, r"values are float64 of shape \(3, 1\), expected one dim"),
        ({"values": np.ones(3, dtype=int)}, "expected one dimension of floating point numbers"),
        ({"values": np.array([1, np.nan, 1])}, "nan in sequence 0, step 0, channel 2"),
        ({"values": np.array([1, 1, 1e300])}, "inf in sequence 1, step 1, channel 1"),
        ({"columns": np.ones(3)}, "columns are float64 .* expected one dimension of whole numbers"),
        ({"columns": np.arange(2)}, "there are 2 columns, but 3 values"),
        ({"columns": np.array([0, 3, 1])}, "column 3 in sequence 0, step 0: expected 0 to 2"),
        ({"columns": np.array([0, 2**32 + 2, 1])}, "column 4294967298 in sequence 0, step 0"),
        ({"columns": np.array([0, 2, -1])}, "column -1 in sequence 1, step 1: expected 0 to 2"),
        ({"columns": np.array([2, 0, 1])}, "column 0 comes behind 2 in sequence 0, step 0"),
        ({"columns": np.array([2, 2, 1])}, "column 2 comes behind 2 in sequence 0, step 0"),
        ({"edges": np.array([], dtype=int)}, "edges must rise from 0 to 3"),
        ({"edges": np.array([0, 2, 2, 4])}, "edges must rise from 0 to 3"),
        ({"edges": np.array([1, 2, 2, 3])}, "edges must rise from 0 to 3"),
        ({"edges": np.array([0, 2, 1, 3], dtype=np.uint64)}, "edges must rise from 0 to 3"),
        ({"edges": np.array([0.0, 2, 2, 3])}, "edges are float64"),
        ({"lengths": np.array([1, 1])}, "lengths sum to 2, but there are 3 frames"),
        ({"lengths": np.array([3, 0])}, "sequence 1 has length 0"),
        ({"channels": 2}, "column 2 in sequence 0, step 0: expected 0 to 1"),
        (
            {"columns": np.array([0, 3, 1]), "lengths": np.array([1, 2], dtype=np.uint64)},
            "column 3 in sequence 0, step 0",
        ),
        (
            {
                "edges": np.array([0, 2**62, 2**63 - 1, -(2**63), -(2**62), 0, 3]),
                "lengths": np.array([6]),
            },
            "edges must rise from 0 to 3",
        ),
        ({"lengths": np.array([2**63 - 1, 2**63 - 1, 5])}, "lengths sum to 18446744073709551619"),
        ({"channels": 3.0}, "3.0 channels: expected a whole number of 1 to 2147483647"),
        ({"channels": True}, "True channels: expected a whole number"),
        ({"channels": 0}, "0 channels: expected a whole number"),
        ({"channels": 2**31}, "2147483648 channels: expected a whole number"),
    ],
)
def test_what_is_not_sound_is_named(changed: dict[str, Any], message: str) -> None:
    assert np.array_equal(
        np.concatenate(list(SparseSequences(**GOOD))), [[1, 0, 1], [0] * 3, [0, 1, 0]]
    )
    with pytest.raises(InputError, match=message):
        SparseSequences(**(GOOD | changed))


@pytest.mark.parametrize(
    ("frames", "columns", "message"),
    [
        ([0, 5], [0, 0], "frame 5 of event 1: expected 0 to 4"),
        ([0, 1], [-1, 0], "column -1 of event 0: expected 0 to 2"),
        ([0.5, 1], [0, 0], "one whole number for the frame of each event"),
        ([0, 1], [[0], [0]], "one whole number for the column of each event"),
        ([0, 1], [0, 0, 0], "2 frames, 3 columns and 1 value"),
        ([], [0, 0], "0 frames, 2 columns and 1 value"),
    ],
)
def test_events_that_have_no_place_are_named(frames: list, columns: list, message: str) -> None:
    with pytest.raises(InputError, match=message):
        SparseSequences.from_events(frames, columns, 1.0, lengths=[2, 3], channels=3)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"channels": 2.5}, "2.5 channels: expected a whole number"),
        ({"channels": -1}, "-1 channels: expected a whole number"),
        ({"lengths": [1.5, 1.5]}, "lengths must be one whole number for each sequence"),
        ({"lengths": [3, -1]}, "sequence 1 has length -1"),
        ({"values": 1e300}, "inf in sequence 0, step 0, channel 0"),
    ],
)
def test_events_of_no_sound_sequences_are_refused(changed: dict[str, Any], message: str) -> None:
    sound = {"values": 1.0, "lengths": [1, 1], "channels": 2}
    assert len(SparseSequences.from_events([0], [0], **sound)) == 2
    with pytest.raises(InputError, match=message):
        SparseSequences.from_events([0], [0], **(sound | changed))


@pytest.mark.parametrize("offset", [False, True])
def test_nothing_at_all_is_taken_too(offset: bool) -> None:
    made = random_program(1)
    program = made if offset else without_offset(made)
    silence = SparseSequences.from_events([], [], [], lengths=[2, 1], channels=3)
    expected = run(program, np.zeros((1, 2, 3)), engine="numpy").scores[0]
    assert np.array_equal(next(stream(program, silence)), expected)
    none = SparseSequences.from_events([], [], [], lengths=[], channels=3)
    assert (len(none), list(none), list(stream(program, none))) == (0, [], [])
    assert len(list(stream(program, [none, silence, none]))) == 2


def test_memory_of_any_kind_is_taken_and_compiles_nothing_anew() -> None:
    program = without_offset(random_program(1))
    sparse = SparseSequences.of(random_sequences(1, 3, [4, 5], 0.5))
    expected = list(stream(program, sparse))
    known = dict(encode_events.addresses)

    def strided(values: np.ndarray) -> np.ndarray:
        return np.repeat(values, 2)[::2]

    def only_read(values: np.ndarray) -> np.ndarray:
        copy = values.copy()
        copy.setflags(write=False)
        return copy

    for form in (strided, only_read):
        again = SparseSequences(
            values=form(sparse.values),
            columns=form(sparse.columns),
            edges=form(sparse.edges),
            lengths=form(sparse.lengths),
            channels=3,
        )
        assert np.array_equal(list(stream(program, again)), expected)
    assert encode_events.addresses == known


def test_sparse_sequences_come_of_whatever_sequences_come_of() -> None:
    frames = np.random.default_rng(0).integers(0, 2, (3, 4, 5))
    assert np.array_equal(list(SparseSequences.of(frames)), frames)
    again = SparseSequences.of(SparseSequences.of(list(frames)))
    assert np.array_equal(list(again), frames)


def test_whole_numbers_of_any_kind_name_places_and_channels() -> None:
    for number in (np.int8, np.uint8, np.uint64):
        sparse = SparseSequences.from_events(
            np.array([1, 120], number), np.array([99, 3], number), 1.0,
            lengths=np.array([121], number), channels=number(100),
        )  # fmt: skip
        assert np.argwhere(next(iter(sparse))).tolist() == [[1, 99], [120, 3]]


def test_sparse_sequences_that_a_program_cannot_take_are_named() -> None:
    program = random_program(0)
    good = SparseSequences.of(random_sequences(0, 3, [4, 4], 0.5))
    long = SparseSequences.of(random_sequences(0, 3, [4, 2000], 0.5))
    wide = SparseSequences.of(random_sequences(0, 5, [4], 0.5))
    found = []
    with pytest.raises(InputError, match="sequence 3 of the stream: a sequence has 2000 steps"):
        for scores in stream(program, [good, long]):
            found.append(scores)
    before = [*good, *long][:3]
    assert np.array_equal(found, run(program, before, engine="numpy").scores)
    with pytest.raises(InputError, match="sequence 2 of the stream: frames have 5 channels"):
        list(stream(program, [good, wide]))
    widest = replace(long, channels=2**31 - 1)  # no memory would hold its frames
    with pytest.raises(InputError, match="sequence 2 of the stream: frames have 2147483647 chann"):
        list(stream(program, [good, widest]))
