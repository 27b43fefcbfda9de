"""Splits: disjoint, of the size asked for, and no group in two parts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.errors import InputError
from spiking_gru.data.splits import by_class, by_group, by_share, by_time, folds

SEEDS = st.integers(0, 1000)


@given(st.lists(st.integers(2, 30), min_size=1, max_size=6), st.floats(0.01, 0.99), SEEDS)
def test_a_share_of_each_class_is_held_and_some_of_each_kept(
    sizes: list[int], share: float, seed: int
) -> None:
    labels = np.repeat(np.arange(len(sizes)), sizes)
    held = by_class(labels, share, seed)
    assert len(set(held)) == len(held)
    for label, size in enumerate(sizes):
        count = int((labels[held] == label).sum())
        assert count == min(size - 1, max(1, round(share * size)))


@given(st.lists(st.integers(1, 9), min_size=2, max_size=9), st.floats(0.05, 0.9), SEEDS)
def test_no_group_is_in_two_parts(sizes: list[int], share: float, seed: int) -> None:
    groups = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    held = by_group(groups, share, seed)
    kept = np.setdiff1d(np.arange(len(groups)), held)
    assert len(held)
    assert len(kept)
    assert not set(groups[held]) & set(groups[kept])


def test_groups_of_equal_size_make_up_the_share() -> None:
    groups = np.repeat([f"person {i}" for i in range(10)], 7)
    assert len(by_group(groups, 0.3, 0)) == 21


def test_the_last_sequences_are_the_part_that_comes_later() -> None:
    assert by_time(10, 0.2).tolist() == [8, 9]


def test_the_seed_chooses() -> None:
    assert by_share(50, 0.2, 1).tolist() == by_share(50, 0.2, 1).tolist()
    assert by_share(50, 0.2, 1).tolist() != by_share(50, 0.2, 2).tolist()
    assert len(by_share(50, 0.2, 1)) == 10


@given(st.lists(st.integers(1, 9), min_size=3, max_size=9), st.integers(2, 3), SEEDS)
def test_folds_hold_every_sequence_once_and_share_classes_or_keep_groups_whole(
    sizes: list[int], k: int, seed: int
) -> None:
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    for whole in (False, True):
        parts = folds(len(labels), k, seed, labels, whole=whole)
        assert np.sort(np.concatenate(parts)).tolist() == list(range(len(labels)))
        counts = np.array([np.bincount(labels[part], minlength=len(sizes)) for part in parts])
        if whole:
            assert ((counts > 0).sum(axis=0) == 1).all()
        else:
            assert (np.ptp(counts, axis=0) <= 1).all()


@pytest.mark.parametrize(
    ("split", "message"),
    [
        (lambda: by_class(np.array([0, 0, 1]), 0.1, 0), "class 1 has 1 sequence"),
        (lambda: by_group(np.array(["a", "a"]), 0.1, 0), "every sequence is of the group 'a'"),
        (lambda: by_time(1, 0.1), "there is 1 sequence"),
        (lambda: by_share(1, 0.1, 0), "there is 1 sequence"),
        (lambda: folds(5, 6, 0), "6 folds of 5 sequences: expected 2 to 5"),
        (lambda: folds(5, 3, 0, np.zeros(5), whole=True), "3 folds of 1 group:"),
    ],
)
def test_splits_that_are_impossible_are_refused(split: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        split()  # type: ignore[operator]
