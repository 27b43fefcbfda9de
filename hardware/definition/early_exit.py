"""Early exit: a sequence ends at the first frame after which its answer is clear.

Scores s after the last step of a frame have a lead, a whole number::

    one-of   lead = largest s − second largest s
    sign     lead = |s|, because two classes share one score

A lead of n stands for `n · |gain| · 2^(exponent − leak)` in the unit of logits. The readouts that
average (`mean`, `sliding` and `tumbling`) divide it by the steps that they sum. The sequence ends
where this is at least the margin. A floating-point number is an exact fraction, so the least lead
is a whole number, the same for every engine::

    least lead = ⌈margin / (|gain| · 2^(exponent − leak))⌉
    least lead = ⌈margin · steps / (|gain| · 2^(exponent − leak))⌉      for averages
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import inf, isnan

import numpy as np
from numpy.typing import NDArray

from hardware.definition.arithmetic import Integers
from hardware.definition.readout import Readout
from hardware.definition.target import Target
from hardware.errors import SettingError

NEVER = 2**62
"""A lead that no scores have."""


def why_whole(target: Target) -> str | None:
    """Return why sequences with this target are always read to their end; None where they are not.

    The text is that of an error.
    """
    if target.heads:
        return (
            f"early exit needs one answer, but the program has several heads: run "
            f"program.head({target.heads[0].name!r})"
        )
    if len(target.classes) > 1 and not target.row.several:
        return None
    found = "any number of classes may be right" if target.classes else "it has values"
    if len(target.classes) == 1:
        found = "it names one class"
    return (
        f"early exit needs a program that decides between classes, but {found}: run whole sequences"
    )


@dataclass(frozen=True)
class EarlyExit:
    """The rule that ends sequences of a readout's program."""

    readout: Readout
    margin: float
    """Least lead of the best class, in the unit of logits; no sequence ends early at infinity."""

    fewest: int
    """Frames that every sequence has at least."""

    per_frame: int
    """Steps of a frame."""

    def __post_init__(self) -> None:
        number = isinstance(self.margin, (int, float)) and not isinstance(self.margin, bool)
        if not number or isnan(self.margin) or self.margin < 0:
            raise SettingError(
                f"early_exit is {self.margin!r}, expected a margin of at least 0: the lead of the "
                f"best class in the unit of logits"
            )
        whole = isinstance(self.fewest, (int, np.integer)) and not isinstance(self.fewest, bool)
        if not whole or self.fewest < 1:
            raise SettingError(
                f"fewest is {self.fewest!r}, expected a whole number of frames from 1"
            )
        refusal = why_whole(self.readout.target)
        if refusal is not None:
            raise SettingError(refusal)

    @cached_property
    def _leads_of_margin(self) -> Fraction | None:
        """The margin in leads, for each step of an average; None where no lead reaches it."""
        readout = self.readout
        unit = Fraction(abs(readout.gain)) * Fraction(2) ** (readout.exponent - readout.leak)
        if not self.margin:
            return Fraction(0)
        return None if self.margin == inf or not unit else Fraction(self.margin) / unit

    def least(self, frames: NDArray[np.int64]) -> Integers:
        """The least lead after each of these numbers of frames at which a sequence ends."""
        least = np.full(len(frames), NEVER)
        ratio, enough = self._leads_of_margin, frames >= self.fewest
        if ratio is None:
            return least
        over, under = ratio.numerator, ratio.denominator
        steps = [1]
        if self.readout.row.averages:
            steps = self.readout.summed(frames[enough] * self.per_frame).tolist()
        least[enough] = [min(-(-over * n // under), NEVER) for n in steps]
        return least

    def lead(self, scores: Integers) -> Integers:
        """The leads of scores (frames, outputs)."""
        if self.readout.target.row.shared_output:
            return np.abs(scores[:, 0])
        largest = np.sort(scores, axis=1)
        return largest[:, -1] - largest[:, -2]

    def first(self, scores: Integers, before: int = 0) -> int | None:
        """The first frame that ends its sequence, of those with these scores (frames, outputs).

        `before` is the number of frames before them; None where the sequence goes on.
        """
        ends = self.lead(scores) >= self.least(before + 1 + np.arange(len(scores)))
        return int(ends.argmax()) if ends.any() else None
