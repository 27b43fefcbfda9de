"""The largest sums of a row, found by trying everything that can send."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from hardware.definition.sums import largest_sums


@pytest.mark.parametrize("alternatives", [1, 2, 3, 6])
def test_the_largest_sums_are_those_of_the_worst_choice_of_sources(alternatives: int) -> None:
    weights = np.random.default_rng(alternatives).integers(-127, 128, (20, 6)).astype(np.int8)
    groups = np.arange(6).reshape(-1, alternatives)
    choices = [[(), *((source,) for source in group)] for group in groups.tolist()]
    sums = np.array(
        [weights[:, list(sum(picked, ()))].sum(axis=1, dtype=int) for picked in product(*choices)]
    )
    greatest, least = largest_sums(weights, alternatives)
    assert np.array_equal(greatest, sums.max(axis=0))
    assert np.array_equal(least, sums.min(axis=0))


@pytest.mark.parametrize("alternatives", [1, 2])
def test_a_matrix_without_rows_has_no_sums(alternatives: int) -> None:
    greatest, least = largest_sums(np.zeros((0, 4), dtype=np.int8), alternatives)
    assert greatest.shape == least.shape == (0,)
