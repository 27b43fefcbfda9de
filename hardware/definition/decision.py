"""Decisions: how the scores of classes become an answer.

For the scores s of K classes::

    one-of   the class i with the largest s_i, the first of them where several are equal
    any-of   for each class i: 1 where s_i > 0, else 0
    sign     of two classes with one score s: class 1 where s > 0, else class 0

A logit is a score times a factor above 0, so s > 0 where the probability σ(logit) is above 1/2.
This module needs no NumPy, so that the command line can list its options at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Decision:
    """How the scores of classes become an answer."""

    rule: str
    """The decision in a few words."""

    several: bool = False
    """Whether any number of classes may be right, also none: an answer is a row of 0 and 1."""

    shared_output: bool = False
    """Whether two classes share one output."""

    @property
    def is_largest(self) -> bool:
        """Whether the largest score decides; else each score is compared with 0."""
        return not (self.several or self.shared_output)

    def outputs(self, classes: int) -> int:
        """The readout's outputs for that many classes."""
        return 1 if self.shared_output else classes

    def of(self, scores: NDArray[np.integer]) -> NDArray[np.int64]:
        """The answers to scores (…, outputs): class indices (…,), or 0 and 1 (…, classes)."""
        if self.is_largest:
            largest: NDArray[np.int64] = scores.argmax(axis=-1)
            return largest
        above: NDArray[np.int64] = (scores > 0).astype("int64")
        return above[..., 0] if self.shared_output else above

    def outputs_of(self, answer: NDArray[np.int64]) -> list[int]:
        """The outputs of the classes of one answer, whose scores have decided for them."""
        if self.several:
            chosen: list[int] = answer.nonzero()[0].tolist()
            return chosen
        return [0] if self.shared_output else [int(answer)]


DECISIONS = {
    "one-of": Decision("the largest score wins, ties to the first"),
    "any-of": Decision("a class is named where its score is above 0", several=True),
    "sign": Decision("the second class where the score is above 0", shared_output=True),
}

ONE_OF = "one-of"
"""The decision unless told otherwise."""
