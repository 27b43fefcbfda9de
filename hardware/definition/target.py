"""The target of a readout: the meaning of its scores.

A readout may answer several questions at once. Its target then has heads, each with outputs of its
own that follow those of the head before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hardware.definition.decision import DECISIONS, ONE_OF, Decision
from hardware.errors import SettingError, choose, name_fault

__all__ = ["DECISIONS", "ONE_OF", "SCORES", "Decision", "Head", "Target", "finite_numbers"]

NOT_IN_A_NAME = "/=,"
"""Characters that no name of a head has: options and names of metrics need them."""


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

    A target with `heads` has nothing else: each head has a target of its own.
    """

    classes: tuple[str, ...] = ()
    scale: tuple[float, ...] = ()
    offset: tuple[float, ...] = ()
    decision: str = ONE_OF
    heads: tuple[Head, ...] = ()
    """Two or more, in the order of their outputs; none where there is one target."""

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
        if self.heads:
            self._require_heads()

    def _require_heads(self) -> None:
        object.__setattr__(self, "heads", tuple(self.heads))
        if self.classes or self.scale or self.offset:
            raise SettingError(
                "target: it has heads and classes, a scale or an offset: give these to a head"
            )
        if len(self.heads) < 2:
            raise SettingError("target: it has one head, expected two or more: give its target")
        names = [head.name for head in self.heads]
        for name in names:
            if names.count(name) > 1:
                raise SettingError(f"target: two heads are called {name!r}: rename one of them")

    @property
    def outputs(self) -> dict[str, slice]:
        """The outputs of each head by its name."""
        ends = accumulate((head.outputs for head in self.heads), initial=0)
        return {
            head.name: slice(*edges) for head, edges in zip(self.heads, pairwise(ends), strict=True)
        }

    def head(self, name: str) -> Head:
        """Return the head of a name."""
        if not self.heads:
            raise SettingError(
                f"the head {name!r} is asked for, but there is one target: leave the name out"
            )
        return {head.name: head for head in self.heads}[
            choose("head", name, (head.name for head in self.heads))
        ]

    @property
    def names(self) -> Iterator[str]:
        """All names of classes and of heads."""
        yield from self.classes
        for head in self.heads:
            yield head.name
            yield from head.target.classes

    @property
    def parts(self) -> list[tuple[slice, Target]]:
        """Outputs, and their target: those of each head, or all of them and the target itself."""
        if not self.heads:
            return [(slice(None), self)]
        outputs = self.outputs
        return [(outputs[head.name], head.target) for head in self.heads]

    @property
    def row(self) -> Decision:
        """The row of the decision."""
        return DECISIONS[self.decision]

    def named(self, answer: NDArray[np.int64] | int) -> tuple[str, ...]:
        """The names of the classes of one answer: one, or any number of them."""
        if self.row.several:
            return tuple(self.classes[i] for i in self.row.outputs_of(np.asarray(answer) == 1))
        return (self.classes[int(answer)],)

    def described(self, outputs: int) -> str:
        """The answers in a few words, such as `10 classes`."""
        if self.heads:
            return ", ".join(f"{h.name} ({h.target.described(h.outputs)})" for h in self.heads)
        number = len(self.classes) or outputs
        what = "classes" if self.classes else "value" if number == 1 else "values"
        return f"any of {number} {what}" if self.row.several else f"{number} {what}"

    def require_outputs(self, outputs: int) -> None:
        """A SettingError where it does not fit that many outputs."""
        needed = sum(head.outputs for head in self.heads)
        if self.heads and needed != outputs:
            raise SettingError(
                f"{outputs} readout outputs for heads that need {needed}: expected as many"
            )
        classes = len(self.classes)
        if classes and self.row.outputs(classes) != outputs:
            raise SettingError(
                f"{classes} class names for {outputs} readout outputs: expected "
                f"{self.row.outputs(classes)} with the decision {self.decision!r}"
            )
        for name, values in (("scale", self.scale), ("offset", self.offset)):
            if values and len(values) != outputs:
                raise SettingError(f"{len(values)} numbers of {name} for {outputs} readout outputs")


@dataclass(frozen=True)
class Head:
    """One of several targets of a readout: its name, its meaning, its number of outputs."""

    name: str
    target: Target
    outputs: int

    def __post_init__(self) -> None:
        fault = name_fault(self.name)
        if fault is None and set(self.name) & set(NOT_IN_A_NAME):
            fault = f"the name {self.name!r} has one of {' '.join(NOT_IN_A_NAME)}"
        if fault is not None:
            raise SettingError(f"heads: {fault}: choose another name")
        if self.target.heads:
            raise SettingError(f"the head {self.name!r} has heads: expected classes or values")
        if self.outputs < 1:
            raise SettingError(f"the head {self.name!r} has {self.outputs} outputs, expected some")
        try:
            self.target.require_outputs(self.outputs)
        except SettingError as error:
            raise SettingError(f"the head {self.name!r}: {error}") from error


SCORES = Target()
"""Values that are the scores themselves."""
