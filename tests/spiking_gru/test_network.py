from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from networks import random_network

from hardware.errors import InputError
from spiking_gru.network import Network, load_network, save_network
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


def test_a_folder_whose_files_disagree_is_refused(tmp_path: Path) -> None:
    settings = NetworkSettings(channels=3, hidden=5, classes=("a", "b"))
    save_network(Network.build(settings), settings, tmp_path)
    about = json.loads((tmp_path / "model.json").read_text())
    (tmp_path / "model.json").write_text(json.dumps({**about, "hidden": 6}))
    with pytest.raises(InputError, match="does not fit model.json"):
        load_network(tmp_path)
    (tmp_path / "model.json").write_text(json.dumps({**about, "hidden": -1}))
    with pytest.raises(InputError, match="'hidden' is -1"):
        load_network(tmp_path)
    (tmp_path / "model.json").write_text(json.dumps({**about, "surprise": 1}))
    with pytest.raises(InputError, match="surprise"):
        load_network(tmp_path)
