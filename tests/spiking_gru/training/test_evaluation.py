from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from datasets import small_arrays

from spiking_gru import data
from spiking_gru.training import TrainingSettings, train


def test_a_metric_that_is_not_defined_is_left_out(tmp_path: Path) -> None:
    arrays = small_arrays()
    lengths = arrays["test_lengths"]
    for part in ("train", "test"):
        arrays[f"{part}_targets"] = arrays.pop(f"{part}_labels") / 2
    arrays["test_targets"] = np.full(len(lengths), 0.5)  # equal ones have no deviation
    np.savez(tmp_path / "constant.npz", **arrays)
    settings = TrainingSettings(hidden=4, epochs=0, quantised_epochs=1)
    train(settings, data.load(str(tmp_path / "constant.npz")), tmp_path / "run")
    found = json.loads((tmp_path / "run" / "training.json").read_text())["test"]["quantised"]
    assert "nrmse" not in found
    assert found["rmse"] > 0
