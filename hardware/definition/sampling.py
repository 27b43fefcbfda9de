"""Sampling of a class from scores, in integers: the same draw on every engine and machine.

For scores s of K classes, of which one counts `unit` logits, and a temperature T::

    k    = round(unit / (T · ln 2) · 2^24)
    d_i  = ⌊(max s − s_i) · k / 2^16⌋                    in 1/256 of a halving
    w_i  = ⌊P[d_i mod 256] / 2^⌊d_i / 256⌋⌋              P[f] = ⌊2^(32 − f / 256)⌋
    u    = ⌊r_n · Σ w / 2^64⌋                            r_n: draw n of SplitMix64
    i    = the first with w_1 + … + w_i > u

so that w_i is proportional to exp(s_i · unit / T) within the roundings. A temperature of 0 takes
the largest score, the first of them where several are equal. At a temperature of 1 a class costs

    c_i  = d_i + ⌊256 · log2 Σ w⌋ − 256 · 32

256ths of a bit: −log2 of its probability, in integers that add up along a sequence.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import isfinite, isqrt, log

import numpy as np
from numpy.typing import ArrayLike

from hardware.definition.arithmetic import Integers
from hardware.errors import SettingError

STEPS = 256
"""Steps of a halving in the table of powers."""

LARGEST_FACTOR = 2**38 - 1
"""With a larger factor k the products would leave 64 bits; w is 0 for any distance long before."""

MOST_HALVINGS = 63
"""A weight that is halved as often is 0."""

_WORD = 2**64 - 1


@cache
def powers() -> Integers:
    """Return ⌊2^(32 − f / 256)⌋ for f = 0 … 255, by eight integer square roots of 2^(8192 − f)."""
    found = []
    for f in range(STEPS):
        root = 1 << (32 * STEPS - f)
        for _ in range(8):
            root = isqrt(root)
        found.append(root)
    return np.array(found, dtype=np.int64)


def draw(seed: int, number: int) -> int:
    """Return draw `number` of SplitMix64 (Steele, Lea and Flood 2014) from a seed: 64 bits."""
    z = (seed + (number + 1) * 0x9E3779B97F4A7C15) & _WORD
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _WORD
    return z ^ (z >> 31)


@dataclass(frozen=True)
class Sampler:
    """A choice of one class at a time. Equal seeds give equal choices."""

    temperature: float = 1.0
    """Divides the logits: below 1 likely classes come more often; 0 takes the largest score."""

    seed: int = 0

    def __post_init__(self) -> None:
        if not (isfinite(self.temperature) and self.temperature >= 0):
            raise SettingError(
                f"the temperature is {self.temperature}, expected a finite number of at least 0"
            )
        if not 0 <= self.seed <= _WORD:
            raise SettingError(f"the seed is {self.seed}, expected 0 to 2^64 − 1")

    def weights(self, scores: ArrayLike, unit: float) -> Integers:
        """Return the integers w that the probabilities of the classes are proportional to."""
        s = np.asarray(scores, dtype=np.int64)
        if self.temperature == 0:
            found = np.zeros(len(s), dtype=np.int64)
            found[s.argmax()] = 1
            return found
        return _weights(_distances(s, unit / self.temperature))

    def choose(self, scores: ArrayLike, unit: float, number: int) -> int:
        """Return the class of draw `number` from the scores (classes,)."""
        reached = np.cumsum(self.weights(scores, unit))
        u = draw(self.seed, number) * int(reached[-1]) >> 64
        return int(np.searchsorted(reached, u, side="right"))


def costs(scores: ArrayLike, unit: float) -> Integers:
    """Return −log2 of the probabilities of the classes (classes,), in 256ths of a bit."""
    d = _distances(np.asarray(scores, dtype=np.int64), unit)
    total = int(_weights(d).sum())
    # ⌊256 · log2 n⌋ is the place of the highest bit of n^256.
    return d + ((total**STEPS).bit_length() - 1 - 32 * STEPS)


def _distances(scores: Integers, unit: float) -> Integers:
    """Return d: how far each score is below the largest."""
    if not unit > 0:
        raise SettingError(f"a score counts {unit:g} logits, expected more than 0: nothing to draw")
    factor = round(min(unit / log(2) * 2**24, LARGEST_FACTOR))
    return ((scores.max() - scores) * factor) >> 16


def _weights(d: Integers) -> Integers:
    return powers()[d % STEPS] >> np.minimum(d // STEPS, MOST_HALVINGS)
