"""`spiking_gru.train`: the proof before the first epoch, and settings that repeat the run."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import spiking_gru as sg
from hardware.errors import RangeError, TrainingError
from spiking_gru.config import read_config

SMALL = {"hidden": 8, "epochs": 1, "quantised_epochs": 1, "baseline": "none"}


def data_set(channels: int) -> sg.Dataset:
    rng = np.random.default_rng(0)
    sequences = [rng.normal(size=(4, channels)) for _ in range(16)]
    return sg.Dataset.from_lists(sequences, [0, 1] * 8, name="noise")


def test_a_network_that_could_not_be_converted_is_not_trained(tmp_path: Path) -> None:
    epochs: list[sg.EpochReport] = []
    with pytest.raises(RangeError, match="before the first epoch, .* can reach"):
        sg.train(
            sg.TrainingSettings(**SMALL),
            data_set(5_000),
            tmp_path / "run",
            callbacks=[epochs.append],
        )
    assert not epochs
    assert not (tmp_path / "run").exists()


def test_the_settings_of_a_run_name_its_data_and_repeat_it(tmp_path: Path) -> None:
    data = data_set(2)
    first = sg.train(sg.TrainingSettings(**SMALL, seed=3), data, tmp_path / "a")
    settings = sg.TrainingSettings(**read_config(tmp_path / "a" / "config.toml"))
    assert (settings.data, settings.seed, settings.emit) == ("noise", 3, "binary")
    assert sg.train(settings, data, tmp_path / "b")["test"] == first["test"]
    of_file = json.loads((tmp_path / "a" / "training.json").read_text())
    assert of_file["settings"]["data"] == "noise"


def test_data_that_the_settings_name_stay(tmp_path: Path) -> None:
    settings = sg.TrainingSettings(**SMALL, data="japanese-vowels")
    found = sg.train(settings, data_set(2), tmp_path / "a")
    assert found["settings"]["data"] == "japanese-vowels"


def test_a_training_that_cannot_succeed_leaves_no_folder(tmp_path: Path) -> None:
    def fail(report: sg.EpochReport) -> None:
        raise TrainingError("it cannot learn")

    with pytest.raises(TrainingError):
        sg.train(
            sg.TrainingSettings(**SMALL), data_set(2), tmp_path / "runs" / "a", callbacks=[fail]
        )
    assert not list(tmp_path.iterdir())
