"""Pass 2, exponents: one power of two for each gate and matrix, the finest that its bits allow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from conversion.folded import Floats, FoldedLayer
from hardware.definition.arithmetic import weight_exponent


@dataclass(frozen=True)
class Exponents:
    """A weight of n stands for `n · 2^exponent`."""

    input: NDArray[np.int64]  # (input gates,)
    recurrent: NDArray[np.int64]  # (recurrent gates,)


def choose_exponents(layer: FoldedLayer) -> Exponents:
    return Exponents(
        input=_finest(layer.input_weights, layer.cell.weight_bits),
        recurrent=_finest(layer.recurrent_weights, layer.cell.weight_bits),
    )


def _finest(weights: Floats, bits: int) -> NDArray[np.int64]:
    finest = [weight_exponent(float(np.abs(gate).max()), bits) for gate in weights]
    return np.array(finest, dtype=np.int64)
