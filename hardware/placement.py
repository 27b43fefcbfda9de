"""How many cores a program needs: each layer cut evenly by neurons, within a core's limits."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from hardware.chip import Chip
from hardware.counts import Counts, LayerCounts
from hardware.errors import RangeError


@dataclass(frozen=True)
class Placement:
    """Cores of each layer, in the order of `Counts.layers`."""

    cores: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.cores)


def place(counts: Counts, chip: Chip) -> Placement:
    """Every layer on cores of its own, on one chip."""
    placement = Placement(tuple(_cores(layer, chip) for layer in counts.layers))
    if placement.total > chip.limits.cores:
        raise RangeError(
            f"{placement.total} cores are needed, {chip.name} has {chip.limits.cores}: "
            f"fewer weight bits or a smaller layer would help"
        )
    return placement


def _cores(layer: LayerCounts, chip: Chip) -> int:
    limits = chip.limits
    return max(
        ceil(layer.neurons / limits.neurons_per_core),
        ceil(layer.synapse_bits / limits.synapse_bits_per_core),
    )
