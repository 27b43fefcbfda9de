"""Windows of a readout, defined once: a score that sums at most W steps, and so stays bounded.

::

    t = 0, 1, … counts the steps of a sequence, place = t mod W

    sliding   y ← (y − ring[place]) + current_t,   ring[place] ← current_t
    tumbling  s ← current_t where place = 0, else s + current_t
              y ← s where t < W or place = W − 1

The ring of each output begins with zeros. A sliding score is the sum of the last W currents; a
tumbling score is the sum of the last complete window. Where fewer than W steps have come, both are
the sum of all currents.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hardware.definition.arithmetic import Integers
from hardware.definition.limits import LONGEST_WINDOW, MOST_WINDOW_WORDS

Some: TypeAlias = slice | NDArray[np.integer]
"""Some of the sequences of a tally."""

EVERY = slice(None)


def longest_window(outputs: int) -> int:
    """Return the most steps that a window of that many outputs may have."""
    return min(LONGEST_WINDOW, MOST_WINDOW_WORDS // max(outputs, 1)) or 1


class Tally(NamedTuple):
    """The scores of sequences, and all that the next step needs besides. Steps change it."""

    score: Integers  # (sequences, outputs)
    window: Integers  # (sequences, words, outputs): the ring, or the sum of the window so far
    steps: Integers  # (sequences,): steps so far


def slide(tally: Tally, current: Integers, window: int, sequences: Some = EVERY) -> Integers:
    """Take one more current into the ring; return the sums of the last `window` currents."""
    numbers = np.arange(len(tally.steps))[sequences]
    place = tally.steps[numbers] % window
    score = tally.score[numbers] - tally.window[numbers, place] + current
    tally.window[numbers, place] = current
    return score


def tumble(
    tally: Tally, current: Integers, window: int, sequences: Some = EVERY
) -> tuple[Integers, Integers]:
    """Take one more current into the window; return the scores, and the sums of the window so far.

    The score changes where the window is complete, and at every step of the first one.
    """
    numbers = np.arange(len(tally.steps))[sequences]
    steps, sums = tally.steps[numbers], tally.window[numbers, 0]
    place = steps % window
    sums = np.where((place == 0)[:, np.newaxis], current, sums + current)
    tally.window[numbers, 0] = sums
    shown = (steps < window) | (place == window - 1)
    return np.where(shown[:, np.newaxis], sums, tally.score[numbers]), sums
