"""The two programs of a pair."""

import pytest
import torch

import spiking_gru as sg
from conversion.of_pair import convert_pair, verify_pair
from hardware.errors import InputError
from hardware.runs.decoding import translate
from hardware.sequences.dense import Sequences
from spiking_gru.batches import padded
from spiking_gru.data.pairs import source_of
from spiking_gru.settings import TrainingSettings
from spiking_gru.training.baseline import BASELINES, Chosen
from spiking_gru.training.train import fresh_network

SOURCES = ["one", "two", "three", "four", "five", "six", "seven", "eight"]
TARGETS = ["1", "2", "3", "4", "5", "6", "7", "12"]


@pytest.fixture(scope="module")
def dataset():
    return sg.Dataset.from_pairs(SOURCES, TARGETS)


@pytest.mark.parametrize("emit", ["graded", "binary", "state"])
@pytest.mark.parametrize("formulation", ["torch", "write"])
def test_both_programs_compute_what_their_networks_do(dataset, emit, formulation):
    settings = TrainingSettings(hidden=6, emit=emit, formulation=formulation)
    pair, _ = fresh_network(settings, dataset)
    programs = convert_pair(pair, samples=dataset.training)
    for half in verify_pair(programs, pair, dataset.test, engines=["numpy", "events"]):
        assert half.equal
    trace = translate(programs, ["three", "two"], most=3).decoder_trace
    assert trace.initial is not None
    assert any(membrane.any() for membrane in trace.initial)


def test_texts_are_translated_as_the_network_does(dataset):
    pair, _ = fresh_network(TrainingSettings(hidden=6), dataset)
    programs = convert_pair(pair, samples=dataset.training)
    frames = [source_of(one) for one in dataset.test.sequences]
    texts = [dataset.reads.vocabulary.decode(int(t) for t in one[:, 0]) for one in frames]
    by_frames, by_texts = (translate(programs, given, most=4) for given in (frames, texts))
    assert by_frames.texts == by_texts.texts


@pytest.mark.parametrize("emit", ["graded", "state"])
def test_the_network_writes_what_its_programs_write(dataset, emit):
    torch.manual_seed(3)
    pair, _ = fresh_network(TrainingSettings(hidden=12, emit=emit, seed=5), dataset)
    programs = convert_pair(pair, samples=dataset.training)
    sources = [source_of(one) for one in dataset.training.sequences]
    found = translate(programs, sources, most=6)
    written = pair.eval().quantise().write(*padded(Sequences.of(sources)), most=6)
    assert tuple(dataset.vocabulary.decode(tokens) for tokens in written) == found.texts
    assert len(set(found.texts)) > 1


def test_a_baseline_has_no_program(dataset):
    pair, about = fresh_network(TrainingSettings(hidden=6), dataset)
    baseline = Chosen("gru", "", BASELINES["gru"], about).build(pair.encoders, 0)
    with pytest.raises(InputError, match="a pair of baselines has no program"):
        convert_pair(baseline)
