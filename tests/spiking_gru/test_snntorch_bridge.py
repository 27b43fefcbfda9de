"""Our cell in a net that snnTorch's own training loops drive."""

from __future__ import annotations

import warnings

import pytest
import snntorch
import torch
from snntorch import functional as losses
from snntorch import utils

import spiking_gru
from spiking_gru import SpikingGRUCell

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from snntorch import backprop


def net_and_batches() -> tuple[torch.nn.Module, list]:
    """Two classes told apart by the sign of the first channel; the same batch twice."""
    torch.manual_seed(0)
    net = torch.nn.Sequential(
        SpikingGRUCell(3, 16, threshold=0.1, init_hidden=True),
        torch.nn.Linear(16, 2),
        snntorch.Leaky(beta=0.9, init_hidden=True, output=True),
    )
    x = torch.randn(8, 20, 3)
    labels = (torch.arange(20) % 2).long()
    x[:, :, 0] = 2.0 * labels - 1
    return net, [(x, labels), (x, labels)]


def test_its_training_loop_trains_our_cell() -> None:
    # snnTorch 1.0.0's TBPTT fails for any K of its own (K_flag is never set), whatever the net.
    net, batches = net_and_batches()
    optimiser = torch.optim.Adam(net.parameters(), 0.02)
    with spiking_gru.known_to_snntorch():
        found = [
            backprop.BPTT(net, batches, optimiser, losses.ce_rate_loss()).item() for _ in range(15)
        ]
    assert found[-1] < 0.75 * found[0]


def test_each_batch_begins_from_a_clean_state() -> None:
    net, batches = net_and_batches()
    still = torch.optim.SGD(net.parameters(), lr=0.0)
    with spiking_gru.known_to_snntorch():
        once, twice = (
            backprop.BPTT(net, part, still, losses.ce_rate_loss()).item()
            for part in (batches[:1], batches)
        )
    assert once == pytest.approx(twice, abs=1e-6)


def test_afterwards_snntorch_is_as_it_was() -> None:
    before = utils.reset, snntorch.Leaky.__dict__["detach_hidden"]
    with pytest.raises(RuntimeError, match="in it"), spiking_gru.known_to_snntorch():
        assert utils.reset is not before[0]
        raise RuntimeError("in it")
    assert (utils.reset, snntorch.Leaky.__dict__["detach_hidden"]) == before


def test_reset_clears_the_cells_of_a_net_and_no_others() -> None:
    net, batches = net_and_batches()
    other = SpikingGRUCell(3, 4, init_hidden=True)
    other(torch.randn(2, 3))
    net(batches[0][0][0])
    spiking_gru.reset(net)
    assert not net[0].mem.any()
    assert other.mem.any()
