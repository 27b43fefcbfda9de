"""The placement that a trace costs least on, by energy or by time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from hardware.cost import placement
from hardware.cost.chip import Chip, load_chip
from hardware.cost.core_loads import core_loads
from hardware.cost.energy import Cost, cost
from hardware.cost.model import CURRENT, CostModel
from hardware.cost.model import cost_model as model_of
from hardware.cost.placement import OBJECTIVES, Placement
from hardware.cost.traffic import Traffic
from hardware.errors import InputError, choose
from hardware.runs.given import ProgramLike, TraceLike, program_of, trace_of

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 4.0)
"""Shares of the cores at the knee that are tried first."""

ROUNDS = 3
"""Times that the shares half-way to both neighbours of the best are tried."""


def energy_of(found: Cost) -> float:
    """Return the nominal energy on the chip: operations, and the static power of whole chips."""
    return float(np.mean(found.core_dynamic_j[1] + found.chip_static_j[1]))


def time_of(found: Cost) -> float:
    """Return the nominal time on the cores."""
    return float(np.mean(found.core_s[1]))


SCORES: dict[str, Callable[[Cost], float]] = {"energy": energy_of, "latency": time_of}
"""Objectives that need a trace."""


def place(
    program: ProgramLike,
    chip: str | Path | Chip = "loihi2",
    *,
    objective: str | None = None,
    profile: TraceLike | None = None,
    as_reference: bool = False,
    cost_model: str | CostModel = CURRENT,
) -> Placement:
    """Return cores for every layer within all limits of the chip, and tiles for the cores.

    The objective `cores` takes the fewest cores. `knee`, the default, takes the fewest cores with
    which a step is as short as possible. `energy` and `latency` try several numbers of cores and
    take the number on which `profile`, a trace of the program, costs least. Tiles are chosen for
    the messages of `profile` too. `as_reference` ignores limits of the chip's neurons and words.
    """
    program = program_of(program)
    profile = None if profile is None else trace_of(profile)
    model = model_of(cost_model)
    description = load_chip(chip, model.name)
    name = choose("objective", objective or model.objective, (*OBJECTIVES, *SCORES))
    placed = partial(
        placement.place,
        program,
        description,
        profile=profile,
        as_reference=as_reference,
        cost_model=model,
    )
    if name in OBJECTIVES:
        return placed(objective=name)
    if profile is None:
        raise InputError(f"the objective {name!r} needs a trace: give one as profile")
    if not len(profile.lengths):
        raise InputError(f"the objective {name!r} needs a trace with at least one sequence")
    traffic = Traffic(profile, program)

    def score(tried: Placement) -> float:
        return SCORES[name](cost(core_loads(profile, program, tried, traffic), model))

    return _cheapest(lambda share: placed(objective="knee", share=share), score)


def _cheapest(
    placed: Callable[[float], Placement], score: Callable[[Placement], float]
) -> Placement:
    """Return the cheapest of the placements at some shares; of several the one on fewest cores."""
    tried: dict[float, Placement] = {}
    scores: dict[tuple[int, ...], float] = {}

    def rank(share: float) -> tuple[float, int]:
        return scores[tried[share].cores], tried[share].total

    shares: tuple[float, ...] = SHARES
    for _ in range(1 + ROUNDS):
        for share in shares:
            found = tried[share] = placed(share)
            if found.cores not in scores:
                scores[found.cores] = score(found)
        best, known = min(tried, key=rank), sorted(tried)
        place = known.index(best)
        shares = tuple(
            (best + other) / 2 for other in (*known[:place][-1:], *known[place + 1 :][:1])
        )
    return tried[best]
