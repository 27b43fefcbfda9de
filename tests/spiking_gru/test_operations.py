"""The synaptic operations that training expects, compared with a program's exact counts."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from networks import random_network
from programs import random_sequences

import hardware
from conversion import convert
from spiking_gru.batches import padded
from spiking_gru.operations import messages


@pytest.mark.parametrize("emit", ["binary", "signed", "state"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_expected_operations_are_those_of_the_program_but_for_the_input(
    emit: str, bidirectional: bool
) -> None:
    network = random_network(
        3, 3, 0.4, hidden=6, layers=2, emit=emit, bidirectional=bidirectional, bits=3
    ).quantise()
    sequences = random_sequences(3, 3, [7, 2, 5])
    program = convert(network)
    trace = hardware.run(program, sequences)
    counts = hardware.count(trace, program)
    arrived = trace.per_sequence(
        sum(
            (trace.events != 0) @ np.count_nonzero(layer.input_weights, axis=0)
            for layer in program.levels[0]
        )
    )
    frames, lengths = padded(sequences)
    expected = network.seen(frames, lengths, counted=True).operations
    exact = counts.synaptic_operations - arrived
    if emit == "state":
        # A state counts by its size, because training can make that smaller.
        assert (expected.detach().numpy() <= exact).all()
        assert (expected.detach().numpy() > 0).all()
    else:
        assert expected.tolist() == exact.tolist()


def test_the_energy_of_spikes_has_a_gradient() -> None:
    network = random_network(3, 3, 0.4, hidden=6)
    frames, lengths = padded(random_sequences(3, 3, [7, 2, 5]))
    network.seen(frames, lengths, counted=True).operations.sum().backward()
    assert network.gru.cells[0].weight_ih.grad.abs().sum() > 0


def test_a_change_counts_by_how_near_it_comes_to_being_sent() -> None:
    emitted = torch.tensor([0.0, 0.5, 0.5, 0.625, -0.5]).reshape(5, 1, 1)
    sent = messages(emitted, torch.tensor(0.25), by_change=True)
    assert sent.flatten().tolist() == [0.0, 1.0, 0.0, 0.5, 1.0]
