"""What a report is made from: a trace, counted once and priced once on every chip shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hardware.cost.chip import CHIPS, Chip, load_chip
from hardware.cost.core_loads import core_loads
from hardware.cost.counts import Counts, count
from hardware.cost.energy import Cost, cost
from hardware.cost.placement import Placement, place
from hardware.errors import InputError
from hardware.program.model import Program
from hardware.runs.trace import Trace
from hardware.sequences.sparse import numbers


@dataclass(frozen=True)
class Study:
    """A run with its counts, and its placement and cost on each chip.

    `chips` is by the name or the file that was asked for; `charged` is that of the chip in whose
    joules the report speaks.
    """

    program: Program
    trace: Trace
    labels: NDArray[np.int64] | None
    charged: str
    chips: dict[str, Chip]
    placements: dict[str, Placement]
    costs: dict[str, Cost]
    counts: Counts

    @property
    def cost(self) -> Cost:
        return self.costs[self.charged]

    @property
    def names_classes(self) -> bool:
        """Whether scores are votes for classes; else they are values."""
        return bool(self.program.classes)

    def class_of(self, sequence: int) -> tuple[str | None, str | None]:
        """What a sequence was named, and what it is, where that is known."""
        if not self.names_classes:
            return None, None
        classes = self.program.classes
        named = classes[int(self.trace.predictions[sequence])]
        return named, None if self.labels is None else classes[int(self.labels[sequence])]


def study(
    program: Program,
    trace: Trace,
    labels: ArrayLike | None = None,
    chip: str | Path | Chip = "loihi2",
) -> Study:
    """Count and price a trace on a chip, given as to `load_chip`.

    It comes first; beside it stands the other Loihi, beside a chip of one's own Loihi 2.
    """
    description = load_chip(chip)
    charged = description.name if isinstance(chip, Chip) else str(chip)
    others = {name: load_chip(name) for name in (CHIPS if charged in CHIPS else ("loihi2",))}
    chips = {charged: description}
    chips |= {name: other for name, other in others.items() if other != description}
    known = None if labels is None else _labels(labels, program.classes, len(trace.lengths))
    counts = count(trace, program)
    placements = {
        name: place(program, description, as_reference=not description.gated_neurons)
        for name, description in chips.items()
    }
    costs = {name: cost(core_loads(trace, program, way)) for name, way in placements.items()}
    return Study(program, trace, known, charged, chips, placements, costs, counts)


def _labels(labels: ArrayLike, classes: Sequence[str], sequences: int) -> NDArray[np.int64]:
    """Labels that name a class each; an error for any other."""
    found = numbers(labels)
    if not classes:
        raise InputError(
            "labels for a program without classes, whose scores are values: leave labels out"
        )
    if found.ndim != 1 or not np.issubdtype(found.dtype, np.integer):
        raise InputError(
            f"labels have shape {found.shape} of {found.dtype}, expected one whole number for each "
            f"sequence"
        )
    if len(found) != sequences:
        raise InputError(f"{len(found)} labels for a trace of {sequences} sequences")
    wrong = np.flatnonzero((found < 0) | (found >= len(classes)))
    if len(wrong):
        raise InputError(
            f"labels[{wrong[0]}] is {found[wrong[0]]}, expected 0 to {len(classes) - 1}: the "
            f"program names {len(classes)} classes"
        )
    return found.astype(np.int64)
