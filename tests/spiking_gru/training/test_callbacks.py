"""Callbacks see every phase, batch and epoch, and can end a phase or the training."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

import pytest
from datasets import small_file

from hardware.errors import InputError, TrainingError
from spiking_gru import data
from spiking_gru.run_folder import RunFolder
from spiking_gru.training import (
    BatchReport,
    Callback,
    EpochReport,
    PhaseReport,
    TrainingSettings,
    train,
)
from spiking_gru.training.callbacks import Callbacks

SETTINGS = TrainingSettings(
    hidden=4, batch=8, epochs=3, quantised_epochs=2, learning_rate=0.02, gradient_norm=0.5
)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> data.Dataset:
    return data.load(str(small_file(tmp_path_factory.mktemp("data"))))


class Recorder(Callback):
    """Keeps every report, and ends phases in the epoch and at the batch it is told."""

    def __init__(self, last_epoch: int = 99, last_batch: int = 99) -> None:
        self.last_epoch, self.last_batch = last_epoch, last_batch
        self.phases: list[PhaseReport] = []
        self.batches: list[BatchReport] = []
        self.epochs: list[EpochReport] = []

    def on_phase(self, report: PhaseReport) -> None:
        self.phases.append(report)

    def on_batch(self, report: BatchReport) -> bool:
        self.batches.append(report)
        return report.batch == self.last_batch

    def on_epoch(self, report: EpochReport) -> bool:
        self.epochs.append(report)
        return report.epoch == self.last_epoch


def of_batches(found: Recorder, epoch: EpochReport) -> list[BatchReport]:
    place = (epoch.phase, epoch.epoch)
    return [report for report in found.batches if (report.phase, report.epoch) == place]


def test_every_phase_batch_and_epoch_is_reported(dataset: data.Dataset, tmp_path: Path) -> None:
    found = Recorder()
    train(SETTINGS, dataset, tmp_path, callbacks=[found])
    assert [(each.phase, each.epochs) for each in found.phases] == [
        ("gru", 3),
        ("float", 3),
        ("quantised", 2),
    ]
    assert found.phases[1].model is found.phases[2].model
    assert [each.epoch for each in found.epochs] == [1, 2, 3, 1, 2, 3, 1, 2]
    sequences = len(dataset.training)
    sizes = [8] * (sequences // 8) + [sequences % 8] * (sequences % 8 > 0)
    for epoch in found.epochs:
        of_epoch = of_batches(found, epoch)
        assert [report.batch for report in of_epoch] == list(range(1, len(sizes) + 1))
        assert {report.batches for report in of_epoch} == {len(sizes)}
        losses = [report.loss * size for report, size in zip(of_epoch, sizes, strict=True)]
        assert epoch.loss == pytest.approx(sum(losses) / sequences)
        norms = [report.gradient_norm for report in of_epoch]
        assert epoch.gradient_norm == pytest.approx(sum(norms) / len(norms))
        assert {report.learning_rate for report in of_epoch} == {epoch.learning_rate}
        assert epoch.seconds > 0
        assert epoch.spike_rate == epoch.validation.spike_rate
    assert max(epoch.gradient_norm for epoch in found.epochs) > SETTINGS.gradient_norm
    rates = [epoch.learning_rate for epoch in found.epochs[3:6]]
    assert rates == pytest.approx([0.02, 0.015, 0.005], rel=1e-4)


def test_a_callback_ends_a_phase_after_an_epoch(dataset: data.Dataset, tmp_path: Path) -> None:
    found = Recorder(last_epoch=2)
    metrics = train(SETTINGS, dataset, tmp_path, callbacks=[found])
    assert [each.epoch for each in found.epochs] == [1, 2] * 3
    assert max(metrics["best_epochs"].values()) <= 2
    assert set(metrics["test"]) == {"gru", "float", "quantised"}


def test_a_callback_ends_a_phase_after_a_batch(dataset: data.Dataset, tmp_path: Path) -> None:
    found = Recorder(last_batch=2)
    train(SETTINGS, dataset, tmp_path, callbacks=[found])
    assert [each.batch for each in found.batches] == [1, 2] * 3
    assert [each.epoch for each in found.epochs] == [1] * 3
    for epoch in found.epochs:
        losses = [report.loss for report in of_batches(found, epoch)]
        assert epoch.loss == pytest.approx(sum(losses) / 2)


def test_a_plain_function_sees_epochs_and_ends_a_phase_by_true_alone(
    dataset: data.Dataset, tmp_path: Path
) -> None:
    seen: list[tuple[str, int]] = []

    def count(report: EpochReport) -> int:
        seen.append((report.phase, report.epoch))
        return len(seen)

    def end(report: EpochReport) -> bool:
        return report.phase == "float"

    train(SETTINGS, dataset, tmp_path, callbacks=[end, count])
    assert seen == [("gru", 1), ("gru", 2), ("gru", 3), ("float", 1), ("quantised", 1),
                    ("quantised", 2)]  # fmt: skip


def test_a_callback_may_evaluate_the_model(dataset: data.Dataset, tmp_path: Path) -> None:
    class Evaluating(Callback):
        def on_phase(self, report: PhaseReport) -> None:
            self.model = report.model

        def on_batch(self, report: BatchReport) -> None:
            self.model.eval()

    settings = SETTINGS.model_copy(update={"dropout": 0.5, "epochs": 1})
    for name, callbacks in (("a", []), ("b", [Evaluating()])):
        train(settings, dataset, tmp_path / name, callbacks=callbacks)
    a, b = ((tmp_path / name / "model.safetensors").read_bytes() for name in "ab")
    assert a == b


@pytest.mark.parametrize("place", ["on_phase", "on_batch", "on_epoch"])
def test_an_exception_ends_the_training_and_leaves_no_run(
    dataset: data.Dataset, tmp_path: Path, place: str
) -> None:
    class Broken(Callback):
        pass

    def fail(self: Broken, report: Any) -> NoReturn:
        raise ZeroDivisionError("of the callback")

    setattr(Broken, place, fail)
    with pytest.raises(ZeroDivisionError, match="of the callback"):
        train(SETTINGS, dataset, tmp_path, callbacks=[Broken()])
    assert RunFolder(tmp_path).files() == []


def test_what_is_no_callback_is_refused_before_training(
    dataset: data.Dataset, tmp_path: Path
) -> None:
    for wrong, named in ((3, "3"), (Recorder, "the class Recorder")):
        with pytest.raises(InputError, match=f"a callback is {named}: expected an instance"):
            train(SETTINGS, dataset, tmp_path, callbacks=[wrong])  # type: ignore[list-item]
    assert list(tmp_path.iterdir()) == []


def test_a_phase_that_ends_before_its_weights_are_pruned_is_an_error(
    dataset: data.Dataset, tmp_path: Path
) -> None:
    settings = SETTINGS.model_copy(update={"prune": 0.5, "quantised_epochs": 6})
    found = Recorder(last_epoch=3)
    train(settings, dataset, tmp_path, callbacks=[found], force=True)
    assert found.epochs[-1].epoch == 3
    with pytest.raises(TrainingError, match=r"'quantised' in epoch 2.*let it train for 3 epochs"):
        train(settings, dataset, tmp_path, callbacks=[Recorder(last_epoch=2)], force=True)


def test_each_callback_is_called_whatever_another_answers() -> None:
    first, second = Recorder(last_batch=1), Recorder()
    report = BatchReport("float", 1, 1, 3, 0.5, 1.0, 0.1)
    assert Callbacks([first, second]).on_batch(report) is True
    assert second.batches == [report]
