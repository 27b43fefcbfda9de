"""A GRU that skips what hardly moves, compared with programs that do the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from programs import random_sequences

import hardware
from conversion import convert
from spiking_gru.batches import padded
from spiking_gru.cli.reported import skipping_of
from spiking_gru.data import Dataset, Part
from spiking_gru.network import Network
from spiking_gru.settings import NetworkSettings, TrainingSettings
from spiking_gru.training import as_good, train
from spiking_gru.training import skipping as module
from spiking_gru.training.skipping import RUNGS, calibrated, multiplied, skipping, worse

LENGTHS = [7, 2, 5]


def settings_of(**more: object) -> NetworkSettings:
    return NetworkSettings(
        channels=3, hidden=6, classes=("a", "b"), emit="state", encoder="graded", **more
    )


def trained(about: NetworkSettings, seed: int = 3) -> Network:
    torch.manual_seed(seed)
    network = Network.build(about)
    network.encoder.fit(random_sequences(seed, 3, [40]).values)
    with torch.no_grad():
        for cell in network.gru.cells:
            cell.weight_hh.mul_(2)
    return network


def part(seed: int = 3) -> Part:
    return Part(random_sequences(seed, 3, LENGTHS), np.array([0, 1, 0]))


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("threshold", [0.0, 0.05])
def test_its_operations_are_those_of_the_program_that_skips(
    threshold: float, layers: int, bidirectional: bool
) -> None:
    about = settings_of(layers=layers, bidirectional=bidirectional)
    network = skipping(trained(about), about, threshold).quantise()
    program = convert(network)
    trace = hardware.run(program, part().sequences)
    counts = hardware.count(trace, program)
    found = torch.cat(list(multiplied(network, part())))
    assert found.tolist() == counts.synaptic_operations.tolist()


def test_at_threshold_0_it_answers_as_the_state_does() -> None:
    about = settings_of()
    network = trained(about).quantise().eval()
    frames, lengths = padded(part().sequences)
    skips = skipping(network, about, 0.0).quantise().eval()
    assert torch.equal(skips(frames, lengths), network(frames, lengths))


def test_a_higher_threshold_sends_less() -> None:
    about = settings_of()
    network = trained(about)
    done = [
        float(torch.cat(list(multiplied(skipping(network, about, rung), part()))).sum())
        for rung in (0.0, 0.02, 0.1, 0.3)
    ]
    assert done == sorted(done, reverse=True)
    assert done[-1] < done[0] / 2


def dataset() -> Dataset:
    return Dataset.from_lists(
        list(random_sequences(1, 3, [8] * 60)), [0, 1] * 30, name="noise", seed=0
    )


def test_the_last_rung_before_answers_get_worse_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    about, data = settings_of(), dataset()
    network, seen = trained(about), []
    evaluate = module.evaluate

    def noted(model: Network, of: Part) -> object:
        threshold = float(model.gru.cells[0].threshold.max())
        score = evaluate(model, of)
        seen.append((of is data.test, threshold))
        return replace(score, loss=1.0 + 2 * (threshold > 0.025))

    monkeypatch.setattr(module, "evaluate", noted)
    monkeypatch.setitem(as_good.ERRORS, "accuracy", lambda _: 0.0)
    found = calibrated(network, about, data)
    assert found.threshold == 0.02 in RUNGS
    of_test = [of for of, _ in seen]
    assert of_test == [False] * (len(seen) - 1) + [True], "the test part is looked at once"
    assert found.multiply_accumulates > 0


@pytest.mark.parametrize(
    ("accuracy", "loss", "expected"),
    [
        (0.9, 0.5, False),
        (0.91, 0.5, False),
        (0.8, 0.5, True),
        (0.9, 0.57, True),
        (0.9, 0.55, False),
    ],
)
def test_more_errors_or_a_clearly_larger_loss_are_worse(
    accuracy: float, loss: float, expected: bool
) -> None:
    about = settings_of()
    score = module.evaluate(trained(about), dataset().validation)
    other = replace(score, loss=0.5, metrics=replace(score.metrics, accuracy=0.9))
    found = replace(score, loss=loss, metrics=replace(score.metrics, accuracy=accuracy))
    assert worse(found, other) == expected


def test_a_training_with_a_state_baseline_says_what_it_does_when_it_skips(tmp_path: Path) -> None:
    settings = TrainingSettings(baseline="gru,state", hidden=4, epochs=1, quantised_epochs=1)
    written = train(settings, dataset(), tmp_path / "run")
    (found,) = written["skipping"].values()
    assert list(written["skipping"]) == ["state"]
    assert found["threshold"] in RUNGS
    assert found["multiply_accumulates"] > 0
    assert set(found["metrics"]) >= {"accuracy", "loss"}
    made = skipping_of(written)
    assert made is not None
    assert made.multiply_accumulates == found["multiply_accumulates"]
    (row,) = (row for row in written["networks"] if row["name"] == "state")
    assert made.size == (row["hidden"], row["layer_weights"] + row["readout_weights"])
    alone = train(settings.model_copy(update={"baseline": "gru"}), dataset(), tmp_path / "alone")
    assert alone["skipping"] == {}
    assert skipping_of(alone) is None
    assert skipping_of({}) is None, "runs of earlier releases have none"
