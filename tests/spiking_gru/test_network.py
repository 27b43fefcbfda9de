from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from mutations import WEIGHTS_MUTATIONS
from mutations.damage import DAMAGE
from networks import random_network
from sealing import edit_resealed

from hardware.errors import InputError, SettingError
from spiking_gru.data.tasks import TASKS
from spiking_gru.network import Network
from spiking_gru.saved import load_network, save_network
from spiking_gru.settings import NetworkSettings


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    network = random_network(1)
    settings = NetworkSettings(channels=3, hidden=5, classes=("a", "b"))
    save_network(network, settings, tmp_path)
    loaded, found = load_network(tmp_path)
    assert found == settings
    x, lengths = torch.randn(4, 2, 3), torch.tensor([4, 2])
    assert torch.equal(loaded(x, lengths), network.quantise()(x, lengths))


def test_quantising_can_be_switched_off_again() -> None:
    network = random_network(1)
    x, lengths = torch.randn(6, 8, 3), torch.full((8,), 6)
    before = network(x, lengths)
    assert not torch.equal(network.quantise()(x, lengths), before)
    assert torch.equal(network.quantise(False)(x, lengths), before)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    settings = NetworkSettings(channels=3, hidden=5, classes=("a", "b"))
    save_network(random_network(1), settings, tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hidden": 4}, "model.safetensors does not fit model.json"),
        ({"hidden": -1}, "'settings.hidden' is -1.*train again with"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_folder_whose_files_disagree_is_refused(
    saved: Path, change: dict[str, int], message: str
) -> None:
    about = json.loads((saved / "model.json").read_text())
    edit_resealed(saved / "model.json", settings={**about["settings"], **change})
    with pytest.raises(InputError, match=message):
        load_network(saved)


def test_settings_of_a_larger_network_than_the_weights_fill_take_no_memory(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    about = json.loads((saved / "model.json").read_text())
    edit_resealed(saved / "model.json", settings={**about["settings"], "hidden": 4096})
    monkeypatch.setattr(Network, "build", lambda _: pytest.fail("it was built"))
    with pytest.raises(
        InputError, match=r"holds 1\d\d numbers, but model.json asks for 50,\d+,\d+"
    ):
        load_network(saved)


def test_weights_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    network = random_network(1)
    network.readout.bias.data[0] = torch.nan
    save_network(network, NetworkSettings(channels=3, hidden=5, classes=("a", "b")), tmp_path)
    with pytest.raises(InputError, match="readout.bias holds NaN or infinity: train again"):
        load_network(tmp_path)


def test_a_network_that_a_killed_training_had_completed_is_loaded(saved: Path) -> None:
    expected, _ = load_network(saved)
    (saved / ".complete").mkdir()
    for name in ("model.json", "model.safetensors"):
        (saved / name).rename(saved / ".complete" / name)
    found, _ = load_network(saved)
    assert all(map(torch.equal, found.state_dict().values(), expected.state_dict().values()))


def test_an_edit_of_the_settings_is_noticed(saved: Path) -> None:
    text = (saved / "model.json").read_text()
    (saved / "model.json").write_text(text.replace('"bits": 8', '"bits": 7'))
    with pytest.raises(InputError, match="model.json: the checksum .* edited: train again with"):
        load_network(saved)


def test_weights_of_another_network_are_refused(saved: Path, tmp_path: Path) -> None:
    settings = NetworkSettings(channels=3, hidden=5, classes=("a", "b"))
    save_network(random_network(2), settings, tmp_path / "other")
    (tmp_path / "other" / "model.safetensors").replace(saved / "model.safetensors")
    with pytest.raises(InputError, match="model.safetensors: the checksum of its content is"):
        load_network(saved)


@pytest.mark.parametrize("name", ["model.json", "model.safetensors"])
def test_a_mutated_network_is_refused_or_is_the_identical_one(saved: Path, name: str) -> None:
    content = (saved / name).read_bytes()
    whole, settings = load_network(saved)
    changes = list(WEIGHTS_MUTATIONS.values() if name.endswith("tensors") else DAMAGE)
    found: Counter[str] = Counter()
    for seed in range(60):
        rng = np.random.default_rng(seed)
        (saved / name).write_bytes(changes[seed % len(changes)](rng, content))
        try:
            loaded, about = load_network(saved)
        except InputError:
            found["refused"] += 1
            continue
        pairs = zip(whole.state_dict().values(), loaded.state_dict().values(), strict=True)
        same = about == settings and all(torch.equal(a, b) for a, b in pairs)
        found["identical" if same else "another"] += 1
    assert found["another"] == 0, found
    assert found["refused"] > 45, found


@pytest.mark.parametrize(
    ("task", "decision", "outputs"),
    [("classify", None, 2), ("classify", "sign", 1), ("multi-label", None, 2)],
)
def test_the_task_or_a_setting_decides_how_scores_name_classes(
    task: str, decision: str | None, outputs: int
) -> None:
    settings = NetworkSettings(
        channels=3, hidden=4, classes=("a", "b"), task=task, decision=decision
    )
    network = Network.build(settings)
    assert settings.outputs == len(network.readout.weight) == outputs
    assert network.target.decision == (decision or TASKS[task].decision)
    scores = torch.tensor([[3.0, -1.0], [-2.0, -1.0], [0.0, 0.0]])[:, :outputs]
    expected = network.target.row.of(scores.numpy())
    assert network.answers(scores, torch.ones(3)).tolist() == expected.tolist()


def test_a_decision_that_does_not_answer_the_task_is_refused() -> None:
    settings = NetworkSettings(channels=3, hidden=4, classes=("a", "b"), decision="any-of")
    with pytest.raises(SettingError, match="asks for one class of several, but the decision is"):
        Network.build(settings)
