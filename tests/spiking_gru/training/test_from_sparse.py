"""Sparse data are trained on and evaluated as the same dense data are, a batch at a time."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from on_disk_data import kept_dataset

import conversion
import hardware
from hardware import SparseSequences
from hardware.sequences.events import Counts
from hardware.sequences.on_disk import SparseStore
from spiking_gru import batches as module
from spiking_gru.batches import batches, padded, pieces
from spiking_gru.data import Dataset, Part
from spiking_gru.data.summary import summary_of
from spiking_gru.settings import TrainingSettings
from spiking_gru.training import train
from spiking_gru.training.evaluation import evaluate
from spiking_gru.training.train import fresh_network

RNG = np.random.default_rng(0)
SEQUENCES = [
    (RNG.random((n, 6)) < (0.1 + 0.3 * (np.arange(6) % 2 == i % 2))).astype(np.float32)
    for i, n in enumerate(RNG.integers(2, 40, 120))
]
LABELS = [i % 2 for i in range(120)]
SMALL = TrainingSettings(
    hidden=4, epochs=1, quantised_epochs=1, baseline="none", batch=8, encoder="events"
)


def on_disk(sparse: SparseSequences) -> SparseSequences:
    store = SparseStore(sparse.channels, most=0)
    for i in range(len(sparse)):
        one = sparse.take([i])
        store.add(Counts(one.values, one.columns, one.edges))
    return store.sequences()


def dataset(kind: str = "sparse", targets: Any = LABELS, **options: Any) -> Dataset:
    given: Any = SEQUENCES if kind == "dense" else SparseSequences.of(SEQUENCES)
    return Dataset.from_lists(on_disk(given) if kind == "disk" else given, targets, **options)


def same_batches(part: Part, other: Part) -> bool:
    both = [list(batches(p, 8, torch.Generator().manual_seed(3))) for p in (part, other)]
    return all(
        torch.equal(a, b)
        for one, two in zip(*both, strict=True)
        for a, b in zip(one, two, strict=True)
    )


def test_sparse_frames_are_padded_as_dense_ones() -> None:
    sparse = SparseSequences.of(SEQUENCES)
    for each in (sparse, on_disk(sparse), sparse.take([]), sparse.take([5])):
        frames, lengths = padded(each)
        expected, of_dense = padded(each.dense())
        assert torch.equal(frames, expected)
        assert torch.equal(lengths, of_dense)


@pytest.mark.parametrize("kind", ["sparse", "disk"])
def test_parts_stay_sparse_and_batches_are_those_of_dense_data_on_disk(kind: str) -> None:
    data = dataset(kind)
    for name in ("training", "validation", "test"):
        found, expected = getattr(data, name), getattr(dataset("dense"), name)
        assert isinstance(found.sequences, SparseSequences)
        assert np.array_equal(found.targets, expected.targets)
        assert np.array_equal(found.sequences.dense().values, expected.sequences.values)
    assert same_batches(data.training, kept_dataset(dataset("dense")).training)
    assert data.fingerprint == dataset("sparse").fingerprint != dataset("dense").fingerprint
    same = SparseSequences.of(SEQUENCES)
    twice = replace(same, values=2 * same.values)
    assert Dataset.from_lists(twice, LABELS).fingerprint != data.fingerprint


@pytest.mark.parametrize("per_step", [False, True])
def test_an_evaluation_in_pieces_gives_the_figures_of_the_whole(
    per_step: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PIECE", 360)
    targets = [s[:, 0].astype(int) for s in SEQUENCES] if per_step else LABELS
    task = "classify-steps" if per_step else "classify"
    data, dense = dataset(targets=targets, task=task), dataset("dense", targets, task=task)
    network = fresh_network(SMALL.model_copy(update={"encoder": "graded"}), dense)[0].quantise()
    assert len(list(pieces(data.test))) > 3
    assert evaluate(network, data.test).figures() == evaluate(network, dense.test).figures()


@pytest.mark.parametrize("encoder", ["graded", "events", "send-on-delta", "rate"])
def test_encoders_are_fitted_as_to_dense_data(encoder: str) -> None:
    settings = SMALL.model_copy(update={"encoder": encoder})
    fitted = [fresh_network(settings, dataset(kind))[0].encoder for kind in ("dense", "sparse")]
    frames, _ = padded(dataset().test.sequences)
    assert torch.equal(*(encoder(frames) for encoder in fitted))


def test_training_makes_no_part_dense_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = dataset()
    monkeypatch.setattr(SparseSequences, "dense", lambda _: pytest.fail("made dense"))
    most = []
    padded_sparse = module.padded_sparse

    def noted(sequences: SparseSequences, device: torch.device) -> Any:
        most.append(len(sequences))
        return padded_sparse(sequences, device)

    monkeypatch.setattr(module, "padded_sparse", noted)
    monkeypatch.setattr(module, "PIECE", 600)
    settings = SMALL.model_copy(update={"noise": 0.1, "shift": 0.1, "channel_mask": 0.1})
    metrics = train(settings, data, tmp_path / "run")
    assert set(metrics["test"]) == {"float", "quantised"}
    assert max(most) <= 16
    assert len(summary_of(data).channels) == 6


def test_a_network_of_sparse_data_is_deployed_with_its_bits(tmp_path: Path) -> None:
    from spiking_gru.saved import load_network

    data = dataset()
    trained = train(SMALL, data, tmp_path / "run")
    network, _ = load_network(tmp_path / "run")
    program = conversion.convert(network, samples=data.validation.sequences)
    trace = hardware.run(program, data.test.sequences, engine="numpy")
    found = (trace.predictions == data.test.labels).mean()
    assert found == trained["test"]["quantised"]["accuracy"]
    assert conversion.verify(program, network, data.test.sequences, engines=["numpy"]).equal


def test_given_parts_stay_sparse() -> None:
    sparse = SparseSequences.of(SEQUENCES)
    halves = [(sparse.take(range(a, a + 60)), LABELS[a : a + 60]) for a in (0, 60)]
    made = Dataset.from_parts(*halves)
    assert isinstance(made.training.sequences, SparseSequences)
    assert np.array_equal(made.test.sequences.values, halves[1][0].values)


def test_every_command_takes_sparse_data(tmp_path: Path, call: Any) -> None:
    for i, (sequence, label) in enumerate(zip(SEQUENCES[:60], LABELS, strict=False)):
        (tmp_path / "clips" / "ab"[label]).mkdir(parents=True, exist_ok=True)
        t, x = np.nonzero(sequence)
        np.savez(tmp_path / "clips" / "ab"[label] / f"{i:03}.npz", t=t, x=x)
    data, run = tmp_path / "clips.toml", tmp_path / "run"
    data.write_text('folder = "clips"\n[events]\nsensor_size = 6\ndt = 1\nframes = 30\n')
    small = ("--hidden", 4, "--epochs", 1, "--quantised-epochs", 1, "--baseline", "none")
    for command in (
        ("data", "check", data),
        ("train", "--data", data, "--out", run, "--encoder", "events", *small),
        ("convert", run),
        ("run", run, "--engine", "numpy"),
        ("run", run, "--engine", "numpy", "--data", data),
        ("verify", run, "--engine", "torch", "--engine", "numpy"),
    ):
        code, out, err = call(*command, "--json")
        assert code == 0, err
        assert json.loads(out)
