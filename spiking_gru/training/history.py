"""The history of a training: the figures of every epoch, for `training.json` and TensorBoard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from torch.utils.tensorboard.summary import hparams

from spiking_gru.training.callbacks import Callback, EpochReport
from spiking_gru.training.curves import Curves

Column = list[float | None]
"""A figure of each epoch; None where nothing defines it."""

MOST_EPOCHS = 1_000
"""Epochs of a phase that `training.json` holds; of more, an even choice, and the kept one."""


class History(Callback):
    """Keeps the figures of each epoch by phase, and writes them to TensorBoard."""

    def __init__(self, log: Curves) -> None:
        self.log = log
        self.phases: dict[str, dict[str, Column]] = {}

    def on_epoch(self, report: EpochReport) -> None:
        columns = self.phases.setdefault(report.phase, {})
        found = figures(report)
        for name in found:
            columns.setdefault(name, [None] * (report.epoch - 1))
        for name, column in columns.items():
            value = found.get(name)
            column.append(None if value is None else float(f"{value:.6g}"))
        for name, value in (*found.items(), ("seconds", report.seconds)):
            self.log.add_scalar(f"{report.phase}/{name}", value, report.epoch)

    def compact(self, best_epochs: Mapping[str, int]) -> list[dict[str, Any]]:
        """Return the figures as `training.json` holds them.

        Of each phase, in their order, its name, and a column of each figure with the epochs'
        numbers.
        """
        found = []
        for phase, columns in self.phases.items():
            epochs = max(map(len, columns.values()))
            even = np.linspace(0, epochs - 1, min(epochs, MOST_EPOCHS)).round().astype(int)
            kept = sorted({*even.tolist(), best_epochs.get(phase, 1) - 1})
            of_phase = {name: [column[i] for i in kept] for name, column in columns.items()}
            found.append({"phase": phase, "epoch": [i + 1 for i in kept], **of_phase})
        return found


def figures(report: EpochReport) -> dict[str, float]:
    """Return the figures of an epoch by name: those that the same settings give again."""
    score = report.validation.figures()
    validation = {f"validation_{name}": value for name, value in score.items()}
    return {
        "training_loss": report.loss,
        **validation,
        "learning_rate": report.learning_rate,
        "gradient_norm": report.gradient_norm,
    }


def log_settings(
    log: Curves, settings: Mapping[str, Any], scores: Mapping[str, Mapping[str, float]]
) -> None:
    """Write settings and final metrics as TensorBoard's hparams table takes them.

    They go to the file of the curves.
    """
    metrics = {
        f"{network}/test_{name}": float(value)
        for network, found in scores.items()
        for name, value in found.items()
    }
    plain = {
        name: value if isinstance(value, (bool, int, float, str)) else str(value)
        for name, value in settings.items()
    }
    for summary in hparams(plain, metrics):
        log.add_summary(summary)
    for name, value in metrics.items():
        log.add_scalar(name, value)
