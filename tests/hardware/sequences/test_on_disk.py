"""Sequences on disk are the sequences that were put there."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from on_disk_data import kept
from programs import random_program, random_sequences

import hardware
from hardware.errors import InputError
from hardware.sequences import on_disk
from hardware.sequences.dense import Sequences
from hardware.sequences.on_disk import DiskSequences, SequenceStore, stored
from hardware.sequences.statistics import mean_and_deviation, ranges


@given(
    lengths=st.lists(st.integers(1, 9), min_size=1, max_size=12),
    frames=st.integers(1, 40),
    data=st.data(),
)
def test_sequences_on_disk_equal_those_in_memory(
    lengths: list[int], frames: int, data: st.DataObject
) -> None:
    sequences = random_sequences(0, 3, lengths)
    found = kept(sequences)
    assert (len(found), found.channels) == (len(lengths), 3)
    assert np.array_equal(found.values, sequences.values)
    assert np.array_equal(found.in_memory().values, sequences.values)
    assert all(np.array_equal(a, b) for a, b in zip(found, sequences, strict=True))
    for one, other in zip(found.parts(frames), sequences.parts(frames), strict=True):
        assert np.array_equal(one.values, other.values)
        assert np.array_equal(one.lengths, other.lengths)
    indices = data.draw(st.lists(st.integers(0, len(lengths) - 1)))
    taken, expected = found.take(indices), sequences.take(indices)
    assert isinstance(taken, DiskSequences)
    assert np.array_equal(taken.values, expected.values)
    assert np.array_equal(taken.lengths, expected.lengths)
    again = taken.take(np.arange(len(indices))[::-1])
    assert np.array_equal(again.values, expected.take(np.arange(len(indices))[::-1]).values)


@pytest.mark.parametrize("most", [0, 59, 60, 10**6])
def test_a_store_moves_to_disk_once_it_is_larger_than_its_limit(most: int) -> None:
    sequences = random_sequences(0, 3, [2, 3])  # 60 bytes
    store = SequenceStore(most)
    for sequence in sequences:
        store.add(sequence)
    found = store.sequences()
    assert isinstance(found, DiskSequences) == (most < 60)
    assert np.array_equal(found.values, sequences.values)


def test_figures_have_the_same_bits_on_disk_and_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    sequences = random_sequences(0, 3, [5, 9, 2, 7, 4, 30])
    exact = sequences.values.astype(np.float64)
    for mean, deviation in map(mean_and_deviation, (sequences, kept(sequences), exact)):
        assert np.array_equal(mean, exact.mean(axis=0))
        assert np.array_equal(deviation, exact.std(axis=0))
    monkeypatch.setattr("hardware.sequences.statistics.PIECE", 18)
    one, other = mean_and_deviation(sequences), mean_and_deviation(kept(sequences))
    assert np.array_equal(one, other)
    np.testing.assert_allclose(one, [exact.mean(axis=0), exact.std(axis=0)], rtol=1e-13)
    low, high, _ = ranges(kept(sequences))
    assert np.array_equal([low, high], [exact.min(axis=0), exact.max(axis=0)])


def test_a_program_runs_and_streams_from_disk() -> None:
    program, sequences = random_program(0), random_sequences(1, 3, [4, 2, 6])
    expected = hardware.run(program, sequences, "numpy").scores
    assert np.array_equal(hardware.run(program, kept(sequences), "numpy").scores, expected)
    assert np.array_equal(list(hardware.stream(program, kept(sequences))), expected)


def test_the_file_is_where_tmpdir_says_and_has_no_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.setattr(on_disk, "PLACE", str(tmp_path))
    assert on_disk.place_of_frames() == str(tmp_path)
    found = kept(random_sequences(0, 3, [2]))
    assert list(tmp_path.iterdir()) == []
    assert np.isfinite(found.values).all()
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(on_disk, "PLACE", "/")
    assert on_disk.place_of_frames() != "/"


def test_a_full_disk_and_a_missing_folder_say_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(on_disk.os, "pwrite", full)
    with pytest.raises(InputError, match="No space left on device: set TMPDIR to a folder with"):
        kept(random_sequences(0, 3, [2]))
    monkeypatch.setattr(on_disk, "place_of_frames", lambda: "/gone")
    with pytest.raises(InputError, match="cannot keep 0 frames in /gone: No such file"):
        kept(random_sequences(0, 3, [2]))


def test_a_file_that_was_cut_off_is_refused() -> None:
    found = kept(random_sequences(0, 3, [2, 2]))
    os.truncate(found._file._handle, 30)
    with pytest.raises(InputError, match="is cut off: run this again"):
        _ = found.values


def test_sequences_on_disk_show_their_size_without_being_read() -> None:
    found = kept(random_sequences(0, 3, [2, 4]))
    os.truncate(found._file._handle, 0)
    assert repr(found) == "DiskSequences(2 sequences, 6 frames, 3 channels)"
    assert found == found
    assert found != kept(random_sequences(0, 3, [2, 4]))


def mapped(path: Path, array: np.ndarray) -> np.memmap:
    np.save(path, array)
    return np.load(path, mmap_mode="r")


def test_memory_mapped_arrays_stay_on_disk_if_they_are_large(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=(4, 5, 3))
    one = mapped(tmp_path / "a.npy", values)
    several = [mapped(tmp_path / f"{i}.npy", values[i, : i + 1]) for i in range(4)]
    for maps, arrays in ((one, values), (several, [values[i, : i + 1] for i in range(4)])):
        found, expected = stored(maps, 100), Sequences.of(arrays)
        assert isinstance(found, DiskSequences)
        assert np.array_equal(found.values, expected.values)
        assert np.array_equal(found.lengths, expected.lengths)
        assert not isinstance(stored(maps, 10**6), DiskSequences)
    assert not isinstance(stored(values, 100), DiskSequences)


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (np.full((2, 3), np.nan), "sequence 1 holds NaN or infinity"),
        (np.zeros((2, 4)), r"sequence 1 has shape \(2, 4\), expected \(steps, 3\)"),
        (np.zeros(3), r"sequence 1 has shape \(3,\), expected \(steps, 3\): give a row"),
        (np.zeros((0, 3)), r"sequence 1 has shape \(0, 3\), expected"),
        (np.array([["a"] * 3]), "sequence 1 is of <U1, expected floating point"),
    ],
)
def test_memory_mapped_arrays_are_checked_as_others_are(
    tmp_path: Path, second: np.ndarray, message: str
) -> None:
    first = mapped(tmp_path / "a.npy", np.zeros((50, 3)))
    with pytest.raises(InputError, match=message):
        stored([first, second], 100)
