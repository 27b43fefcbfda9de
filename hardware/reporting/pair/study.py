"""Studies of both halves of a translation, from which its report is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hardware.cost.chip import DIGITAL_CHIPS, Chip
from hardware.cost.digital import DigitalChip
from hardware.cost.energy import Cost
from hardware.cost.halves import HalvesCost
from hardware.cost.model import CURRENT
from hardware.errors import InputError
from hardware.reporting.per_inference import COUNTS, Columns, costs_of
from hardware.reporting.study import Study, study
from hardware.runs.translation import Translation


@dataclass(frozen=True)
class PairStudy:
    """A translation with the study of each half, by its name."""

    translation: Translation
    expected: Sequence[str] | None
    """The right texts, where they are known."""

    halves: dict[str, Study]

    @property
    def right(self) -> NDArray[np.bool_] | None:
        """Which texts are right, where this is known."""
        return None if self.expected is None else self.translation.right(self.expected)

    @property
    def charged(self) -> str:
        """The chip in whose joules the report speaks."""
        return next(iter(self.halves.values())).charged

    @property
    def digital(self) -> DigitalChip:
        """The chip that dense networks are priced on."""
        return next(iter(self.halves.values())).digital

    @property
    def frames(self) -> float:
        """Mean frames of both halves."""
        return sum(study.frames for study in self.halves.values())

    @property
    def costs(self) -> dict[str, Cost]:
        """The cost of both halves together on each chip."""
        first, second = self.halves.values()
        return {
            name: HalvesCost(cost, second.costs[name]).both for name, cost in first.costs.items()
        }


def pair_study(
    translation: Translation,
    expected: Sequence[str] | None = None,
    chip: str | Path | Chip = "loihi2",
    *,
    cost_model: str = CURRENT,
    rival: str | Path | DigitalChip = DIGITAL_CHIPS[0],
    objective: str | None = None,
) -> PairStudy:
    """Count and price both halves of a translation; `expected` has the right texts.

    `chip`, `cost_model`, `rival` and `objective` are as for `study`.
    """
    if not translation.texts:
        raise InputError("the translation has no text: translate at least one source")
    if expected is not None:
        translation.right(expected)
    programs, traces = translation.pair.halves, translation.traces
    halves = {
        half: study(
            programs[half],
            traces[half],
            None,
            chip,
            cost_model=cost_model,
            rival=rival,
            objective=objective,
        )
        for half in programs
    }
    return PairStudy(translation, expected, halves)


def texts_by_source(found: Translation, expected: Sequence[str] | None = None) -> Columns:
    """Return the text of each source, next to the right one where it is known."""
    columns: Columns = {"sample": list(range(len(found.texts)))}
    if found.sources is not None:
        columns["source"] = list(found.sources)
    columns["written"] = list(found.texts)
    if expected is not None:
        columns["expected"] = list(expected)
        columns["right"] = found.right(expected).tolist()
    columns["ended"] = list(found.ended)
    columns["bits"] = list(found.bits)
    columns["decoder_steps"] = list(found.decoder_steps)
    return columns


def per_source(run: PairStudy) -> Columns:
    """Return the texts, and the counts and costs of both halves together."""
    counts = [half.counts for half in run.halves.values()]
    summed = {
        name: np.sum([getattr(part, name) for part in counts], axis=0).tolist() for name in COUNTS
    }
    return {
        **texts_by_source(run.translation, run.expected),
        **summed,
        **costs_of(run.costs[run.charged]),
    }
