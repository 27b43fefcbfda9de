"""Data on disk are trained on and evaluated as data in memory are, a batch at a time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from on_disk_data import kept_dataset

from hardware.sequences.on_disk import DiskSequences
from spiking_gru import batches as module
from spiking_gru.batches import Batch, batches, bucketed, pieces, whole
from spiking_gru.data import Dataset
from spiking_gru.network import Network
from spiking_gru.run_folder import RunFolder
from spiking_gru.settings import TrainingSettings
from spiking_gru.training import train
from spiking_gru.training.evaluation import evaluate
from spiking_gru.training.train import fresh_network

RNG = np.random.default_rng(0)
SEQUENCES = [RNG.normal(size=(n, 3)).astype(np.float32) for n in RNG.integers(2, 40, 150)]
TARGETS: dict[str, list[Any]] = {
    "classify": [int(s.mean() > 0) for s in SEQUENCES],
    "regress": [s.mean(axis=0) for s in SEQUENCES],
    "classify-steps": [(s[:, 0] > 0).astype(int) for s in SEQUENCES],
    "regress-steps": [s.cumsum(axis=0)[:, :2] for s in SEQUENCES],
}
SMALL = TrainingSettings(hidden=4, epochs=1, quantised_epochs=1, baseline="none", batch=8)


def dataset(task: str = "classify") -> Dataset:
    return Dataset.from_lists(SEQUENCES, TARGETS[task], task=task)


def network_for(data: Dataset, **choices: Any) -> Network:
    settings = SMALL.model_copy(update=choices)
    return fresh_network(settings, data)[0].quantise()


@pytest.mark.parametrize("task", TARGETS)
@pytest.mark.parametrize("encoder", ["graded", "rate"])
def test_an_evaluation_in_pieces_gives_the_figures_of_the_whole(
    monkeypatch: pytest.MonkeyPatch, task: str, encoder: str
) -> None:
    monkeypatch.setattr(module, "PIECE", 180)
    data = dataset(task)
    network = network_for(data, encoder=encoder)
    expected = evaluate(network, data.test).figures()
    found = evaluate(network, kept_dataset(data).test).figures()
    assert found == expected
    assert len(expected) >= 4


def test_a_part_on_disk_is_evaluated_in_pieces_and_one_in_memory_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "PIECE", 180)
    data = dataset("regress-steps")
    found = list(pieces(kept_dataset(data).test))
    assert len(found) > 3
    assert all(piece.sequences.lengths.sum() < 60 + 2 * 40 for piece in found)
    values = np.concatenate([piece.sequences.values for piece in found])
    assert np.array_equal(values, data.test.sequences.values)
    assert np.array_equal(np.concatenate([piece.targets for piece in found]), data.test.targets)
    (same,) = pieces(data.test)
    assert same is data.test


def test_an_encoder_is_fitted_to_the_same_bits() -> None:
    data = dataset()
    one, other = network_for(data), network_for(kept_dataset(data))
    for name, tensor in one.state_dict().items():
        assert torch.equal(tensor, other.state_dict()[name]), name


def listed(batch: Batch, per_step: bool) -> list[tuple[bytes, bytes]]:
    """The frames and the targets of each sequence of a batch."""
    return [
        (
            batch.frames[:n, i].numpy().tobytes(),
            (batch.targets[:n, i] if per_step else batch.targets[i]).numpy().tobytes(),
        )
        for i, n in enumerate(batch.lengths.tolist())
    ]


@pytest.mark.parametrize("task", ["classify", "regress-steps"])
def test_batches_from_disk_hold_every_sequence_once_with_its_target(task: str) -> None:
    data = dataset(task)
    per_step, part = data.row.per_step, kept_dataset(data).training
    found = list(batches(part, 8, torch.Generator().manual_seed(0)))
    assert [len(batch.lengths) for batch in found].count(8) >= len(part) // 8
    for batch in found:
        assert len(batch.frames) == batch.lengths.max()
        for i, n in enumerate(batch.lengths.tolist()):
            assert not batch.frames[n:, i].any()
    pairs = [pair for batch in found for pair in listed(batch, per_step)]
    assert sorted(pairs) == sorted(listed(whole(data.training), per_step))


def test_batches_hold_sequences_of_about_equal_length_in_a_random_order() -> None:
    lengths = torch.from_numpy(np.random.default_rng(0).integers(1, 1000, 640))

    def places(seed: int) -> list[list[int]]:
        found = bucketed(lengths, 8, torch.Generator().manual_seed(seed))
        return [place.tolist() for place in found]

    assert places(0) == places(0) != places(1)
    assert sorted(i for place in places(0) for i in place) == list(range(640))
    spans = [int(lengths[place].max() - lengths[place].min()) for place in places(0)]
    assert np.mean(spans) < 100
    longest = [int(lengths[place].max()) for place in places(0)]
    assert longest[:16] != sorted(longest[:16])


def test_training_reads_no_part_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = kept_dataset(dataset())
    largest = []
    read = DiskSequences._values

    def noted(self: DiskSequences, chosen: np.ndarray) -> np.ndarray:
        largest.append(len(chosen))
        return read(self, chosen)

    monkeypatch.setattr(DiskSequences, "_values", noted)
    monkeypatch.setattr(DiskSequences, "values", property(lambda _: pytest.fail("read")))
    monkeypatch.setattr(module, "PIECE", 600)
    monkeypatch.setattr("hardware.sequences.statistics.PIECE", 600)
    metrics = train(SMALL, data, tmp_path / "run")
    assert set(metrics["test"]) == {"float", "quantised"}
    assert 0 < max(largest) < len(data.validation) + len(data.test)


def test_the_same_seed_trains_the_same_network_from_disk(tmp_path: Path) -> None:
    data = kept_dataset(dataset())
    for name in "ab":
        train(SMALL, data, tmp_path / name)
    one, other = ((tmp_path / name / "model.safetensors").read_bytes() for name in "ab")
    assert one == other


def test_every_command_gives_the_same_of_data_on_disk_as_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Any
) -> None:
    for i, (sequence, label) in enumerate(zip(SEQUENCES, TARGETS["classify"], strict=True)):
        (tmp_path / "data" / "ab"[label]).mkdir(parents=True, exist_ok=True)
        np.savez(tmp_path / "data" / "ab"[label] / f"{i:03}.npz", values=sequence)
    run = tmp_path / "run"
    small = ("--hidden", 4, "--epochs", 1, "--quantised-epochs", 1, "--baseline", "none")
    code, _, err = call("train", "--data", tmp_path / "data", "--out", run, *small)
    assert code == 0, err
    answers = []
    for most in (2**28, 100):
        monkeypatch.setattr("spiking_gru.data.folder.IN_MEMORY", most)
        assert isinstance(RunFolder(run).dataset().test.sequences, DiskSequences) == (most == 100)
        code, out, err = call("convert", run, "--json")
        assert code == 0, err
        digest = json.loads(out)["digest"]
        code, out, err = call("run", run, "--json")
        assert code == 0, err
        predictions = json.loads(out)["predictions"]
        code, out, err = call("verify", run, "--engine", "torch", "--engine", "numpy")
        assert code == 0, err
        assert "0 of" in out
        answers.append((digest, predictions))
    assert answers[0] == answers[1]
