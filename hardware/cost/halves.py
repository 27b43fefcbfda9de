"""The cost of a translation: that of its encoder and that of its decoder."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from hardware.cost.chip import Chip
from hardware.cost.energy import Cost, estimate
from hardware.cost.model import CURRENT, CostModel
from hardware.runs.translation import Translation


class HalvesCost(NamedTuple):
    """The cost of both programs of a pair, for each source."""

    encoder: Cost
    decoder: Cost

    @property
    def both(self) -> Cost:
        """The cost of both programs, one after the other on cores of their own.

        The transfer of the state by the host is not charged. All chips leak all the time. Cores in
        use are not charged while they wait.
        """
        read, written = self
        cores = read.cores + written.cores
        chips = -(-cores // read.cores_of_chip)
        return Cost(
            chip=read.chip,
            model=read.model,
            cores=cores,
            chips=chips,
            cores_of_chip=read.cores_of_chip,
            core_dynamic_j=read.core_dynamic_j + written.core_dynamic_j,
            core_dynamic_by_layer_j=(
                *read.core_dynamic_by_layer_j,
                *written.core_dynamic_by_layer_j,
            ),
            core_dynamic_by_operation_j={
                name: joules + written.core_dynamic_by_operation_j[name]
                for name, joules in read.core_dynamic_by_operation_j.items()
            },
            core_static_j=read.core_static_j + written.core_static_j,
            chip_static_j=chips
            * (read.chip_static_j / read.chips + written.chip_static_j / written.chips),
            host_j=read.host_j + written.host_j,
            core_s=read.core_s + written.core_s,
            bound_s={
                name: seconds + written.bound_s[name] for name, seconds in read.bound_s.items()
            },
            needed_s={
                name: seconds + written.needed_s[name] for name, seconds in read.needed_s.items()
            },
            host_s=read.host_s + written.host_s,
            inherited={**read.inherited, **written.inherited},
        )


def estimate_halves(
    translation: Translation,
    chip: str | Path | Chip = "loihi2",
    cost_model: str | CostModel = CURRENT,
) -> HalvesCost:
    """Return what both programs of a pair cost on a chip.

    The decoder is charged for the tokens that were written. With a beam it also computes those that
    were not: `Translation.decoder_steps` counts them.
    """
    pair = translation.pair
    return HalvesCost(
        estimate(translation.encoder_trace, pair.encoder, chip, cost_model),
        estimate(translation.decoder_trace, pair.decoder, chip, cost_model),
    )
