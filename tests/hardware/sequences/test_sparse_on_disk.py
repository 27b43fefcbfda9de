"""Sparse sequences can be taken apart and put together, on disk as in memory."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import random_sequences

from hardware import SparseSequences
from hardware.display import number_of
from hardware.errors import InputError
from hardware.sequences.dense import Sequences
from hardware.sequences.events import Counts
from hardware.sequences.on_disk import DiskSparseSequences, SparseStore, stored
from hardware.sequences.statistics import largest, mean_and_deviation, ranges

some_lengths = st.lists(st.integers(1, 9), min_size=1, max_size=8)


def both(lengths: list[int], activity: float) -> tuple[Sequences, list[SparseSequences]]:
    """Dense sequences, and the same in memory and on disk."""
    dense = random_sequences(1, 5, lengths, activity)
    sparse = SparseSequences.of(dense)
    store = SparseStore(5, most=0)
    for i in range(len(lengths)):
        one = sparse.take([i])
        store.add(Counts(one.values, one.columns, one.edges))
    kept = store.sequences()
    # A store moves to disk with the first event.
    assert isinstance(kept, DiskSparseSequences) == (len(sparse.values) > 0)
    return dense, [sparse, kept]


def same(found: SparseSequences, expected: Sequences) -> bool:
    made = found.dense()
    return np.array_equal(made.values, expected.values) and np.array_equal(
        made.lengths, expected.lengths
    )


@settings(deadline=None)
@given(lengths=some_lengths, activity=st.sampled_from([0.0, 0.1, 1.0]), data=st.data())
def test_sparse_sequences_are_taken_apart_as_dense_ones(
    lengths: list[int], activity: float, data: st.DataObject
) -> None:
    dense, sparse = both(lengths, activity)
    places = st.integers(0, len(lengths) - 1)
    indices = data.draw(st.lists(places))
    frames = data.draw(st.integers(1, 30))
    for each in sparse:
        assert same(each, dense)
        assert np.array_equal(each.starts, dense.starts)
        assert same(each.in_memory(), dense)
        assert same(each.take(indices), dense.take(indices))
        again = list(range(len(indices)))[::-1]
        assert same(each.take(indices).take(again), dense.take(indices).take(again))
        for part, expected in zip(each.parts(frames), dense.parts(frames), strict=True):
            assert same(part, expected)
        assert all(np.array_equal(a, b) for a, b in zip(each, dense, strict=True))
        assert np.array_equal(np.array(list(each.frames())), dense.values)
        checked = SparseSequences(each.values, each.columns, each.edges, each.lengths, 5)
        assert same(checked, dense)
        shown = number_of(len(lengths), "sequence"), number_of(sum(lengths), "frame")
        assert f"{', '.join(shown)}, 5 channels" in repr(each)


@settings(deadline=None)
@given(lengths=some_lengths, activity=st.sampled_from([0.0, 0.1, 1.0]))
def test_figures_of_sparse_sequences_are_those_of_dense_ones(
    lengths: list[int], activity: float
) -> None:
    dense, sparse = both(lengths, activity)
    for each in sparse:
        for found, expected in zip(ranges(each), ranges(dense), strict=True):
            assert np.allclose(found, expected, rtol=1e-12, atol=1e-12)
        deviation = mean_and_deviation(each)[1]
        assert np.allclose(deviation, mean_and_deviation(dense)[1], rtol=1e-12, atol=1e-12)
        assert largest(each) == largest(dense)
    one, other = (mean_and_deviation(each) for each in sparse)
    assert np.array_equal(one, other), "memory and disk give the same bits"


def test_parts_are_joined_if_they_have_as_many_channels() -> None:
    dense, (sparse, kept) = both([3, 1, 4], 0.5)
    parts = [sparse.take([0]), kept.take([1, 2])]
    assert same(SparseSequences.joined(parts), dense)
    assert same(stored(parts), dense)
    assert stored(kept) is kept
    other = SparseSequences.of(np.ones((1, 2, 3)))
    with pytest.raises(InputError, match="parts have 3 and 5 channels"):
        SparseSequences.joined([sparse, other])


@pytest.mark.parametrize("most", [0, 10**6])
def test_a_store_without_recordings_has_no_sequence(most: int) -> None:
    assert len(SparseStore(5, most).sequences()) == 0
