"""Baselines are rows, have the size that is asked for, and change nothing of the network."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from datasets import small_file
from torch import nn

from hardware.definition.formulation import FORMULATIONS
from spiking_gru import data
from spiking_gru.batches import padded
from spiking_gru.encoder import Encoder
from spiking_gru.network import make_encoder
from spiking_gru.settings import BASELINES as NAMES
from spiking_gru.settings import NetworkSettings, TrainingSettings
from spiking_gru.training import train
from spiking_gru.training.baseline import (
    BASELINES,
    Baseline,
    Chosen,
    StateBaseline,
    TorchBaseline,
    chosen_baselines,
    nearest_hidden,
)
from spiking_gru.training.results import multiplied, parameters_of
from spiking_gru.training.seeds import phase_seed

SETTINGS = TrainingSettings(hidden=8, epochs=1, quantised_epochs=1, batch=8, dropout=0.3)
ABOUT = NetworkSettings(channels=3, classes=("a", "b"), hidden=6)


def built(kind: str, about: NetworkSettings = ABOUT) -> TorchBaseline | StateBaseline:
    chosen = Chosen(kind, "", BASELINES[kind], about)
    return chosen.build(make_encoder(about), 0)  # type: ignore[return-value]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> data.Dataset:
    return data.load(str(small_file(tmp_path_factory.mktemp("data"))))


def test_every_name_of_a_setting_is_a_row() -> None:
    assert {kind for kinds in NAMES.values() for kind in kinds} == set(BASELINES)


@pytest.mark.parametrize("kind", BASELINES)
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"layers": 3, "bidirectional": True},
        {"formulation": "output-gated", "readout": "last"},
        {"formulation": "minimal", "learn_initial_state": True, "learn_threshold": True},
        {"encoder": "population", "encoder_fields": 4, "layers": 2},
        {"encoder": "tokens", "tokens": 7},
        {"encoder": "tokens", "tokens": 7, "embedding": 5, "bidirectional": True},
    ],
    ids=str,
)
def test_a_row_knows_the_parameters_of_what_it_builds(
    kind: str, changes: dict[str, object]
) -> None:
    about = NetworkSettings(**{**ABOUT.model_dump(), **changes})
    assert BASELINES[kind].parameters(about) == parameters_of(built(kind, about))


def test_an_lstm_has_four_gates_where_a_gru_has_three() -> None:
    assert multiplied(built("gru")) == {"layer_weights": 3 * 6 * (3 + 6), "readout_weights": 2 * 6}
    assert multiplied(built("lstm"))["layer_weights"] == 4 * 6 * (3 + 6)


@pytest.mark.parametrize("kind", BASELINES)
@pytest.mark.parametrize("parameters", [1, 300, 5_000, 54_921])
def test_at_equal_parameters_no_other_hidden_size_is_nearer(kind: str, parameters: int) -> None:
    row = BASELINES[kind]
    hidden = nearest_hidden(row, ABOUT, parameters)

    def distance(size: int) -> int:
        about = ABOUT.model_copy(update={"hidden": size})
        return abs(row.parameters(about) - parameters)

    assert distance(hidden) == min(distance(size) for size in range(1, 4 * hidden))


def test_both_sizes_are_two_baselines_unless_they_are_the_same() -> None:
    settings = TrainingSettings(baseline="gru,lstm", baseline_size="both")
    of_spiking = BASELINES["gru"].parameters(ABOUT)
    found = chosen_baselines(settings, ABOUT, of_spiking)
    assert [(each.name, each.settings.hidden) for each in found] == [
        ("gru", 6),
        ("lstm", 6),
        ("lstm-parameters", 5),
    ]
    assert found[2].title == "torch.nn.LSTM, same parameters"
    alone = settings.model_copy(update={"baseline_size": "parameters"})
    names = [each.name for each in chosen_baselines(alone, ABOUT, of_spiking)]
    assert names == ["gru-parameters", "lstm-parameters"]


@pytest.mark.parametrize("formulation", FORMULATIONS)
def test_the_state_baseline_is_the_same_cell_that_sends_its_state(formulation: str) -> None:
    about = ABOUT.model_copy(update={"formulation": formulation, "learn_threshold": True})
    model = built("state", about)
    assert isinstance(model, StateBaseline)
    (cell,) = model.gru.cells
    assert cell.cell.formulation == formulation  # type: ignore[union-attr]
    assert not cell.cell.emission.has_threshold  # type: ignore[union-attr]
    frames = torch.randn(5, 2, 3)
    seen = model.seen(frames, torch.tensor([5, 3]), counted=True)
    assert seen.operations is None, "the energy of a baseline is no loss of its own"
    assert not ((seen.emitted == 0) | (seen.emitted.abs() == 1)).all()


def test_torch_cells_begin_with_wide_inputs_orthogonal_states_and_an_open_forget_gate() -> None:
    gru, lstm = built("gru"), built("lstm")
    for model in (gru, lstm):
        recurrent = model.recurrent  # type: ignore[union-attr]
        inputs, states = recurrent.weight_ih_l0.detach(), recurrent.weight_hh_l0.detach()
        assert 1 / 6**0.5 < inputs.abs().max() <= 1 / 3**0.5
        for gate in states.split(6):
            assert torch.allclose(gate @ gate.T, torch.eye(6), atol=1e-5)
    biases = lstm.recurrent.bias_ih_l0.detach().split(6)  # type: ignore[union-attr]
    assert [bool((bias > 0.5).all()) for bias in biases] == [False, True, False, False]
    assert gru.recurrent.bias_ih_l0.abs().max() <= 1 / 6**0.5  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", ["gru", "lstm"])
def test_a_torch_baseline_reads_each_sequence_to_its_own_end(
    kind: str, dataset: data.Dataset
) -> None:
    about = SETTINGS.network(dataset.channels, dataset.classes)
    model = built(kind, about)
    frames, lengths = padded(dataset.test.sequences)
    whole = model.seen(frames, lengths)
    cell = model.recurrent  # type: ignore[union-attr]
    assert isinstance(cell, (nn.GRU, nn.LSTM))
    for i, steps in enumerate(lengths.tolist()):
        states, _ = cell(model.encoder(frames[:steps, i : i + 1]))
        assert torch.allclose(whole.emitted[:steps, i], states[:, 0], atol=1e-6)
        assert torch.allclose(whole.last[i], states[-1, 0], atol=1e-6)
        assert not whole.emitted[steps:, i].any()


def test_the_choice_of_baselines_does_not_change_the_network(
    dataset: data.Dataset, tmp_path: Path
) -> None:
    weights = set()
    for name in ("none", "gru,lstm", "state"):
        settings = SETTINGS.model_copy(update={"baseline": name})
        train(settings, dataset, tmp_path / name)
        weights.add((tmp_path / name / "model.safetensors").read_bytes())
    assert len(weights) == 1


def test_another_baseline_does_not_change_a_baseline(dataset: data.Dataset, tmp_path: Path) -> None:
    found = [
        train(SETTINGS.model_copy(update={"baseline": name}), dataset, tmp_path / name)["test"]
        for name in ("gru", "lstm,gru")
    ]
    assert found[0]["gru"] == found[1]["gru"]
    assert list(found[1]) == ["lstm", "gru", "float", "quantised"]


def test_a_run_tells_the_size_of_each_network(dataset: data.Dataset, tmp_path: Path) -> None:
    settings = SETTINGS.model_copy(update={"baseline": "lstm", "baseline_size": "both"})
    metrics = train(settings, dataset, tmp_path)
    written = json.loads((tmp_path / "training.json").read_text())
    assert written["networks"] == metrics["networks"]
    rows = [(row["name"], row["dense"], row["hidden"]) for row in metrics["networks"]]
    assert rows == [
        ("lstm", True, 8),
        ("lstm-parameters", True, 7),
        ("float", False, 8),
        ("quantised", False, 8),
    ]
    of_quantised = metrics["networks"][-1]
    width, classes = dataset.channels, len(dataset.classes)
    assert of_quantised["layer_weights"] == 3 * 8 * (width + 8)
    assert of_quantised["readout_weights"] == 8 * classes
    assert of_quantised["parameters"] == 3 * 8 * (width + 8) + 6 * 8 + 8 * classes + classes


def test_seeds_of_phases_and_purposes_differ_and_stay_as_they_are() -> None:
    drawn = {
        phase_seed(seed, phase, purpose)
        for seed in range(3)
        for phase in ("gru", "float", "quantised")
        for purpose in ("weights", "dropout", "batches")
    }
    assert len(drawn) == 27
    # SHA-256 of "0/float/dropout", its first 8 bytes from the least significant one.
    assert phase_seed(0, "float", "dropout") == 14410921948309097091


def test_each_phase_draws_other_batches_and_dropout(
    dataset: data.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeds: list[int] = []
    seed_all = torch.manual_seed

    def watched(seed: int) -> torch.Generator:
        seeds.append(seed)
        return seed_all(seed)

    monkeypatch.setattr(torch, "manual_seed", watched)
    train(SETTINGS, dataset, tmp_path)
    expected = [
        phase_seed(0, "spiking", "weights"),
        phase_seed(0, "gru", "weights"),
        *(phase_seed(0, phase, "dropout") for phase in ("gru", "float", "quantised")),
    ]
    assert seeds == expected


def test_an_own_row_is_a_baseline_like_any_other() -> None:
    row = Baseline("two gates", lambda _: BASELINES["gru"].gates(ABOUT), BASELINES["gru"].build)
    model = Chosen("own", "two gates", row, ABOUT).build(Encoder(3), 1)
    assert parameters_of(model) == row.parameters(ABOUT)


@pytest.mark.parametrize("embedding", [0, 5])
@pytest.mark.parametrize("kind", BASELINES)
def test_every_baseline_takes_tokens_and_padding_changes_nothing(kind: str, embedding: int) -> None:
    text = {"encoder": "tokens", "tokens": 7, "embedding": embedding, "dropout": 0.0}
    about = NetworkSettings(**{**ABOUT.model_dump(), **text, "channels": 1})
    model = BASELINES[kind].build(about, make_encoder(about)).eval()
    frames = torch.tensor([[2.0, 5.0], [3.0, 1.0], [0.0, 7.0]]).unsqueeze(-1)
    both = model(frames, torch.tensor([2, 3]))
    torch.testing.assert_close(both[:1], model(frames[:2, :1], torch.tensor([2])))
