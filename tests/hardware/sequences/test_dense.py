from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from programs import random_sequences

from hardware.errors import InputError
from hardware.sequences.dense import Sequences, float_frames
from hardware.sequences.sparse import SparseSequences


def test_a_list_of_arrays_keeps_every_frame_in_order() -> None:
    arrays = [np.ones((2, 3)), np.zeros((4, 3))]
    sequences = Sequences.of(arrays)
    assert sequences.lengths.tolist() == [2, 4]
    assert all(np.array_equal(a, b) for a, b in zip(sequences, arrays, strict=True))


def test_taking_sequences_equals_picking_them_one_by_one() -> None:
    sequences = random_sequences(0, 3, [2, 5, 1, 4])
    taken = sequences.take([3, 0])
    parts = list(sequences)
    assert np.array_equal(taken.values, np.concatenate([parts[3], parts[0]]))
    assert taken.lengths.tolist() == [4, 2]


@given(
    lengths=st.lists(st.integers(1, 9), max_size=12),
    frames=st.integers(1, 40),
)
def test_parts_are_the_same_sequences_one_after_another(lengths: list[int], frames: int) -> None:
    sequences = random_sequences(0, 3, lengths)
    parts = list(sequences.parts(frames))
    assert [n for part in parts for n in part.lengths] == lengths
    for part in parts:
        assert part.lengths.sum() == len(part.values)
        assert len(part.values) < frames + 2 * max(lengths, default=1)
        assert np.shares_memory(part.values, sequences.values) or not lengths
    assert np.array_equal(np.concatenate([part.values for part in parts]), sequences.values)


def test_no_sequences_are_none_however_one_asks() -> None:
    none = random_sequences(0, 3, [2]).take([])
    assert len(none) == 0
    assert list(none) == []
    assert len(none.take([])) == 0


def test_an_empty_list_has_the_channels_that_it_is_told() -> None:
    for data in ([], (), iter([]), Sequences.of([])):
        assert Sequences.of(data, 5).values.shape == (0, 5)
    assert Sequences.of([]).values.shape == (0, 0)
    assert Sequences.of(np.zeros((0, 4, 7)), 5).values.shape == (0, 7)
    assert SparseSequences.of([], 5).channels == 5
    assert Sequences.of([np.ones((2, 3))], 5).channels == 3


class Differentiable:
    """As a tensor of torch that requires a gradient: no array until it is detached."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = values

    def detach(self) -> np.ndarray:
        return self.values

    def __array__(self, *arguments: object, **more: object) -> np.ndarray:
        raise RuntimeError("Can't call numpy() on Tensor that requires grad.")


def test_a_tensor_that_requires_a_gradient_is_taken_without_it() -> None:
    values = np.arange(6.0).reshape(2, 3)
    assert np.array_equal(Sequences.of([Differentiable(values)]).values, values)
    assert np.array_equal(float_frames("x", Differentiable(values), "(2, 3)"), values)
    with pytest.raises(InputError, match="not a list of arrays.*requires grad"):
        Sequences.of([[Differentiable(values)]])


def test_a_value_that_is_not_finite_is_named_by_its_place() -> None:
    values = np.zeros((5, 2), dtype=np.float32)
    values[3, 1] = np.nan
    with pytest.raises(InputError, match="nan in sequence 1, step 1, channel 1, .*: correct"):
        Sequences(values, np.array([2, 3]))


@pytest.mark.parametrize(
    ("values", "lengths", "message"),
    [
        (np.zeros(3, dtype=np.float32), [3], "expected two dimensions"),
        (np.zeros((3, 2), dtype=np.float32), [2], "lengths sum to 2, but there are 3 frames"),
        (np.zeros((3, 2), dtype=np.float32), [3, 0], "sequence 1 has length 0"),
        (np.zeros((3, 2), dtype=np.float32), [2**63 - 1, 2**63 - 1, 5], "lengths sum to 18446744"),
        (np.zeros((3, 2), dtype=np.int64), [3], "expected floating point"),
        (np.zeros((3, 2), dtype=np.float32), [1.5, 1.5], "one whole number"),
    ],
)
def test_data_of_a_wrong_form_is_refused(values: np.ndarray, lengths: list, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Sequences(values, np.array(lengths))


def test_sequences_of_different_widths_are_refused() -> None:
    with pytest.raises(InputError, match=r"sequence 1 has shape \(2, 4\), expected \(steps, 3\)"):
        Sequences.of([np.zeros((2, 3)), np.zeros((2, 4))])


def test_frames_without_channels_are_refused_with_a_remedy() -> None:
    message = r"sequence 0 has shape \(5,\), expected \(steps, channels\): give a row for each step"
    with pytest.raises(InputError, match=message):
        Sequences.of(np.zeros((2, 5)))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([1.0, 2.0], r"sequence 0 has shape \(\), expected \(steps, channels\)"),
        ([np.zeros((2, 3)), 1.0], r"sequence 1 has shape \(\), expected \(steps, 3\)"),
        (3.0, "not a list of arrays"),
        ([[[1.0], [1.0, 2.0]]], "not a list of arrays"),
        ([np.ones((2, 3)) * 1j], "sequence 0 is of complex128"),
        ([np.array([["a"]])], "sequence 0 is of <U1"),
        ([np.full((2, 3), 1e300)], "inf in sequence 0"),
    ],
)
def test_what_is_no_list_of_sequences_is_refused(data: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Sequences.of(data)


def test_values_are_float32_whatever_they_came_as() -> None:
    precise = np.full((5, 2), 0.1)
    sequences = Sequences(precise, np.array([2, 3], dtype=np.uint8))
    assert sequences.values.dtype == np.float32
    assert sequences.lengths.dtype == np.int64
    assert np.array_equal(sequences.values, Sequences.of(list(sequences)).values)
    with pytest.raises(InputError, match="inf in sequence 0, step 0, channel 0"):
        Sequences(np.full((1, 1), 1e300), np.array([1]))


def test_a_value_that_is_written_later_does_not_run() -> None:
    values, lengths = np.ones((4, 3), dtype=np.float32), np.array([3, 1])
    sequences = Sequences(values, lengths)
    of_list = Sequences.of([values])
    values[0, 0], lengths[0] = np.nan, 4
    assert np.isfinite(sequences.values).all()
    assert np.isfinite(of_list.values).all()
    assert sequences.lengths.tolist() == [3, 1]


@pytest.mark.parametrize("kind", [Sequences, SparseSequences])
def test_a_number_chooses_a_sequence_and_a_slice_several(kind: type) -> None:
    sequences = kind.of(random_sequences(0, 3, [5, 8, 2, 6]))
    of_each = list(sequences)
    for index in (0, 3, -1, np.int64(2)):
        assert np.array_equal(sequences[index], of_each[index])
    chosen = sequences[1:3]
    assert isinstance(chosen, kind)
    assert chosen.lengths.tolist() == [8, 2]
    assert np.array_equal(chosen[1], of_each[2])
    assert len(sequences[:0]) == 0
    with pytest.raises(IndexError):
        sequences[4]
