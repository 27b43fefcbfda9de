"""What was trained is what runs: a program computes its network's bits, whatever its weights."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import random_network
from programs import OF_NUMBERS, random_sequences

from conversion import convert, verify
from hardware.definition.arithmetic import ACTIVATIONS
from hardware.definition.emission import EMISSIONS, RESET_MECHANISMS
from hardware.definition.formulation import FORMULATIONS
from hardware.definition.readout import READOUTS
from hardware.errors import RangeError
from hardware.runs.run import run
from spiking_gru.batches import padded

every_network = st.fixed_dictionaries(
    {
        "channels": st.integers(1, 4),
        "spread": st.sampled_from([0.01, 0.3, 1.0]),
        "hidden": st.integers(1, 9),
        "layers": st.integers(1, 3),
        "bidirectional": st.booleans(),
        "bits": st.integers(2, 8),
        "formulation": st.sampled_from(list(FORMULATIONS)),
        "emit": st.sampled_from(list(EMISSIONS)),
        "activation": st.sampled_from(list(ACTIVATIONS)),
        "reset_mechanism": st.sampled_from(list(RESET_MECHANISMS)),
        "learn_initial_state": st.booleans(),
        "encoder": st.sampled_from(OF_NUMBERS),
        "encoder_steps": st.integers(1, 3),
        "readout": st.sampled_from(list(READOUTS)),
        "leak": st.integers(1, 6),
        "window": st.integers(1, 9),
    }
)


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    chosen=every_network,
    lengths=st.lists(st.integers(1, 7), min_size=1, max_size=4),
)
def test_a_converted_network_equals_its_program_in_every_bit(
    seed: int, chosen: dict, lengths: list
) -> None:
    network = random_network(seed, **chosen)
    program = convert(network)
    verification = verify(
        program, network, random_sequences(seed, chosen["channels"], lengths), engines=["events"]
    )
    assert verification.equal, str(verification.comparisons[0].first)


def test_threads_do_not_change_a_bit() -> None:
    network = random_network(3, 12, hidden=64)
    program, sequences = convert(network), random_sequences(3, 12, [30] * 40)
    threads = torch.get_num_threads()
    try:
        for number in (1, 2):
            torch.set_num_threads(number)
            assert verify(program, network, sequences, engines=["events"]).equal
    finally:
        torch.set_num_threads(threads)


def test_converting_twice_gives_the_same_program() -> None:
    network = random_network(1)
    assert convert(network).digest == convert(network).digest


def test_converting_leaves_the_network_as_it_was() -> None:
    network = random_network(1)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    convert(network)
    assert not network.readout.quantised
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


def test_thresholds_of_each_neuron_convert() -> None:
    network = random_network(2)
    network.gru.cells[0].threshold = torch.linspace(0.1, 0.5, 5)
    program = convert(network)
    expected = np.rint(np.linspace(0.1, 0.5, 5, dtype=np.float32) * 4096)
    assert program.layers[0].gate.threshold.tolist() == expected.tolist()
    assert verify(program, network, random_sequences(0, 3, [6]), engines=["events"]).equal


def test_weights_too_large_for_the_word_are_refused_with_their_place() -> None:
    network = random_network(1)
    with torch.no_grad():
        network.gru.cells[0].weight_ih[7, :] = 3000.0
    message = r"layer 0, update, neuron 2: the shifted input can reach \d+, over 8388607"
    with pytest.raises(RangeError, match=message):
        convert(network)


def test_weights_that_are_no_numbers_are_refused() -> None:
    network = random_network(1)
    with torch.no_grad():
        network.gru.cells[0].weight_hh[0, 0] = float("nan")
    with pytest.raises(RangeError, match="finite"):
        convert(network)


@pytest.mark.parametrize("kind", READOUTS)
def test_a_program_without_classes_gives_the_values_that_training_saw(kind: str) -> None:
    target = {"scale": (1.0, 2.0, 3.0), "offset": (0.0, -1.0, 5.0)}
    network = random_network(4, 3, 0.4, readout=kind, classes=(), task="regress", **target)
    network.quantise()
    program, sequences = convert(network), random_sequences(4, 3, [6, 6, 6])
    values = program.values(run(program, sequences))
    frames, lengths = padded(sequences)
    expected = network.in_units(network(frames, lengths)).detach().numpy()
    if kind == "step":
        expected = expected.transpose(1, 0, 2).reshape(18, 3)
    assert values == pytest.approx(expected, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("formulation", ["torch", "output-gated", "minimal"])
def test_a_network_in_float64_is_folded_in_float64(seed: int, formulation: str) -> None:
    network = random_network(seed, hidden=12, formulation=formulation).double()
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if "threshold" not in name:  # weights that float32 rounds to another integer
                parameter.copy_(torch.round(parameter * 8) / 8 + 1e-9 * torch.randn_like(parameter))
    assert verify(convert(network), network, random_sequences(seed, 3, [9, 4]), ["events"]).equal


def test_frames_in_float64_are_encoded_as_programs_encode_them() -> None:
    network = random_network(0)
    frames = 1e6 + np.random.default_rng(0).normal(size=(50, 4, 3))
    network.encoder.fit(frames.reshape(-1, 3))
    exact, single = (network.encoder(torch.from_numpy(f)) for f in (frames, np.float32(frames)))
    assert torch.equal(exact, single)


@pytest.mark.parametrize("emit", EMISSIONS)
@pytest.mark.parametrize("threshold", [0.9999, 1.7, -0.3])
def test_a_threshold_at_the_end_of_its_range_trains_as_it_converts(
    emit: str, threshold: float
) -> None:
    network = random_network(0, emit=emit)
    for cell in network.gru.cells:
        cell.threshold.fill_(threshold)  # as a learnt one may become
    convert(network)
