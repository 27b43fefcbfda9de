"""Conversion takes networks and their folders, and names the remedy for anything else."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import spiking_gru as sg
from hardware.errors import InputError


def network() -> sg.Network:
    torch.manual_seed(0)
    gru, readout = sg.SpikingGRU(3, 4, threshold=0.1), sg.Readout(4, 2)
    return sg.Network(sg.Encoder(3), gru, readout, classes=("a", "b"))


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (torch.nn.GRU(3, 4), "sg.from_torch_gru"),
        (torch.nn.Linear(3, 4), r"the network is a Linear.*build an sg.Network"),
        (sg.SpikingGRU(3, 4), r"a SpikingGRU.*between an encoder and a readout"),
        (None, "sg.load_network"),
    ],
)
def test_what_cannot_be_converted_is_told_with_a_remedy(given: Any, text: str) -> None:
    with pytest.raises(InputError, match=text):
        sg.convert(given)


def test_a_program_is_told_that_it_is_converted() -> None:
    program = sg.convert(network())
    with pytest.raises(InputError, match="converted already"):
        sg.convert(program)  # type: ignore[arg-type]


def test_a_program_and_a_network_in_each_other_s_place_are_told() -> None:
    trained = network()
    program = sg.convert(trained)
    with pytest.raises(InputError, match=r"call verify\(program, network, inputs\)"):
        sg.verify(trained, program, [torch.zeros(4, 3)])  # type: ignore[arg-type]


def test_a_network_is_no_pair() -> None:
    with pytest.raises(InputError, match=r"use sg.convert\(network\)"):
        sg.convert_pair(network())  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"a list, expected an sg.Seq2Seq"):
        sg.convert_pair([])  # type: ignore[arg-type]


def test_frames_that_require_gradients_run_as_they_are() -> None:
    program = sg.convert(network())
    frames = torch.randn(5, 3, requires_grad=True)
    assert sg.run(program, [frames]) == sg.run(program, [frames.detach().numpy()])


def test_a_network_without_lengths_takes_all_frames() -> None:
    trained = network().eval()
    frames = torch.randn(5, 2, 3)
    assert torch.equal(trained(frames), trained(frames, torch.tensor([5, 5])))
