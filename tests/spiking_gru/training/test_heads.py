"""Training with several heads: the loss, what is kept of it, and the program that follows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import spiking_gru as sg
from conversion import convert
from hardware import run
from hardware.errors import SettingError
from hardware.runs.answers import metrics_of
from spiking_gru.batches import whole
from spiking_gru.data import Dataset
from spiking_gru.network import Network
from spiking_gru.settings import NetworkSettings, TrainingSettings
from spiking_gru.training.augmentation import AUGMENTATIONS, augmented
from spiking_gru.training.evaluation import evaluate
from spiking_gru.training.losses import class_weights, head_weights, loss
from spiking_gru.training.train import fresh_network

RNG = np.random.default_rng(1)
LENGTHS = RNG.integers(4, 9, 60)
KINDS = [i % 3 for i in range(60)]
XS = [
    np.stack([RNG.normal(k, 0.3, n), np.full(n, n / 4)], 1)
    for k, n in zip(KINDS, LENGTHS, strict=True)
]
HEADS: dict[str, Any] = {
    "kind": [f"k{k}" for k in KINDS],
    "marks": [["odd"] * (k % 2) + ["big"] * (k > 1) for k in KINDS],
    "length": [float(n) + 0.5 for n in LENGTHS],
}


ALWAYS = {
    "kind": ["items", "accuracy"],
    "marks": ["items", "micro_f1"],
    "length": ["items", "rmse"],
}
"""Metrics of each head that are never undefined."""


def made(per_step: bool = False) -> Dataset:
    heads = HEADS
    if per_step:
        heads = {
            name: [[item] * n for item, n in zip(items, LENGTHS, strict=True)]
            for name, items in HEADS.items()
        }
    return Dataset.from_lists(XS, heads, task={"marks": "multi-label-steps"} if per_step else None)


def network_of(data: Dataset, **settings: Any) -> Network:
    return fresh_network(TrainingSettings(hidden=6, **settings), data)[0]


def alone(network: Network, data: Dataset, name: str) -> Network:
    """The network that has the readout of one head, with its weights."""
    other = network_of(data.head(name), emit="graded", readout=network.readout.kind)
    state = network.state_dict()
    (rows,) = (head.outputs for head in network.heads if head.name == name)
    for field in ("readout.weight", "readout.bias"):
        state[field] = state[field][rows]
    other.load_state_dict(state)
    return other


@pytest.mark.parametrize("per_step", [False, True])
def test_the_loss_is_the_weighted_mean_of_those_of_the_heads(per_step: bool) -> None:
    data = made(per_step)
    network = network_of(data).eval()
    batch, weights = whole(data.training), (1.0, 0.5, 2.0)
    network.head_weights = weights
    logits = network(batch.frames, batch.lengths).detach()
    found = loss(network, logits, batch.targets, batch.lengths, 0.1)
    of_heads = []
    for name, one in data.by_head.items():
        single, part = alone(network, data, name).eval(), whole(one.training)
        logits = single(part.frames, part.lengths).detach()
        of_heads.append(loss(single, logits, part.targets, part.lengths, 0.1))
    expected = sum(w * x for w, x in zip(weights, of_heads, strict=True)) / sum(weights)
    assert float(found) == pytest.approx(float(expected), rel=1e-6)


@pytest.mark.parametrize("per_step", [False, True])
def test_the_metrics_of_a_head_are_those_of_a_network_with_it_alone(per_step: bool) -> None:
    data = made(per_step)
    network = network_of(data)
    score = evaluate(network, data.test)
    for name, one in data.by_head.items():
        expected = evaluate(alone(network, data, name), one.test)
        figures = {metric: score.figures()[f"{name}/{metric}"] for metric in ALWAYS[name]}
        assert figures == pytest.approx({m: expected.figures()[m] for m in ALWAYS[name]})
        assert f"{name} {expected.quality}" in score.quality


def test_missing_targets_of_one_head_do_not_touch_the_others() -> None:
    data = made()
    network = network_of(data)
    batch = whole(data.training)
    missing = batch.targets.clone()
    missing[:, 0], missing[:, 3] = -1, float("nan")
    logits = network(batch.frames, batch.lengths).detach()
    network.head_weights = (1.0, 0.0, 1.0)
    assert float(loss(network, logits, missing, batch.lengths, 0.0)) == 0.0
    network.head_weights = (0.0, 1.0, 0.0)
    both = [loss(network, logits, t, batch.lengths, 0.0) for t in (missing, batch.targets)]
    assert float(both[0]) == float(both[1]) > 0


def test_vacated_frames_are_missing_targets_of_every_head() -> None:
    data = made(per_step=True)
    network = network_of(data)
    batch = whole(data.training)
    strengths = {**dict.fromkeys(AUGMENTATIONS, 0.0), "shift": 0.5}
    moved = augmented(batch, network, strengths, torch.Generator().manual_seed(0))
    vacated = moved.targets.isnan().all(-1)
    assert vacated.any()
    kind, marks, _ = network.heads
    assert (kind.targets_of(moved.targets)[vacated] == -1).all()
    assert (marks.targets_of(moved.targets)[vacated] == -1).all()


def test_balanced_class_weights_are_those_of_each_head() -> None:
    data, settings = made(), TrainingSettings(class_weights="balanced")
    found = class_weights(settings, data)
    expected = [class_weights(settings, data.head(name)) for name in ("kind", "marks")]
    assert found is not None
    assert found.tolist() == torch.cat([e for e in expected if e is not None]).tolist()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"head_weights": "kinds=1"}, "unknown head in the head weights 'kinds': did you mean 'k"),
        ({"class_weights": "1,2,3"}, "3 class weights are given, but data has several heads"),
        ({"decision": "sign"}, "the decision is 'sign', but the data have several heads"),
    ],
)
def test_settings_that_no_head_can_take_are_refused(
    settings: dict[str, str], message: str, tmp_path: Path
) -> None:
    with pytest.raises(SettingError, match=message):
        sg.train(TrainingSettings(**settings), made(), tmp_path / "run")
    assert not (tmp_path / "run" / "training.json").exists()


def test_head_weights_are_refused_for_one_target() -> None:
    data = made().head("kind")
    with pytest.raises(SettingError, match="head weights are given, but data has one target"):
        head_weights(TrainingSettings(head_weights={"kind": 1}), data)


def test_a_trained_network_with_heads_becomes_a_program_with_the_same_answers(
    tmp_path: Path,
) -> None:
    data = made()
    settings = TrainingSettings(
        hidden=8, epochs=1, quantised_epochs=1, distil=0.5, class_weights="balanced",
        head_weights={"kind": 2, "length": 0.5}, baseline="gru,state",
    )  # fmt: skip
    metrics = sg.train(settings, data, tmp_path / "run")
    about = json.loads((tmp_path / "run" / "training.json").read_text())
    assert about["settings"]["head_weights"] == "kind=2,length=0.5"
    assert {"kind/accuracy", "marks/micro_f1", "length/rmse"} <= metrics["test"]["gru"].keys()
    assert "validation_marks/micro_f1" in metrics["history"][0]
    network, kept = sg.load_network(tmp_path / "run")
    assert [head.name for head in kept.heads] == list(HEADS)
    program = convert(network, samples=data.training.sequences)
    trace = run(program, data.test.sequences, "numpy")
    found = metrics["test"]["quantised"]
    for name, one in data.by_head.items():
        deployed = metrics_of(program.head(name), trace.head(program, name), one.test.targets)
        for metric in ("accuracy", "micro_f1", "rmse", "mae"):
            if hasattr(deployed, metric):
                assert getattr(deployed, metric) == found[f"{name}/{metric}"]


def test_head_weights_change_what_is_learnt(tmp_path: Path) -> None:
    data = made()
    found = []
    for weight in (0.01, 100):
        settings = TrainingSettings(
            hidden=8, epochs=6, quantised_epochs=1, baseline="none", head_weights={"length": weight}
        )
        run_of = sg.train(settings, data, tmp_path / str(weight))
        found.append(run_of["test"]["quantised"]["length/rmse"])
    assert found[1] < 0.9 * found[0]


def test_folds_keep_the_heads(tmp_path: Path) -> None:
    settings = TrainingSettings(hidden=4, epochs=0, quantised_epochs=1, baseline="none")
    found = sg.cross_validate(settings, made(), 2, include_test=True)
    assert 0 <= found.mean["quantised"]["kind/accuracy"] <= 1
    assert found.mean["quantised"]["length/items"] == 30


def test_the_settings_of_a_network_with_one_target_name_no_heads() -> None:
    assert "heads" not in NetworkSettings(channels=2, classes=("a", "b")).model_dump()


@pytest.mark.parametrize("text", ["kind", "kind=0", "kind=-1", "=1", "kind=nan", "kind=1,x"])
def test_head_weights_that_are_no_numbers_are_refused(text: str) -> None:
    with pytest.raises(SettingError, match="expected a number above 0 for each head, such as"):
        TrainingSettings(head_weights=text)
