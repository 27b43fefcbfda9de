"""The share of right texts that a pair writes by itself."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import spiking_gru as sg
from conversion.of_pair import convert_pair
from hardware.runs.decoding import translate
from spiking_gru.data.pairs import halves_of, texts_of
from spiking_gru.settings import TrainingSettings
from spiking_gru.training.baseline import BASELINES, Chosen
from spiking_gru.training.results import multiplied
from spiking_gru.training.texts import exact_match
from spiking_gru.training.train import fresh_network

SOURCES = [f"{a}{b}" for a in "abc" for b in "xyz"] * 8
TARGETS = [text[::-1] if "a" in text else "yzb"[i // 9 % 3] for i, text in enumerate(SOURCES)]
"""The first can be learnt; all others change from one copy of their source to the next."""


@pytest.fixture(scope="module")
def dataset() -> sg.Dataset:
    return sg.Dataset.from_pairs(SOURCES, TARGETS)


@pytest.fixture(scope="module")
def trained(dataset: sg.Dataset, tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    folder = tmp_path_factory.mktemp("run")
    settings = TrainingSettings(
        hidden=12, epochs=20, quantised_epochs=4, baseline="none", dropout=0, batch=8
    )
    found = sg.train(settings, dataset, folder)
    return sg.load_pair(folder)[0], found


def test_the_texts_are_those_that_the_programs_write(dataset, trained, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    pair, found = trained
    share = exact_match(pair, dataset.test)
    sources, _ = halves_of(dataset.test)
    expected = texts_of(dataset.test, dataset.vocabulary)
    programs = convert_pair(pair, samples=dataset.validation)
    written = translate(programs, sources)
    assert share == written.right(expected).mean()
    assert found["test"]["quantised"]["exact_match"] == share
    assert 0 < share < 1, "some are right and some are wrong, or the test would see nothing"
    monkeypatch.setattr("spiking_gru.training.texts.AT_ONCE", 3)
    assert exact_match(pair, dataset.test) == share


def test_a_text_that_goes_on_after_the_right_one_is_wrong(dataset, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    pair, _ = fresh_network(TrainingSettings(hidden=4), dataset)
    words = dataset.vocabulary
    right = [words.encode(text) for text in texts_of(dataset.test, words)]
    longest = max(map(len, right))

    def write(frames, lengths, most):  # type: ignore[no-untyped-def]
        assert most == longest + 1
        return [tokens + [1] * (i % 2) for i, tokens in enumerate(right)]

    monkeypatch.setattr(pair, "write", write)
    assert exact_match(pair, dataset.test) == np.mean([i % 2 == 0 for i in range(len(right))])


@pytest.mark.parametrize("name", ["gru", "lstm"])
def test_the_weights_of_the_encoder_are_told(dataset, name: str) -> None:  # type: ignore[no-untyped-def]
    torch.manual_seed(0)
    pair, about = fresh_network(TrainingSettings(hidden=4), dataset)
    model = Chosen(name, "", BASELINES[name], about).build(pair.encoders, 0)
    found, gates = multiplied(model), {"gru": 3, "lstm": 4}[name]
    reads, writes = len(dataset.reads.vocabulary), len(dataset.vocabulary)
    assert found["encoder_weights"] == gates * 4 * (reads + 4)
    assert found["layer_weights"] == found["encoder_weights"] + gates * 4 * (writes + 4)
    assert found["readout_weights"] == 4 * (writes + 1)
    assert "encoder_weights" not in multiplied(pair.decoder_half)
