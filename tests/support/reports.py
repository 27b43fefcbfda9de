"""A small run to report, for tests of the report in all its forms."""

from __future__ import annotations

import numpy as np
from programs import random_program, random_sequences

from hardware.cost.dense_gru import Measured

PROGRAM = random_program(4, hidden=(6, 4), outputs=3)
SEQUENCES = random_sequences(4, 3, [5, 8, 2, 6])
LABELS = np.array([0, 1, 2, 1])
TRAINED = {"baseline_gru": 0.9, "float": 0.8, "quantised": 0.75}
MEASURED = Measured(
    "a GRU", "a machine", "torch 2", 1, 1, frames=5, rounds=9, least_s=1e-3, median_s=2e-3
)
VERIFICATION = {
    "program_digest": PROGRAM.digest,
    "engines": ["torch", "events"],
    "spikes_compared": 210,
    "mismatches": 0,
    "more": 1,
}
