from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
import torch
from datasets import small_file

from hardware.errors import InputError, LeftoverWarning, TrainingError
from spiking_gru import data, load_network
from spiking_gru.batches import batches, padded
from spiking_gru.run_folder import RunFolder
from spiking_gru.training import EpochReport, TrainingSettings, train
from spiking_gru.training.augmentation import with_noise
from spiking_gru.training.evaluation import evaluate
from spiking_gru.training.phase import warmed_up


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> data.Dataset:
    return data.load(str(small_file(tmp_path_factory.mktemp("data"))))


SETTINGS = TrainingSettings(hidden=8, epochs=8, quantised_epochs=4, batch=8, learning_rate=0.02)


def test_training_learns_writes_and_reports_every_epoch(
    dataset: data.Dataset, tmp_path: Path
) -> None:
    reports: list[EpochReport] = []
    metrics = train(SETTINGS, dataset, tmp_path, reports.append)
    assert [r.phase for r in reports] == ["gru"] * 8 + ["float"] * 8 + ["quantised"] * 4
    assert reports[15].loss < reports[8].loss
    assert metrics["test"]["quantised"]["accuracy"] > 0.6
    assert RunFolder(tmp_path).training() == metrics
    assert list((tmp_path / "logs").glob("events.*"))
    network, _ = load_network(tmp_path)
    assert (
        evaluate(network, dataset.test).metrics.accuracy == metrics["test"]["quantised"]["accuracy"]
    )


def files_in(folder: Path) -> dict[Path, bytes]:
    """The files in a folder, without those of an unfinished run."""
    files = (file for file in folder.rglob("*") if file.is_file())
    return {file: file.read_bytes() for file in files if ".unfinished" not in file.parts}


def test_training_interrupted_or_unasked_leaves_the_run_before_as_it_was(
    dataset: data.Dataset, tmp_path: Path
) -> None:
    short = SETTINGS.model_copy(update={"epochs": 1, "quantised_epochs": 1})
    train(short, dataset, tmp_path)
    before = files_in(tmp_path)
    writing: list[Path] = []

    def interrupted(report: EpochReport) -> NoReturn:
        writing.extend(tmp_path.rglob("events.*"))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(short, dataset, tmp_path, interrupted, force=True)
    assert len(writing) == 2, "the curves can be looked at while it trains"
    with pytest.raises(InputError, match=r"holds a run .*force=True in Python"):
        train(short, dataset, tmp_path, resume=False)
    assert files_in(tmp_path) == before
    with pytest.warns(LeftoverWarning, match="another one, or damaged: it is removed"):
        train(short.model_copy(update={"seed": 1}), dataset, tmp_path, force=True)
    after = files_in(tmp_path)
    assert len(after) == len(before)
    assert not list(tmp_path.glob(".*"))
    assert after[tmp_path / "model.safetensors"] != before[tmp_path / "model.safetensors"]


def test_the_same_seed_gives_the_same_network_and_another_seed_another(
    dataset: data.Dataset, tmp_path: Path
) -> None:
    short = SETTINGS.model_copy(update={"epochs": 2, "quantised_epochs": 1})
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        train(short.model_copy(update={"seed": seed}), dataset, tmp_path / name)
    a, b, c = ((tmp_path / name / "model.safetensors").read_bytes() for name in "abc")
    assert a == b
    assert a != c


def test_threads_of_torch_are_as_many_as_before(dataset: data.Dataset, tmp_path: Path) -> None:
    seen: list[int] = []
    before = torch.get_num_threads()
    settings = SETTINGS.model_copy(update={"epochs": 1, "quantised_epochs": 1, "threads": 3})
    train(settings, dataset, tmp_path, lambda _: seen.append(torch.get_num_threads()))
    assert set(seen) == {3}
    assert torch.get_num_threads() == before


def test_with_no_float_epochs_it_is_quantised_from_the_start(
    dataset: data.Dataset, tmp_path: Path
) -> None:
    reports: list[EpochReport] = []
    settings = SETTINGS.model_copy(update={"epochs": 0})
    metrics = train(settings, dataset, tmp_path, reports.append)
    assert {r.phase for r in reports} == {"gru", "quantised"}
    assert set(metrics["test"]) == {"gru", "quantised"}


