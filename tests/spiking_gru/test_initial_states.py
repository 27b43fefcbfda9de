"""Initial membranes of each sequence in torch: the bits of the program, and gradients."""

from __future__ import annotations

import pytest
import torch
from networks import random_network
from programs import random_sequences
from states import random_states

from conversion import convert, verify
from hardware.definition.emission import EMISSIONS
from hardware.errors import InputError, RangeError, SettingError
from spiking_gru import SpikingGRU


@pytest.mark.parametrize("emit", EMISSIONS)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_quantised_network_computes_the_bits_of_a_run_from_the_same_states(
    emit: str, bidirectional: bool
) -> None:
    network = random_network(
        3, hidden=4, layers=2, bidirectional=bidirectional, spread=0.3, emit=emit
    )
    program = convert(network)
    sequences, states = random_sequences(3, 3, [5, 2, 7]), random_states(program, 3, 3)
    del states[program.layers[-1].name]
    verified = verify(program, network, sequences, ["events", "numpy"], initial_state=states)
    assert verified.equal
    assert not verify(program, network, sequences, ["events"]).traces[0].initial


@pytest.mark.parametrize("quantised", [False, True])
@pytest.mark.parametrize("emit", ["binary", "graded", "state"])
def test_gradients_flow_into_initial_membranes(emit: str, quantised: bool) -> None:
    torch.manual_seed(0)
    gru = SpikingGRU(3, 4, 2, emit=emit)
    for cell in gru.cells:
        cell.quantised = quantised
    first, second = torch.full((4,), 0.25), torch.rand(2, 4) - 0.5
    first.requires_grad_()
    second.requires_grad_()
    state = gru.starting_from({"layer 0": first, "layer 1": second}, batch=2)
    assert state.membrane.shape == (2, 2, 4)
    assert torch.equal(state.emitted[0] != 0, torch.full((2, 4), emit == "state"))
    _, end = gru(torch.randn(5, 2, 3), state)
    end.membrane.sum().backward()
    assert first.grad.abs().max() > 0
    assert second.grad.abs().max() > 0


def test_what_the_state_of_one_network_ends_in_starts_another() -> None:
    encoder, decoder = SpikingGRU(3, 4), SpikingGRU(2, 4)
    _, end = encoder(torch.randn(6, 2, 3))
    state = decoder.starting_from({"layer 0": end.membrane[0]}, batch=2)
    assert torch.equal(state.membrane, end.membrane)
    assert not state.emitted.any()


def test_layers_that_are_not_named_start_as_they_would() -> None:
    gru = SpikingGRU(3, 4, 2, learn_initial_state=True)
    with torch.no_grad():
        gru.cells[1].initial_state.fill_(0.5)
    state = gru.starting_from({}, batch=2)
    assert torch.equal(state.membrane[1], torch.full((2, 4), 0.5))


def test_membranes_that_do_not_fit_are_refused() -> None:
    gru = SpikingGRU(3, 4, bidirectional=True)
    assert gru.names == ("layer 0", "layer 0 backward")
    with pytest.raises(SettingError, match="unknown layer 'layer 1'"):
        gru.starting_from({"layer 1": torch.zeros(4)}, 2)
    with pytest.raises(InputError, match="4 neurons, or that for each of 2 sequences"):
        gru.starting_from({"layer 0": torch.zeros(3, 4)}, 2)
    with pytest.raises(RangeError, match=r"is 1.5 from 0, expected at most 1"):
        gru.starting_from({"layer 0": torch.full((4,), -1.5)}, 2)
    with pytest.raises(InputError, match="the initial membrane of layer 0"):
        gru.starting_from({"layer 0": torch.full((4,), float("nan"))}, 2)


def test_a_quantised_network_rounds_initial_membranes_to_the_state_grid() -> None:
    gru = SpikingGRU(3, 2)
    membrane = torch.tensor([1.5, 2.5]) / 4096
    assert torch.equal(gru.starting_from({"layer 0": membrane}, 1).membrane[0, 0], membrane)
    gru.cells[0].quantised = True
    rounded = gru.starting_from({"layer 0": membrane}, 1).membrane[0, 0]
    assert (rounded * 4096).tolist() == [2, 2]
