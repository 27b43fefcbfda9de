"""The device that trains is the one named, or the first that torch finds."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from datasets import small_file

from hardware.errors import SettingError
from spiking_gru import data, load_network
from spiking_gru.batches import Batch
from spiking_gru.training import TrainingSettings, train
from spiking_gru.training.device import chosen_device


@pytest.mark.parametrize(
    ("name", "cuda", "expected"),
    [
        ("auto", True, "cuda"),
        ("auto", False, "cpu"),
        ("cpu", True, "cpu"),
        ("cpu", False, "cpu"),
        ("cuda", True, "cuda"),
    ],
)
def test_auto_is_cuda_where_torch_finds_one(
    name: str, cuda: bool, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    assert chosen_device(name) == torch.device(expected)


def test_a_device_that_is_missing_is_one_line_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    dataset = data.load(str(small_file(tmp_path)))
    settings = TrainingSettings(hidden=4, epochs=1, quantised_epochs=1, device="cuda")
    with pytest.raises(SettingError, match="device is 'cuda', but torch .* finds none") as found:
        train(settings, dataset, tmp_path / "run")
    assert "choose the device cpu" in str(found.value)
    assert "\n" not in str(found.value)
    assert not (tmp_path / "run" / "training.json").exists()


def test_a_run_says_which_device_trained_it(tmp_path: Path) -> None:
    dataset = data.load(str(small_file(tmp_path)))
    settings = TrainingSettings(
        hidden=4, epochs=1, quantised_epochs=1, device="cpu", baseline="none"
    )
    assert train(settings, dataset, tmp_path / "run")["device"] == "cpu"
    network, _ = load_network(tmp_path / "run")
    assert network.device == torch.device("cpu")


def test_every_batch_of_training_and_of_evaluation_is_moved_to_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved: list[bool] = []
    move = Batch.to

    def watched(batch: Batch, device: torch.device) -> Batch:
        moved.append(torch.is_grad_enabled())
        return move(batch, device)

    monkeypatch.setattr(Batch, "to", watched)
    dataset = data.load(str(small_file(tmp_path)))
    settings = TrainingSettings(hidden=4, epochs=0, quantised_epochs=1, baseline="none", batch=99)
    train(settings, dataset, tmp_path / "run")
    # One batch of training, then the validation part; the test part at the end.
    assert moved == [True, False, False]


def test_a_moved_batch_is_on_the_device_whole() -> None:
    batch = Batch(torch.zeros(2, 1, 3), torch.ones(1, dtype=torch.long), torch.zeros(1))
    assert {part.device.type for part in batch.to(torch.device("meta"))} == {"meta"}
