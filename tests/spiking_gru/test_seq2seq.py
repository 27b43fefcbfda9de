"""An encoder and a decoder as one model."""

from pathlib import Path

import numpy as np
import pytest
import torch

import spiking_gru as sg
from hardware.errors import InputError, SettingError
from spiking_gru.batches import whole
from spiking_gru.network import Network
from spiking_gru.seq2seq import Seq2Seq
from spiking_gru.settings import PairSettings, TrainingSettings
from spiking_gru.training.baseline import BASELINES, Chosen
from spiking_gru.training.results import parameters_of
from spiking_gru.training.train import fresh_network

SOURCES = ["one", "two", "three", "four", "five", "six", "seven", "eight"]
TARGETS = ["1", "2", "3", "4", "5", "6", "7", "12"]
WIDE = {"channels": 2}
SETTINGS = TrainingSettings(hidden=6, layers=2, dropout=0.0)


@pytest.fixture(scope="module")
def dataset() -> sg.Dataset:
    return sg.Dataset.from_pairs(SOURCES, TARGETS)


@pytest.fixture(scope="module")
def pair(dataset: sg.Dataset) -> tuple[Seq2Seq, PairSettings]:
    made, about = fresh_network(SETTINGS, dataset)
    assert isinstance(made, Seq2Seq)
    assert isinstance(about, PairSettings)
    return made, about


@pytest.mark.parametrize("quantised", [False, True])
def test_the_decoder_goes_on_from_the_membranes_of_the_encoder(dataset, pair, quantised):
    model = pair[0].eval().quantise(quantised)
    encoder, decoder = model.halves
    frames, lengths, _ = whole(dataset.training)
    seen = model.seen(frames, lengths)
    for row, length in enumerate(lengths.tolist()):
        one = frames[:length, row : row + 1]
        read = int((one[:, 0, -1] == -1).sum())
        _, state = encoder.heard(encoder.encoder(one[:read, :, :-1]), torch.tensor([read]), None)
        start = decoder.gru.starting_from(
            dict(zip(decoder.gru.names, state[1], strict=True)), batch=1
        )
        tokens = decoder.encoder(one[read:, :, -1:])
        expected, _ = decoder.heard(tokens, torch.tensor([length - read]), start)
        tolerance = {"rtol": 0, "atol": 0} if quantised else {}
        torch.testing.assert_close(
            seen.emitted[read:length, row], expected.emitted[:, 0], **tolerance
        )
        assert not seen.emitted[:read, row].any()
        assert not seen.emitted[length:, row].any()


def test_gradients_reach_the_encoder_through_its_final_state(dataset, pair):
    model = pair[0].train().quantise(False)
    model.zero_grad()
    frames, lengths, _ = whole(dataset.training)
    model(frames, lengths).sum().backward()
    for cell in model.encoder_half.gru.cells:
        assert cell.weight_hh.grad.abs().sum() > 0


def test_the_encoders_readout_is_nothing(pair):
    readout = pair[0].encoder_half.readout
    assert not readout.weight.any()
    assert not readout.bias.any()
    assert not readout.weight.requires_grad


@pytest.mark.parametrize("kind", BASELINES)
def test_baselines_are_pairs_as_well(dataset, pair, kind):
    model, about = pair
    baseline = Chosen(kind, "", BASELINES[kind], about).build(model.encoders, 0)
    frames, lengths, _ = whole(dataset.training)
    assert baseline(frames, lengths).shape == (*frames.shape[:2], len(dataset.classes))
    assert parameters_of(baseline) == BASELINES[kind].parameters(about)


def test_halves_that_do_not_fit_are_refused(pair):
    about = pair[1]
    with pytest.raises(SettingError, match="give both the same layers and hidden size"):
        Seq2Seq(Network.build(about.encoder.sized(5)), Network.build(about.decoder))
    with pytest.raises(SettingError, match="expected one token a step"):
        Seq2Seq(*map(Network.build, (about.encoder, about.decoder.model_copy(update=WIDE))))
    with pytest.raises(SettingError, match="whose frames have targets, such as 'translate'"):
        Seq2Seq(Network.build(about.encoder), Network.build(about.encoder))
    both_ways = about.encoder.model_copy(update={"bidirectional": True, "layers": 1})
    with pytest.raises(SettingError, match="2 states of 6 neurons in both directions, the decoder"):
        Seq2Seq(Network.build(both_ways), Network.build(about.decoder))


def test_a_pair_is_trained_saved_and_loaded(dataset, tmp_path: Path):
    settings = SETTINGS.model_copy(
        update={"epochs": 1, "quantised_epochs": 1, "baseline": "lstm", "batch": 4}
    )
    trained = sg.train(settings, dataset, tmp_path, force=True)
    assert {"lstm", "float", "quantised"} == set(trained["test"])
    assert trained["test"]["quantised"]["perplexity"] > 1
    loaded, about = sg.load_pair(tmp_path)
    assert about.decoder.classes == dataset.classes
    frames, lengths, _ = whole(dataset.test)
    assert np.isfinite(loaded(frames, lengths).detach().numpy()).all()
    with pytest.raises(InputError, match="an encoder and a decoder: read them with load_pair"):
        sg.load_network(tmp_path)
