"""A layer cut over cores by its neurons: as few cores as every limit allows, evenly filled."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

import numpy as np
from numpy.typing import NDArray

from hardware.cost.chip import Chip
from hardware.cost.placement.needs import LIMITS, even_starts
from hardware.errors import PlacementError

Needs = dict[str, NDArray[np.int64]]


def cut(
    name: str,
    neurons: int,
    needs_of: Callable[[NDArray[np.int64]], Needs],
    chip: Chip,
    least: int = 1,
    *,
    back: bool = True,
) -> tuple[NDArray[np.int64], Needs]:
    """Return the first neuron of each core, and what each core needs. A neuron is never divided.

    It begins with `least` cores. From the number of cores that the largest need of all asks for it
    goes on, one more (or a twentieth more) at a time, where axons or an uneven layer overfill one.
    Then it goes `back`, by halves, to the fewest of the numbers that it left out.
    """
    cores = min(least, neurons)
    too_few = cores - 1
    while True:
        starts = even_starts(neurons, cores)
        needs = needs_of(starts)
        excess = {limit: overfull(needs, limit, chip) for limit in LIMITS}
        worst = max(excess, key=lambda limit: excess[limit])
        if excess[worst] <= 1:
            break
        if cores == neurons:
            raise _too_large(name, needs, worst, chip)
        too_few = max(cores, _at_least(needs, chip) - 1)
        cores = min(neurons, max(too_few + 1, cores * 21 // 20))
    while back and cores - too_few > 1:
        middle = (cores + too_few) // 2
        tried = even_starts(neurons, middle)
        needed = needs_of(tried)
        if max(overfull(needed, limit, chip) for limit in LIMITS) > 1:
            too_few = middle
        else:
            cores, starts, needs = middle, tried, needed
    return starts, needs


def overfull(needs: Needs, limit: str, chip: Chip) -> float:
    """The fullest core's need as a multiple of what it holds."""
    return float(needs[limit].max() / getattr(chip.limits, limit))


def _at_least(needs: Needs, chip: Chip) -> int:
    """Cores without which what all need together cannot be held.

    Axons are left out: how many there are depends on the cut.
    """
    shared = [limit for limit in LIMITS if "axons" not in limit]
    return max(ceil(needs[limit].sum() / getattr(chip.limits, limit)) for limit in shared)


def _too_large(name: str, needs: Needs, limit: str, chip: Chip) -> PlacementError:
    neuron = int(needs[limit].argmax())
    what = limit.removesuffix("_per_core").replace("_", " ")
    return PlacementError(
        f"{name}: neuron {neuron} alone needs {int(needs[limit][neuron]):,} {what}, but a core of "
        f"{chip.name} has {getattr(chip.limits, limit):,}: {LIMITS[limit]} would help"
    )
