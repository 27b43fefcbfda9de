"""Pruned weights are the smallest, stay 0 through training, and are 0 in the program."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from datasets import small_file
from networks import random_network

from conversion import convert
from hardware.cost.counts import count
from hardware.runs.run import run
from spiking_gru import data, load_network
from spiking_gru.training import TrainingSettings, train
from spiking_gru.training.callbacks import BatchReport, Callback, PhaseReport
from spiking_gru.training.pruning import Pruning, matrices


def test_the_smallest_weights_of_each_matrix_go_first() -> None:
    network = random_network(0, hidden=8)
    before = [matrix.detach().clone() for matrix in matrices(network)]
    pruning = Pruning(network, 0.6, 10)
    kept = []
    for epoch in range(1, 11):
        pruning.choose(network, epoch)
        kept.append(pruning.masks)
        for matrix, old in zip(matrices(network), before, strict=True):
            zeros = matrix == 0
            assert int(zeros.sum()) == round(pruning.share_at(epoch) * matrix.numel())
            assert old[zeros].abs().max() <= old[~zeros].abs().min()
    assert pruning.share_at(5) == pruning.share_at(10) == 0.6
    assert [pruning.is_complete(epoch) for epoch in (4, 5)] == [False, True]
    assert 0.6 / 5 < pruning.share_at(1) < 0.6


def test_without_a_share_nothing_is_pruned() -> None:
    network = random_network(0)
    before = [matrix.detach().clone() for matrix in matrices(network)]
    Pruning(network, 0.0, 3).choose(network, 3)
    assert all(torch.equal(a, b) for a, b in zip(matrices(network), before, strict=True))


@pytest.mark.parametrize("formulation", ["torch", "minimal"])
def test_what_is_pruned_is_0_in_the_program_and_costs_nothing(
    tmp_path: Path, formulation: str
) -> None:
    dataset = data.load(str(small_file(tmp_path)))
    settings = TrainingSettings(
        hidden=8, layers=2, epochs=2, quantised_epochs=6, batch=8, formulation=formulation
    )
    operations = []
    for share in (0.0, 0.75):
        train(settings.model_copy(update={"prune": share}), dataset, tmp_path / f"{share}")
        network, _ = load_network(tmp_path / f"{share}")
        for matrix in matrices(network):  # masked, not only rounded to 0 by quantisation
            assert int((matrix == 0).sum()) == round(share * matrix.numel())
        program = convert(network)
        for layer in program.layers:
            for weights in (layer.input_weights, layer.recurrent_weights):
                assert (weights == 0).sum() >= round(share * weights.size)
        trace = run(program, dataset.test.sequences)
        counts = count(trace, program)
        operations.append(counts.layers[0].synaptic_operations.sum() / trace.lengths.sum())
    assert operations[1] < 0.5 * operations[0]


class CountZeros(Callback):
    """Compares the zeros of each matrix with the share of the epoch, after every batch."""

    def __init__(self) -> None:
        self.missing: list[int] = []

    def on_phase(self, report: PhaseReport) -> None:
        self.model, self.epochs = report.model, report.epochs

    def on_batch(self, report: BatchReport) -> None:
        share = Pruning(self.model, 0.75, self.epochs).share_at(report.epoch)
        for matrix in matrices(self.model) if report.phase == "quantised" else ():
            self.missing.append(round(share * matrix.numel()) - int((matrix == 0).sum()))


def test_masked_weights_are_0_after_every_batch(tmp_path: Path) -> None:
    watched = CountZeros()
    settings = TrainingSettings(
        hidden=8, epochs=1, quantised_epochs=4, batch=8, prune=0.75, baseline="none"
    )
    dataset = data.load(str(small_file(tmp_path)))
    train(settings, dataset, tmp_path / "run", callbacks=[watched])
    assert len(watched.missing) > 8
    assert max(watched.missing) == 0


def test_the_rate_of_quantised_epochs_is_higher_for_pruned_weights() -> None:
    rates = [TrainingSettings(prune=share).quantised_rate for share in (0.0, 0.5)]
    assert rates == [1e-3, 4e-3]
    assert TrainingSettings(prune=0.5, quantised_learning_rate=0.1).quantised_rate == 0.1