@pytest.mark.parametrize(("epochs", "rate"), [(1, 0.005), (0, 0.02)])
def test_the_quantised_phase_begins_at_its_own_rate_after_float_epochs(
    dataset: data.Dataset, tmp_path: Path, epochs: int, rate: float
) -> None:
    reports: list[EpochReport] = []
    changes = {"epochs": epochs, "quantised_epochs": 1, "quantised_learning_rate": 0.005}
    train(SETTINGS.model_copy(update=changes), dataset, tmp_path, reports.append)
    rates = {report.phase: report.learning_rate for report in reports}
    assert rates.pop("quantised") == rate
    assert set(rates.values()) == {0.02}


def test_the_encoder_is_fitted_to_the_training_part_alone(
    dataset: data.Dataset, tmp_path: Path
) -> None:
    short = SETTINGS.model_copy(update={"epochs": 1, "quantised_epochs": 1})
    train(short, dataset, tmp_path)
    network, _ = load_network(tmp_path)
    expected = dataset.training.sequences.values.astype(np.float64).mean(axis=0)
    assert network.encoder.offset.numpy() == pytest.approx(expected)


def test_padding_holds_each_sequence_and_zeros(dataset: data.Dataset) -> None:
    frames, lengths = padded(dataset.test.sequences)
    for i, sequence in enumerate(dataset.test.sequences):
        assert np.array_equal(frames[: lengths[i], i].numpy(), sequence)
        assert not frames[lengths[i] :, i].any()


def test_batches_hold_every_sequence_once(dataset: data.Dataset) -> None:
    generator = torch.Generator().manual_seed(0)
    seen = [batch.targets for batch in batches(dataset.training, 7, generator)]
    assert sorted(torch.cat(seen).tolist()) == sorted(dataset.training.labels.tolist())
    assert max(map(len, seen)) == 7


def test_noise_is_measured_in_standard_deviations_of_each_channel() -> None:
    frames, gain = torch.zeros(4000, 1, 2), torch.tensor([1.0, 0.1], dtype=torch.float64)
    noisy = with_noise(frames, gain, 0.5, torch.Generator().manual_seed(0))
    assert noisy.std((0, 1)).tolist() == pytest.approx([0.5, 5.0], rel=0.1)


@pytest.mark.parametrize("epochs", [0, 2])
def test_a_learning_rate_that_diverges_stops_the_training(
    epochs: int, dataset: data.Dataset, tmp_path: Path
) -> None:
    settings = SETTINGS.model_copy(update={"epochs": epochs, "learning_rate": 1e30})
    with pytest.raises(TrainingError, match="lower the learning rate, which is"):
        train(settings, dataset, tmp_path)
    assert not (tmp_path / "training.json").exists()


def test_a_training_that_learns_nothing_says_so(
    dataset: data.Dataset, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = SETTINGS.model_copy(
        update={"learning_rate": 1e-12, "quantised_learning_rate": 1e-12}
    )
    metrics = train(settings, dataset, tmp_path)
    assert any("no better than chance" in note for note in metrics["notes"])
    assert metrics["notes"] == [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize(("updates", "share"), [(1, 9 / 11), (90, 9 / 100), (10_000, 0.01)])
def test_the_average_moves_by_less_and_less_until_the_decay(updates: int, share: float) -> None:
    average = [torch.zeros(1)]
    warmed_up(0.99)(average, [torch.ones(1)], torch.tensor(updates))
    assert float(average[0]) == pytest.approx(share)


def test_a_short_training_keeps_nearly_what_its_last_steps_reached(
    dataset: data.Dataset, tmp_path: Path
) -> None:
    accuracies = [
        train(
            SETTINGS.model_copy(update={"averaging": decay, "seed": seed, "epochs": 4}),
            dataset,
            tmp_path / f"{decay}-{seed}",
        )["test"]["float"]["loss"]
        for decay in (0.0, 0.999)
        for seed in range(3)
    ]
    plain, averaged = np.reshape(accuracies, (2, 3)).mean(axis=1)
    assert averaged < plain + 0.1
