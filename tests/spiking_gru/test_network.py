from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from networks import random_network

from hardware.errors import InputError
from spiking_gru.encoder import GradedEncoder
from spiking_gru.network import Network, NetworkSettings, load_network, save_network
from spiking_gru.readout import MeanReadout


def test_the_encoder_standardises_by_the_statistics_it_was_fitted_to() -> None:
    frames = np.random.default_rng(0).normal(3, 2, (200, 4)).astype(np.float32)
    encoder = GradedEncoder(4)
    encoder.fit(frames)
    encoded = encoder(torch.from_numpy(frames))
    assert encoded.mean(0).abs().max() < 1e-6
    assert (encoded.std(0) - 1).abs().max() < 0.01


def test_a_constant_channel_is_only_centred() -> None:
    encoder = GradedEncoder(1)
    encoder.fit(np.full((5, 1), 7.0))
    assert encoder(torch.full((5, 1), 8.0)).tolist() == [[1.0]] * 5


def test_the_quantised_encoder_stays_on_its_grid_and_within_its_limits() -> None:
    encoder = GradedEncoder(1)
    encoder.quantised = True
    values = torch.linspace(-9, 9, 1001).unsqueeze(1)
    steps = encoder(values) * 32
    assert torch.equal(steps, steps.round())
    assert steps.min() == -127
    assert steps.max() == 127


def test_the_readout_is_the_mean_over_valid_steps() -> None:
    torch.manual_seed(0)
    readout = MeanReadout(5, 3, weight_bits=8, gain=2.0)
    spikes = (torch.rand(6, 2, 5) > 0.5).float()
    spikes[4:, 1] = 0
    logits = readout(spikes, torch.tensor([6, 4]))
    for i, length in enumerate((6, 4)):
        per_step = spikes[:length, i] @ readout.weight.T + readout.bias
        assert torch.allclose(logits[i], 2.0 * per_step.mean(0), atol=1e-6)


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
