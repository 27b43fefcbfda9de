"""Run as a program: a small training that saves after every batch, to be killed at any moment.

Arguments: a folder, and the number of threads. It writes a line when it begins to train, and one
when it has ended.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import torch
from datasets import small_file

from hardware.errors import LeftoverWarning
from spiking_gru import data
from spiking_gru.run_folder import RunFolder
from spiking_gru.settings import TrainingSettings
from spiking_gru.training import Callback, PhaseReport, checkpoints, train

SETTINGS = {"hidden": 16, "epochs": 6, "quantised_epochs": 6, "batch": 4, "prune": 0.5,
            "distil": 0.3, "data": "small"}  # fmt: skip


class Says(Callback):
    """Says that training begins."""

    def __init__(self) -> None:
        self.said = False

    def on_phase(self, report: PhaseReport) -> None:
        if not self.said:
            print("begins", flush=True)
        self.said = True


def main(folder: Path, threads: int) -> None:
    torch.set_num_threads(threads)
    warnings.simplefilter("ignore", LeftoverWarning)  # each kill leaves a lock
    checkpoints.LEAST_S, checkpoints.SHARE = 0.0, 1e9  # type: ignore[misc]
    folder.mkdir(parents=True, exist_ok=True)
    dataset = data.load(str(small_file(folder.parent)))
    settings = TrainingSettings(**SETTINGS, threads=threads)
    place = RunFolder(folder)
    if not place.about_training.exists():
        train(settings, dataset, folder, callbacks=[Says()])
    print("ended", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
