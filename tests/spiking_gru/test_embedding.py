"""An embedding is multiplied into the weights of the first layer: one column for each token."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from networks import random_network

from conversion import convert, verify
from conversion.fold import fold
from hardware.errors import SettingError
from hardware.sequences.dense import Sequences
from spiking_gru.network import Network
from spiking_gru.saved import load_network, save_network
from spiking_gru.settings import NetworkSettings, TrainingSettings
from spiking_gru.training.pruning import matrices

TEXT = {"encoder": "tokens", "tokens": 11, "embedding": 3, "classes": ("a", "b"), "hidden": 4}


def texts(channels: int) -> Sequences:
    rng = np.random.default_rng(0)
    return Sequences.of([rng.integers(0, 12, (n, channels)).astype(np.float32) for n in (5, 1, 8)])


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_program_has_one_column_for_each_token_and_the_bits_of_training(
    channels: int, bidirectional: bool
) -> None:
    network = random_network(1, channels, **{**TEXT, "layers": 2, "bidirectional": bidirectional})
    program = convert(network)
    assert program.layers[0].inputs == 11 * channels
    verification = verify(program, network, texts(channels), engines=["events", "numpy"])
    assert verification.equal, str(verification.comparisons[0].first)


def test_the_columns_are_the_product_of_both_matrices() -> None:
    cell = next(iter(random_network(1, 1, **TEXT).gru.cells))
    expected = cell.weight_ih.double() @ cell.embedding.double()
    assert torch.equal(cell.input_matrix(exact=True), expected.float())
    torch.testing.assert_close(cell.input_matrix(exact=False), expected.float())


def test_both_matrices_are_trained_through_their_product() -> None:
    network = random_network(1, 1, **TEXT)
    frames, lengths = torch.randint(0, 12, (6, 3, 1)).float(), torch.tensor([6, 2, 4])
    for quantised in (False, True):
        network.quantise(quantised).zero_grad()
        network(frames, lengths).square().sum().backward()
        cell = network.gru.cells[0]
        for parameter in (cell.weight_ih, cell.embedding):
            assert parameter.grad is not None
            assert parameter.grad.abs().sum() > 0


def test_a_network_with_an_embedding_is_saved_and_read(tmp_path: Path) -> None:
    settings = NetworkSettings(channels=1, **TEXT)
    network = random_network(1, 1, **TEXT)
    save_network(network, settings, tmp_path)
    read, about = load_network(tmp_path)
    assert (about.tokens, about.embedding) == (11, 3)
    assert convert(read).digest == convert(network).digest


def test_weights_that_are_trained_are_fewer_than_those_of_the_program() -> None:
    settings = NetworkSettings(channels=1, **{**TEXT, "bidirectional": True})
    network = random_network(0, 1, **{**TEXT, "bidirectional": True})
    trained = sum(p.numel() for name, p in network.named_parameters() if "bias" not in name)
    assert settings.trained_weights == trained - sum(
        p.numel() for name, p in network.named_parameters() if "threshold" in name
    )
    program = convert(network)
    held = sum(layer.input_weights.size + layer.recurrent_weights.size for layer in program.layers)
    assert settings.weights == held + program.readout.weights.size
    plain = NetworkSettings(channels=1, **{**TEXT, "embedding": 0})
    assert plain.trained_weights == plain.weights


@pytest.mark.parametrize(
    ("tokens", "channels", "bound"), [(100, 1, 1.0), (256, 4, 0.5), (4096, 1, 0.25)]
)
def test_the_first_weights_are_scaled_by_the_tokens_that_send_at_once(
    tokens: int, channels: int, bound: float
) -> None:
    text = {"encoder": "tokens", "tokens": tokens, "classes": ("a", "b"), "hidden": 16}
    cell = Network.build(NetworkSettings(channels=channels, **text)).gru.cells[0]
    assert 0.95 * bound < cell.weight_ih.abs().max() <= bound
    embedded = NetworkSettings(channels=channels, embedding=9, **text)
    cell = Network.build(embedded).gru.cells[0]
    assert 0.3 < cell.weight_ih.abs().max() <= 1 / 3
    torch.testing.assert_close(cell.embedding.std().item(), bound, rtol=0.1, atol=0.0)


def test_pruning_leaves_a_matrix_that_is_multiplied_by_an_embedding() -> None:
    cell = random_network(0, 1, **TEXT).gru.cells[0]
    assert [m is cell.weight_hh for m in matrices(cell)] == [True]
    cell = random_network(0, 1, **{**TEXT, "embedding": 0}).gru.cells[0]
    assert [m is cell.weight_ih for m in matrices(cell)] == [True, False]


def test_an_embedding_of_values_is_refused() -> None:
    with pytest.raises(SettingError, match="embedding is 8, but the encoder 'graded' sends no tok"):
        TrainingSettings(embedding=8, encoder="graded")
    with pytest.raises(SettingError, match="there are 0 tokens: give the number of tokens"):
        NetworkSettings(channels=1, classes=("a", "b"), encoder="tokens")


def test_a_setting_that_is_not_there_leaves_no_trace_in_the_file() -> None:
    saved = NetworkSettings(channels=1, classes=("a", "b")).model_dump()
    assert not {"tokens", "embedding", "heads"} & set(saved)


def test_conversion_takes_the_product_whose_bits_are_those_of_any_machine() -> None:
    network = random_network(1, 1, **{**TEXT, "embedding": 40})
    cell = network.gru.cells[0]
    exact = cell.input_matrix(exact=True)
    assert not torch.equal(exact, cell.input_matrix(exact=False))
    (folded,) = fold(network.gru)
    assert np.array_equal(folded.input_weights.reshape(exact.shape), exact.detach().numpy())
    cell.quantised = True
    for gate, columns in zip(cell.prepared().input_weights.split(4), exact.split(4), strict=True):
        assert torch.equal(gate, cell.arithmetic.weights(columns))
