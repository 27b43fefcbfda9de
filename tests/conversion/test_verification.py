from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from networks import random_network
from programs import random_sequences

from conversion import convert, verify
from conversion.verification import integers
from hardware.definition.emission import RESET_MECHANISMS
from hardware.errors import EngineError


@pytest.mark.parametrize("reset_mechanism", RESET_MECHANISMS)
def test_torch_events_and_lava_agree_on_a_small_network(reset_mechanism: str) -> None:
    network = random_network(7, hidden=6, layers=2, reset_mechanism=reset_mechanism)
    sequences = random_sequences(7, 3, [5, 2, 8])
    verification = verify(convert(network), network, sequences)
    assert verification.equal
    summary = verification.summary()
    assert summary["engines"] == ["torch", "events", "lava"]
    assert summary["spikes_compared"] == 2 * 15 * 12
    assert summary["mismatches"] == 0


def test_one_wrong_weight_is_found_with_its_first_effect() -> None:
    network = random_network(7, spread=0.3, hidden=6)
    program = convert(network)
    layer = program.layers[0]
    bias = layer.gate.bias.copy()
    bias[2, 4] += 4
    wrong = replace(program, layers=(replace(layer, gate=replace(layer.gate, bias=bias)),))
    verification = verify(wrong, network, random_sequences(7, 3, [5, 9]), engines=["events"])
    assert not verification.equal
    first = verification.comparisons[0].first
    assert first is not None
    assert (first.quantity, first.sequence, first.neuron) == ("membrane", 0, 4)
    assert verification.summary()["mismatches"] > 0


def test_verifying_does_not_leave_a_network_in_evaluation() -> None:
    network = random_network(7).train()
    verify(convert(network), network, random_sequences(0, 3, [3]), engines=["events"])
    assert network.training


def test_a_value_between_two_integers_is_an_error() -> None:
    assert integers(torch.tensor([0.5, -0.25]), 2).tolist() == [2, -1]
    with pytest.raises(EngineError, match="0.3.* not on the grid"):
        integers(torch.tensor([0.3]), 12)
    assert integers(torch.zeros(0), 3).dtype == np.int64
