"""The readout, defined once: from the emissions of the last layer to scores.

::

    current_t = ⌊V m_t · 2^shift⌋ + b

    mean   score = Σ_t current_t                                  divided by the steps for its value
    count  score = Σ_t current_t
    leaky  y ← y − ⌊y · 2^-leak⌋ + current_t,  score = y          leaky integrator
    last   score = current_T                                      last membrane
    step   score_t = current_t                                    an answer at every step

    sliding   score = Σ current of the last W steps               divided by them for its value
    tumbling  score = Σ current of the last complete W steps      divided by them for its value

`hardware.definition.window` defines the sums of the last two. `m` is the emission of the last
layer; for `last` it is the membrane after the last step, on the gate grid.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hardware.definition.arithmetic import Integers, shift
from hardware.definition.target import SCORES, Target
from hardware.definition.window import (
    EVERY,
    Some,
    Tally,
    longest_window,
    slide,
    tumble,
)
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
    """Whether a score is a sum of the currents of steps: of all, or of those of a window."""

    averages: bool = False
    """Whether the value of a score is divided by the number of steps that it sums."""

    slides: bool = False
    """Whether the window of a score ends at every step."""

    tumbles: bool = False
    """Whether windows follow one another, and a score is the sum of the last complete one."""

    leaks: bool = False
    """Whether a score loses 2^-leak of itself at each step."""

    sees_membranes: bool = False
    """Whether it receives the last membranes, not emissions."""

    answers_every_step: bool = False

    @property
    def windowed(self) -> bool:
        """Whether a score sums the steps of a window only."""
        return self.slides or self.tumbles

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
    "sliding": ReadoutKind(5.0, adds_up=True, averages=True, slides=True),
    "tumbling": ReadoutKind(5.0, adds_up=True, averages=True, tumbles=True),
    "last": ReadoutKind(5.0, sees_membranes=True),
    "step": ReadoutKind(5.0, answers_every_step=True),
}


BOUNDED = tuple(name for name, row in READOUTS.items() if row.leaks or row.windowed)
"""Kinds that take in every step and stay bounded for any number of steps."""


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
    window: int = 0
    """Steps of a window; 0 for a kind without windows."""

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
        longest = longest_window(self.outputs) if self.row.windowed else 0
        if not min(1, longest) <= self.window <= longest:
            raise SettingError(
                f"readout: window is {self.window}, expected "
                + (f"1 to {longest:,} steps" if longest else f"0 for {self.kind!r}, without one")
            )

    @property
    def row(self) -> ReadoutKind:
        """The row of the kind."""
        return READOUTS[self.kind]

    @property
    def outputs(self) -> int:
        return self.weights.shape[0]

    @property
    def grows(self) -> bool:
        """Whether a score is a sum over all steps, which grows with them."""
        return self.row.adds_up and not self.row.windowed

    @property
    def remedy(self) -> str:
        """The last part of an error about sequences that are longer than the proof of scores."""
        other = f"; the readouts {', '.join(BOUNDED)} take any number of steps"
        return other if self.grows else ""

    @property
    def window_words(self) -> int:
        """Words that an output keeps of its window: a ring of currents, or one sum."""
        return self.window if self.row.slides else int(self.row.tumbles)

    def summed(self, steps: Integers | int) -> Integers:
        """The number of currents that a score sums after that many steps."""
        if not self.row.adds_up:
            return np.ones_like(steps)
        return np.minimum(steps, self.window) if self.row.windowed else np.asarray(steps)

    @property
    def answers_every_step(self) -> bool:
        return self.row.answers_every_step

    @property
    def sees_membranes(self) -> bool:
        return self.row.sees_membranes

    def current(self, product: Integers) -> Integers:
        """⌊V m · 2^shift⌋ + b, from the products V m."""
        return shift(product, self.shift) + self.bias

    def tally(self, sequences: int, longest: int | None = None) -> Tally:
        """Return the tally before the first step of sequences, of at most `longest` steps."""
        words = self.window_words if longest is None else min(self.window_words, longest)
        return Tally(
            np.zeros((sequences, self.outputs), dtype=np.int64),
            np.zeros((sequences, words, self.outputs), dtype=np.int64),
            np.zeros(sequences, dtype=np.int64),
        )

    def step(self, tally: Tally, product: Integers, sequences: Some = EVERY) -> Integers:
        """Take one more step of some sequences, from their products V m; return the sums it made.

        The sums are the new scores. A tumbling one has the sum of the window so far.
        """
        current, before, row = self.current(product), tally.score[sequences], self.row
        sums = score = current
        if row.slides:
            sums = score = slide(tally, current, self.window, sequences)
        elif row.tumbles:
            score, sums = tumble(tally, current, self.window, sequences)
        elif row.adds_up:
            sums = score = before + current
        elif row.leaks:
            sums = score = before - shift(before, -self.leak) + current
        tally.score[sequences] = score
        tally.steps[sequences] += 1
        return sums

    @property
    def unit(self) -> float:
        """The value of a score of 1, before it is divided by the steps that it sums."""
        return self.gain * 2.0 ** (self.exponent - self.leak)

    def values(self, scores: Integers, steps: Integers | int) -> NDArray[np.float64]:
        """The values of scores (…, outputs) after that many steps (…).

        For classes these are the logits of training, else values in the unit of the target.
        """
        values = scores.astype(np.float64) * self.unit
        if self.row.averages:
            values /= self.summed(steps).astype(np.float64)[..., np.newaxis]
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
