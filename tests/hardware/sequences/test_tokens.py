"""The first value of sequences that is no token is named with its place."""

from __future__ import annotations

import numpy as np
import pytest

from hardware import SparseSequences
from hardware.errors import InputError
from hardware.sequences.dense import Sequences
from hardware.sequences.tokens import largest_token, require_tokens


def sequences_with(wrong: float) -> Sequences:
    """Three sequences of two channels; the value is in the second step of the last one."""
    sequences = [np.full((3, 2), 1.0), np.full((1, 2), 4.0), np.full((2, 2), 2.0)]
    sequences[2][1, 1] = wrong
    return Sequences.of(sequences)


@pytest.mark.parametrize("wrong", [-1, 1.5, 5])
@pytest.mark.parametrize("sparse", [False, True])
def test_a_value_that_is_no_token_is_named_with_its_place(wrong: float, sparse: bool) -> None:
    dense = sequences_with(wrong)
    found = SparseSequences.of(dense) if sparse else dense
    with pytest.raises(InputError, match=f"^{wrong} in sequence 2, step 1, channel 1: expected a"):
        require_tokens(found, 4)


def test_tokens_and_padding_are_taken() -> None:
    for value in (0, 1, 4):
        require_tokens(sequences_with(value), 4)
    require_tokens(Sequences.empty(2), 4)


def test_the_largest_token_is_found_and_what_is_none_refused() -> None:
    assert largest_token(sequences_with(3)) == 4
    for wrong in (-9, 2.5):
        with pytest.raises(InputError, match="in sequence 2, step 1, channel 1.* 1 to 65535"):
            largest_token(sequences_with(wrong))
    with pytest.raises(InputError, match="^70000 in .* of 1 to 65535"):
        largest_token(sequences_with(70_000))
