"""Frames that are counts of events; anything else is refused with its place."""

from __future__ import annotations

import numpy as np
import pytest

from hardware.errors import InputError
from hardware.sequences import counts
from hardware.sequences.counts import require_counts
from hardware.sequences.dense import Sequences
from hardware.sequences.sparse import SparseSequences

FRAMES = [np.array([[0.0, 3.0], [1.0, 0.0]]), np.array([[2.0, 0.0], [0.0, 0.0], [0.0, 200.0]])]


@pytest.mark.parametrize("kind", [Sequences, SparseSequences])
@pytest.mark.parametrize("at_once", [1, 2**13])
@pytest.mark.parametrize("wrong", [-1.0, 0.5, -0.5, 2.5])
def test_a_value_that_is_no_count_is_refused_with_its_place(
    monkeypatch: pytest.MonkeyPatch,
    kind: type[Sequences] | type[SparseSequences],
    at_once: int,
    wrong: float,
) -> None:
    monkeypatch.setattr(counts, "FRAMES_AT_ONCE", at_once)
    require_counts(kind.of(FRAMES))
    frames = [array.copy() for array in FRAMES]
    frames[1][2, 1] = wrong
    expected = (
        f"^sequence 1, step 2, channel 1 is {wrong:g}, expected a count of events, .*: choose"
    )
    with pytest.raises(InputError, match=expected):
        require_counts(kind.of(frames))
