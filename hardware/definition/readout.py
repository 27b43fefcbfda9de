"""The readout, defined once: from the emissions of the last layer to scores.

::

    current_t = ⌊V m_t · 2^shift⌋ + b

    mean   score = Σ_t current_t                                  divided by the steps for its value
    count  score = Σ_t current_t
    leaky  y ← y − ⌊y · 2^-leak⌋ + current_t,  score = y          leaky integrator
    last   score = current_T                                      last membrane
    step   score_t = current_t                                    an answer at every step

`m` is the emission of the last layer; for `last` it is the membrane after the last step, on the
gate grid.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hardware.definition.arithmetic import Integers, shift
from hardware.definition.target import SCORES, Target
from hardware.display import number_of
from hardware.errors import SettingError, choose

__all__ = ["LEAKS", "LEAK_FRACTION", "READOUTS", "Readout", "ReadoutKind", "Target"]

LEAKS = range(1, 9)
LEAK_FRACTION = 4
"""Additional fraction bits of a leaky integrator: without them a small leak rounds to 0."""


@dataclass(frozen=True)
class ReadoutKind:
    """One kind of readout."""

    gain: float
    """Factor by which training multiplies scores, unless told otherwise."""

    adds_up: bool = False
    """Whether a score is a sum over all steps."""

    averages: bool = False
    """Whether the value of a score is divided by the steps."""

    leaks: bool = False
    """Whether a score loses 2^-leak of itself at each step."""

    sees_membranes: bool = False
    """Whether it receives the last membranes, not emissions."""

    answers_every_step: bool = False

    def shift(self, fraction: int) -> int:
        """The power of two that brings V m to the grid of the scores, `fraction` being m's bits.

        A score that adds up is kept on the grid of the weights (and LEAK_FRACTION bits more if it
        leaks), so that it stays small; a single product keeps all its bits. A score then counts in
        2^(weight exponent − fraction − shift).
        """
        if self.adds_up:
            return -fraction
        return LEAK_FRACTION - fraction if self.leaks else 0


READOUTS = {
    "mean": ReadoutKind(5.0, adds_up=True, averages=True),
    "count": ReadoutKind(0.5, adds_up=True),
    "leaky": ReadoutKind(5.0, leaks=True),
    "last": ReadoutKind(5.0, sees_membranes=True),
    "step": ReadoutKind(5.0, answers_every_step=True),
}


@dataclass(frozen=True)
class Readout:
    """A score of n stands for `n · 2^exponent`; training multiplies this value by `gain`."""

    weights: NDArray[np.int8]  # (outputs, neurons)
    bias: NDArray[np.int64]  # (outputs,)
    exponent: int
    gain: float
    kind: str = "mean"
    shift: int = 0
    leak: int = 0
    name: str = "readout"
    target: Target = SCORES

    def __repr__(self) -> str:
        outputs, inputs = self.weights.shape
        return f"Readout({self.kind!r}: {inputs} inputs, {number_of(outputs, 'output')})"

    def __post_init__(self) -> None:
        choose("readout", self.kind, READOUTS)
        if self.weights.ndim != 2 or self.bias.shape != (self.outputs,):
            raise SettingError(
                f"readout: weights have shape {self.weights.shape} and biases {self.bias.shape}, "
                f"expected (outputs, neurons) and (outputs,)"
            )
        if not isinstance(self.target, Target):
            raise SettingError(f"readout: the target is {self.target!r}, expected a Target")
        self.target.require_outputs(self.outputs)
        if self.leak not in (LEAKS if self.row.leaks else (0,)):
            raise SettingError(
                f"readout: leak is {self.leak}, expected {LEAKS.start} to {LEAKS.stop - 1} for a "
                f"leaky one, 0 for any other"
            )

    @property
    def row(self) -> ReadoutKind:
        """The row of the kind."""
        return READOUTS[self.kind]

    @property
    def outputs(self) -> int:
        return self.weights.shape[0]

    @property
    def adds_up(self) -> bool:
        """Whether a score is a sum over all steps, which grows with them."""
        return self.row.adds_up

    @property
    def answers_every_step(self) -> bool:
        return self.row.answers_every_step

    @property
    def sees_membranes(self) -> bool:
        return self.row.sees_membranes

    def current(self, product: Integers) -> Integers:
        """⌊V m · 2^shift⌋ + b, from the products V m."""
        return shift(product, self.shift) + self.bias

    def step(self, score: Integers, product: Integers) -> Integers:
        """The scores after one more step, from those before it and the products V m."""
        current = self.current(product)
        if self.adds_up:
            return score + current
        if self.row.leaks:
            return score - shift(score, -self.leak) + current
        return current

    @property
    def unit(self) -> float:
        """The value of a score of 1, before it is divided by the steps."""
        return self.gain * 2.0 ** (self.exponent - self.leak)

    def values(self, scores: Integers, steps: Integers | int) -> NDArray[np.float64]:
        """The values of scores (…, outputs) after that many steps (…).

        For classes these are the logits of training, else values in the unit of the target.
        """
        values = scores.astype(np.float64) * self.unit
        if self.row.averages:
            values /= np.asarray(steps, dtype=np.float64)[..., np.newaxis]
        for outputs, target in self.target.parts:
            if target.scale:
                values[..., outputs] *= target.scale
            if target.offset:
                values[..., outputs] += target.offset
        return values

    def head(self, name: str) -> Readout:
        """The readout of one head alone: its outputs, which have the same scores."""
        head, rows = self.target.head(name), self.target.outputs
        return replace(
            self,
            weights=self.weights[rows[name]],
            bias=self.bias[rows[name]],
            target=head.target,
        )
