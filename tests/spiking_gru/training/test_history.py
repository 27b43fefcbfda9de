"""The figures of every epoch are in `training.json` and in TensorBoard's files."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from datasets import small_file
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData
from tensorboard.summary.writer.record_writer import RecordWriter

from hardware.metrics import ValueMetrics
from spiking_gru import data
from spiking_gru.training import EpochReport, TrainingSettings, train
from spiking_gru.training.curves import Curves
from spiking_gru.training.evaluation import Score
from spiking_gru.training.history import MOST_EPOCHS, History

SETTINGS = TrainingSettings(hidden=4, batch=8, epochs=3, quantised_epochs=2)
VALUES = ValueMetrics(items=3, mae=1.0, rmse=2.0, nrmse=0.5, smape=9.0, mase=float("nan"))
EPOCH = EpochReport("float", 1, 9, 0.5, Score(0.25, 0.125, VALUES), 0.01, 2.0, 0.75)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], list[EpochReport]]:
    dataset = data.load(str(small_file(tmp_path_factory.mktemp("data"))))
    folder, reports = tmp_path_factory.mktemp("run"), list[EpochReport]()
    return folder, train(SETTINGS, dataset, folder, callbacks=[reports.append]), reports


class NoLog:
    """Takes the place of TensorBoard's writer."""

    def add_scalar(self, *_: object) -> None:
        pass


def written(report: EpochReport) -> dict[str, float]:
    return {
        "training_loss": report.loss,
        "validation_loss": report.validation.loss,
        "validation_accuracy": report.validation.figures()["accuracy"],
        "validation_spike_rate": report.validation.spike_rate,
        "learning_rate": report.learning_rate,
        "gradient_norm": report.gradient_norm,
    }


def test_training_json_holds_every_epoch_of_every_phase(run: Any) -> None:
    folder, metrics, reports = run
    history = json.loads((folder / "training.json").read_text())["history"]
    assert history == metrics["history"]
    assert all("seconds" not in columns for columns in history)
    assert [(columns["phase"], columns["epoch"]) for columns in history] == [
        ("gru", [1, 2, 3]),
        ("float", [1, 2, 3]),
        ("quantised", [1, 2]),
    ]
    by_phase = {columns["phase"]: columns for columns in history}
    for report in reports:
        for name, value in written(report).items():
            found = by_phase[report.phase][name][report.epoch - 1]
            assert found == pytest.approx(value, rel=1e-5)


def test_tensorboard_has_the_same_curves_settings_and_results_in_one_file(run: Any) -> None:
    folder, metrics, reports = run
    (file,) = [path for path in (folder / "logs").rglob("*") if path.is_file()]
    events = EventAccumulator(str(file)).Reload()
    for report in reports:
        for name, value in {**written(report), "seconds": report.seconds}.items():
            scalars = events.Scalars(f"{report.phase}/{name}")
            assert scalars[report.epoch - 1].step == report.epoch
            assert scalars[report.epoch - 1].value == pytest.approx(value, rel=1e-5)
    content = HParamsPluginData.FromString(
        events.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
    )
    settings = content.session_start_info.hparams
    assert settings["hidden"].number_value == 4
    assert settings["emit"].string_value == "binary"
    assert settings["threshold"].number_value == 0.3
    for network, found in metrics["test"].items():
        (result,) = events.Scalars(f"{network}/test_accuracy")
        assert result.value == pytest.approx(found["accuracy"])


def test_a_figure_that_nothing_defines_in_an_epoch_is_none_there() -> None:
    history = History(NoLog())  # type: ignore[arg-type]
    undefined = replace(EPOCH.validation, metrics=replace(VALUES, nrmse=float("nan")))
    history.on_epoch(replace(EPOCH, validation=undefined))
    history.on_epoch(replace(EPOCH, epoch=2))
    history.on_epoch(replace(EPOCH, epoch=3, validation=undefined))
    (columns,) = history.compact({})
    assert columns["validation_nrmse"] == [None, 0.5, None]
    assert columns["validation_rmse"] == [2.0, 2.0, 2.0]
    assert "validation_mase" not in columns


def test_a_long_history_is_thinned_evenly_with_its_first_last_and_kept_epoch() -> None:
    history = History(NoLog())  # type: ignore[arg-type]
    epochs = 2 * MOST_EPOCHS + 500
    for epoch in range(1, epochs + 1):
        history.on_epoch(replace(EPOCH, epoch=epoch, loss=float(epoch)))
    (columns,) = history.compact({"float": epochs // 2})
    assert {len(column) for name, column in columns.items() if name != "phase"} == {MOST_EPOCHS + 1}
    assert columns["training_loss"] == columns["epoch"]
    numbers = [int(epoch) for epoch in columns["epoch"] if epoch]
    assert numbers[0] == 1
    assert numbers[-1] == epochs
    assert epochs // 2 in numbers
    assert {b - a for a, b in pairwise(numbers)} == {1, 2, 3}


def test_a_disk_that_is_full_is_an_error_in_this_thread(tmp_path: Path) -> None:
    with Curves(tmp_path) as curves:
        curves.add_scalar("float/loss", 1.0, 1)
    with pytest.raises(OSError, match="No space left"), curves:
        curves.file = Path("/dev/full").open("wb")  # noqa: SIM115
        curves.records = RecordWriter(curves.file)
        with pytest.raises(OSError, match="No space left"):
            curves.add_scalar("float/loss", 1.0, 2)
