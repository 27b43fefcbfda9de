"""A small run to report, for tests of the report in all its forms."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from programs import random_program, random_sequences, with_readout

from hardware.cost.dense_gru import Measured
from hardware.definition.readout import Target
from hardware.program.model import Program
from hardware.reporting import TrainedNetwork

PROGRAM = random_program(4, hidden=(6, 4), outputs=3)
SEQUENCES = random_sequences(4, 3, [5, 8, 2, 6])
LABELS = np.array([0, 1, 2, 1])
LSTM = TrainedNetwork(
    {"accuracy": 0.9, "macro_f1": 0.85},
    title="torch.nn.LSTM",
    dense=True,
    hidden=5,
    parameters=300,
    layer_weights=200,
    readout_weights=20,
)
TRAINED = {"lstm": LSTM, "float": 0.8, "quantised": 0.75}
HISTORY: list[dict[str, Any]] = [
    {
        "phase": name,
        "epoch": list(range(1, epochs + 1)),
        "training_loss": [3.0 / epoch for epoch in range(1, epochs + 1)],
        "validation_loss": [2.0 / epoch for epoch in range(1, epochs + 1)],
        "validation_accuracy": [1 - 0.5 / epoch for epoch in range(1, epochs + 1)],
        "seconds": [0.5] * epochs,
    }
    for name, epochs in (("lstm", 5), ("float", 5), ("quantised", 3))
]
"""Of each phase that trained one of the networks its epochs, as training writes them."""

BEST = {"lstm": 4, "float": 5, "quantised": 2}
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


def program_of_values(readout: str, outputs: int = 2) -> Program:
    """A program that answers with values in a unit of their own."""
    program = random_program(4, hidden=(6, 4), outputs=outputs, readout=readout)
    target = Target(scale=(2.0, 0.5)[:outputs], offset=(100.0, -1.0)[:outputs])
    return with_readout(program, replace(program.readout, target=target))


FRAMES = int(SEQUENCES.lengths.sum())
VALUES = np.array([[90.0, -2.0], [np.nan, 1.0], [110.0, np.nan], [95.5, 0.0]])
"""Targets of each sequence for `program_of_values("last")`; two are missing."""

TRAINED_ON_VALUES = {"float": {"rmse": 4.0, "mae": 3.0, "nrmse": 0.5, "smape": 10.0}}
