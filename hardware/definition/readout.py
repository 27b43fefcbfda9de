"""The readout, defined once: from what the last layer emits to scores.

::

    current_t = ⌊V m_t · 2^shift⌋ + b

    mean   score = Σ_t current_t                                  divided by the steps for its value
    count  score = Σ_t current_t
    leaky  y ← y − ⌊y · 2^-leak⌋ + current_t,  score = y          leaky integrator
    last   score = current_T                                      last membrane
    step   score_t = current_t                                    an answer at every step

`m` is what the last layer emits; for `last` it is the membrane after the last step, on the gate
grid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardware.definition.arithmetic import Integers, shift
from hardware.errors import SettingError, choose

READOUTS = ("mean", "count", "leaky", "last", "step")
LEAKS = range(1, 9)


@dataclass(frozen=True)
class Readout:
    """A score of n stands for `n · 2^exponent`; what training saw of it is that times `gain`."""

    weights: NDArray[np.int8]  # (outputs, neurons)
    bias: NDArray[np.int64]  # (outputs,)
    exponent: int
    gain: float
    kind: str = "mean"
    shift: int = 0
    leak: int = 0

    def __post_init__(self) -> None:
        choose("readout", self.kind, READOUTS)
        if self.weights.ndim != 2 or self.bias.shape != (self.outputs,):
            raise SettingError(
                f"readout: weights have shape {self.weights.shape} and biases {self.bias.shape}, "
                f"expected (outputs, neurons) and (outputs,)"
            )
        if self.leak not in (LEAKS if self.kind == "leaky" else (0,)):
            raise SettingError(
                f"readout: leak is {self.leak}, expected {LEAKS.start} to {LEAKS.stop - 1} for a "
                f"leaky one, 0 for any other"
            )

    @property
    def outputs(self) -> int:
        return self.weights.shape[0]

    @property
    def adds_up(self) -> bool:
        """Whether a score is a sum over all steps, which grows with them."""
        return self.kind in ("mean", "count")

    @property
    def answers_every_step(self) -> bool:
        return self.kind == "step"

    @property
    def sees_membranes(self) -> bool:
        return self.kind == "last"

    def current(self, product: Integers) -> Integers:
        """⌊V m · 2^shift⌋ + b, from the products V m."""
        return shift(product, self.shift) + self.bias

    def step(self, score: Integers, product: Integers) -> Integers:
        """The scores after one more step, from those before it and the products V m."""
        current = self.current(product)
        if self.adds_up:
            return score + current
        if self.kind == "leaky":
            return score - shift(score, -self.leak) + current
        return current

    def values(self, scores: Integers, steps: Integers | int) -> NDArray[np.float64]:
        """What scores (…, outputs) stand for after so many steps (…): the logits of training."""
        values = scores.astype(np.float64) * (self.gain * 2.0 ** (self.exponent - self.leak))
        if self.kind == "mean":
            values /= np.asarray(steps, dtype=np.float64)[..., np.newaxis]
        return values
