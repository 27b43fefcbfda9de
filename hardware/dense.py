"""The same task as an ordinary dense GRU on conventional arithmetic: the yardstick.

Energies of one operation are Horowitz's for 45 nm (ISSCC 2014), memory traffic left out: what an
ASIC's arithmetic alone would need. That favours the dense network.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardware.counts import Counts
from hardware.program import Program

MULTIPLY_ACCUMULATE_PJ = {"int8": 0.2 + 0.1, "fp32": 3.7 + 0.9}
"""int8: multiplication 0.2, 32-bit addition 0.1; fp32: multiplication 3.7, addition 0.9."""

BREAK_EVEN = (0.15, 1.38)
"""Spikes per synapse and inference; above them no spiking network wins (Dampfhoffer 2023)."""


@dataclass(frozen=True)
class DenseGRU:
    """Operations and energy of each inference of a dense GRU of the same size."""

    multiply_accumulates: NDArray[np.int64]
    energy_j: dict[str, NDArray[np.float64]]


def dense_gru(program: Program, counts: Counts) -> DenseGRU:
    """Every weight of every gate, at every step; the readout at every step too."""
    per_step = sum(
        layer.input_weights.size + layer.recurrent_weights.size for layer in program.layers
    )
    operations = counts.steps * (per_step + program.readout.weights.size)
    energy = {
        name: (operations * pj * 1e-12).astype(np.float64)
        for name, pj in MULTIPLY_ACCUMULATE_PJ.items()
    }
    return DenseGRU(operations, energy)


def spikes_per_synapse(counts: Counts) -> NDArray[np.float64]:
    """Events that an average synapse sees in one inference."""
    return counts.synaptic_operations / counts.synapses
