"""The synaptic operations that training expects, compared with a program's exact counts."""

from __future__ import annotations

import pytest
import torch
from networks import random_network
from programs import random_sequences

import hardware
from conversion import convert
from hardware.definition.emission import EMISSIONS
from spiking_gru.batches import padded
from spiking_gru.operations import changes, sent_changes, soft_connections


@pytest.mark.parametrize(
    "emit", ["binary", "signed", "state", "binary-on-change", "signed-on-change"]
)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_expected_operations_are_those_of_the_program(emit: str, bidirectional: bool) -> None:
    network = random_network(
        3, 3, 0.4, hidden=6, layers=2, emit=emit, bidirectional=bidirectional, bits=3
    ).quantise()
    sequences = random_sequences(3, 3, [7, 2, 5])
    program = convert(network)
    trace = hardware.run(program, sequences)
    counts = hardware.count(trace, program)
    frames, lengths = padded(sequences)
    expected = network.seen(frames, lengths, counted=True).operations
    exact = counts.synaptic_operations
    if emit == "state":
        # A state counts by its size, because training can make that smaller.
        assert (expected.detach().numpy() <= exact).all()
        assert (expected.detach().numpy() > 0).all()
    else:
        assert expected.tolist() == exact.tolist()


@pytest.mark.parametrize("emit", ["binary", "binary-on-change"])
def test_the_energy_of_messages_has_a_gradient(emit: str) -> None:
    network = random_network(3, 3, 0.4, hidden=6, emit=emit)
    frames, lengths = padded(random_sequences(3, 3, [7, 2, 5]))
    network.seen(frames, lengths, counted=True).operations.sum().backward()
    assert network.gru.cells[0].weight_ih.grad.abs().sum() > 0


GRADED, SIGNED = EMISSIONS["graded"], EMISSIONS["signed-on-change"]


def column(values: list[float]) -> torch.Tensor:
    """One neuron of one sequence."""
    return torch.tensor(values).reshape(-1, 1, 1)


def test_a_change_of_a_state_counts_by_how_near_it_comes_to_being_sent() -> None:
    moved = changes(column([0.0, 0.5, 0.5, 0.625, -0.5]), None, backward=False)
    sent = sent_changes(moved, GRADED, torch.tensor(0.25))
    assert sent.flatten().tolist() == [0.0, 1.0, 0.0, 0.5, 1.0]


def test_a_change_of_a_spike_counts_once_however_far_it_goes() -> None:
    moved = changes(column([1.0, 1.0, -1.0, 0.0, 0.0]), None, backward=False)
    sent = sent_changes(moved, SIGNED, torch.tensor(0.25))
    assert sent.flatten().tolist() == [1.0, 0.0, 1.0, 1.0, 0.0]


def test_padding_sends_nothing_and_a_backward_layer_begins_at_the_end() -> None:
    emitted, lengths = column([1.0, 1.0, 0.0, 1.0, 0.0, 0.0]), torch.tensor([4])
    forward = changes(emitted, lengths, backward=False)
    backward = changes(emitted, lengths, backward=True)
    assert forward.flatten().tolist() == [1.0, 0.0, 1.0, 1.0, 0.0, 0.0]
    assert backward.flatten().tolist() == [0.0, 1.0, 1.0, 1.0, 0.0, 0.0]


def test_the_gradient_of_changes_joins_bursts_and_removes_single_spikes() -> None:
    emitted = column([0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0]).requires_grad_()
    moved = changes(emitted, None, backward=False)
    sent_changes(moved, SIGNED, torch.tensor(0.25)).sum().backward()
    slopes = emitted.grad.flatten().tolist()
    assert slopes[1] == 2.0  # a spike alone: less of it costs less
    assert slopes[6] == -2.0  # a gap within a burst: more of it costs less


def test_a_weight_that_is_nearly_zero_has_a_gradient_towards_zero() -> None:
    # The largest weight is 127 steps of the grid; 1.5 of them are nearly zero, 3 are not.
    weights = torch.tensor([[1.27, -0.015, 0.03, 0.0]]).requires_grad_()
    met = soft_connections(weights, 8)
    assert met.tolist() == pytest.approx([1, 1, 1, 0])
    (met * torch.tensor([1.0, 10.0, 1.0, 1.0])).sum().backward()
    assert weights.grad.flatten().tolist() == pytest.approx([0, -10 / 0.02, 0, 0])


@pytest.mark.parametrize("encoder", ["graded", "send-on-delta"])
def test_training_that_pays_for_input_events_removes_input_weights(encoder: str) -> None:
    network = random_network(3, 3, 0.4, hidden=6, encoder=encoder, bits=4).quantise()
    frames, lengths = padded(random_sequences(3, 3, [7, 2, 5]))
    before = int(convert(network).layers[0].input_weights.astype(bool).sum())
    optimiser = torch.optim.SGD(network.parameters(), lr=1e-3)
    for _ in range(60):
        optimiser.zero_grad()
        network.seen(frames, lengths, counted=True).operations.mean().backward()
        optimiser.step()
    assert int(convert(network).layers[0].input_weights.astype(bool).sum()) < before
