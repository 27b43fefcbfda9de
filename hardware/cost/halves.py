"""The cost of a translation: that of its encoder and that of its decoder."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from hardware.cost.chip import Chip
from hardware.cost.energy import Cost, estimate
from hardware.runs.decoding import Translation


class HalvesCost(NamedTuple):
    """The cost of both programs of a pair, for each source."""

    encoder: Cost
    decoder: Cost


def estimate_halves(translation: Translation, chip: str | Path | Chip = "loihi2") -> HalvesCost:
    """Return what both programs of a pair cost on a chip.

    The decoder is charged for the tokens that were written. With a beam it also computes those that
    were not: `Translation.decoder_steps` counts them.
    """
    pair = translation.pair
    return HalvesCost(
        estimate(translation.encoder_trace, pair.encoder, chip),
        estimate(translation.decoder_trace, pair.decoder, chip),
    )
