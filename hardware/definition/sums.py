"""The largest sums that a row of weights can make."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hardware.definition.arithmetic import Integers


def largest_sums(weights: NDArray[np.integer], alternatives: int = 1) -> tuple[Integers, Integers]:
    """Return the greatest and the least sum of weights of each row (rows, sources).

    Of `alternatives` adjacent sources at most one counts, such as of the tokens of a channel.
    """
    greatest = least = weights
    if alternatives > 1:
        rows, sources = weights.shape
        by_group = weights.reshape(rows, sources // alternatives, alternatives)
        greatest, least = by_group.max(axis=-1), by_group.min(axis=-1)
    return (
        np.maximum(greatest, 0).sum(axis=1, dtype=np.int64),
        np.minimum(least, 0).sum(axis=1, dtype=np.int64),
    )
