"""The target of a readout: the meaning of its scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hardware.definition.decision import DECISIONS, ONE_OF, Decision
from hardware.errors import SettingError, choose

__all__ = ["DECISIONS", "ONE_OF", "SCORES", "Decision", "Target", "finite_numbers"]


def finite_numbers(name: str, given: ArrayLike) -> tuple[float, ...]:
    """One finite number for each output, from a list, an array or a tensor."""
    try:
        values = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError, OverflowError, RuntimeError) as error:
        raise SettingError(f"target: {name} is {given!r}: expected numbers: {error}") from error
    if values.ndim != 1 or not np.isfinite(values).all():
        raise SettingError(f"target: {name} is {given!r}: expected one finite number per output")
    return tuple(values.tolist())


@dataclass(frozen=True)
class Target:
    """The meaning of scores: votes for classes; or values, each `score · scale + offset`.

    Without classes the scores are values. A scale and an offset are one number for each output;
    empty ones stand for 1 and 0. `decision` names the way from scores to classes.
    """

    classes: tuple[str, ...] = ()
    scale: tuple[float, ...] = ()
    offset: tuple[float, ...] = ()
    decision: str = ONE_OF

    def __post_init__(self) -> None:
        if isinstance(self.classes, str) or not all(isinstance(c, str) for c in self.classes):
            raise SettingError(f"target: classes are {self.classes!r}, expected a tuple of names")
        object.__setattr__(self, "classes", tuple(self.classes))
        for name in ("scale", "offset"):
            object.__setattr__(self, name, finite_numbers(name, getattr(self, name)))
        if self.classes and (self.scale or self.offset):
            raise SettingError("target: it has classes and a scale or offset: give one of both")
        choose("decision", self.decision, DECISIONS)
        if not self.classes and self.row != DECISIONS[ONE_OF]:
            raise SettingError(
                f"target: the decision is {self.decision!r}, but there are no classes: name them, "
                f"or leave the decision out"
            )
        if self.row.shared_output and len(self.classes) != 2:
            raise SettingError(
                f"target: the decision is {self.decision!r} with {len(self.classes)} classes: "
                f"expected two, which share one output"
            )

    @property
    def row(self) -> Decision:
        """The row of the decision."""
        return DECISIONS[self.decision]

    def named(self, answer: NDArray[np.int64] | int) -> tuple[str, ...]:
        """The names of the classes of one answer: one, or any number of them."""
        if self.row.several:
            return tuple(self.classes[i] for i in self.row.outputs_of(np.asarray(answer) == 1))
        return (self.classes[int(answer)],)

    def require_outputs(self, outputs: int) -> None:
        """A SettingError where it does not fit that many outputs."""
        classes = len(self.classes)
        if classes and self.row.outputs(classes) != outputs:
            raise SettingError(
                f"{classes} class names for {outputs} readout outputs: expected "
                f"{self.row.outputs(classes)} with the decision {self.decision!r}"
            )
        for name, values in (("scale", self.scale), ("offset", self.offset)):
            if values and len(values) != outputs:
                raise SettingError(f"{len(values)} numbers of {name} for {outputs} readout outputs")


SCORES = Target()
"""Values that are the scores themselves."""
