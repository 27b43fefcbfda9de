"""Counts and tokens from data to a program: trained, converted and run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from conversion import convert
from hardware import SparseSequences, run, stream
from hardware.errors import InputError
from spiking_gru import Dataset, TrainingSettings, load_network, train
from spiking_gru.training.train import fresh_network

SHORT = {"epochs": 1, "quantised_epochs": 1, "baseline": "none", "device": "cpu"}


def test_2048_channels_and_128_neurons_train_and_convert_and_silence_sends_nothing(
    tmp_path: Path,
) -> None:
    rng = np.random.default_rng(0)
    clips = [(rng.random((3, 2048)) < 0.01).astype(np.float32) for _ in range(20)]
    dataset = Dataset.from_lists(clips, [0, 1] * 10)
    train(TrainingSettings(encoder="events", **SHORT), dataset, tmp_path, progress=False)
    network, _ = load_network(tmp_path)
    program = convert(network, samples=clips)
    assert program.encoder.limit == 1
    assert (program.layers[0].inputs, program.layers[0].neurons) == (2048, 128)
    trace = run(program, [np.zeros((3, 2048)), clips[0]])
    assert not trace.events[:3].any()
    assert np.array_equal(trace.events[3:], clips[0])
    for given in (clips, SparseSequences.of(clips)):
        assert np.array_equal(list(stream(program, given)), run(program, clips).scores)


def test_tokens_train_and_convert_and_an_unknown_one_is_refused(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    texts = [rng.integers(1, 9, (n, 1)).astype(np.float32) for n in rng.integers(1, 6, 20)]
    texts[0][0] = 9
    dataset = Dataset.from_lists(texts, [0, 1] * 10)
    settings = TrainingSettings(encoder="tokens", embedding=3, hidden=4, **SHORT)
    train(settings, dataset, tmp_path, progress=False)
    network, about = load_network(tmp_path)
    assert (about.tokens, about.sources, network.encoder.fields) == (9, 9, 9)
    program = convert(network, samples=texts)
    trace = run(program, texts)
    assert np.asarray(trace.events).sum(axis=1).tolist() == [1] * len(trace.events)
    with pytest.raises(InputError, match="^10 in sequence 0, step 0, channel 0: expected a token"):
        run(program, [[[10]]])


@pytest.mark.parametrize("wrong", [-1.0, 0.5, 70_000.0])
def test_data_that_are_no_tokens_are_refused_before_training(wrong: float) -> None:
    texts = [np.ones((2, 1), dtype=np.float32) for _ in range(20)]
    texts[3][1] = wrong
    dataset = Dataset.from_lists(texts, [0, 1] * 10)
    with pytest.raises(InputError, match=f"^{wrong:g} in sequence .*, step 1, channel 0: expected"):
        fresh_network(TrainingSettings(encoder="tokens"), dataset)
