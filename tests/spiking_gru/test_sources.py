"""Numbers of sources in place of one-hot rows: the same results and gradients."""

from __future__ import annotations

import pytest
import torch
from networks import random_network
from torch import Tensor

from hardware.errors import InputError
from spiking_gru.cell import SpikingGRUCell
from spiking_gru.layer import SpikingGRU
from spiking_gru.sequence import sequence
from spiking_gru.sources import one_hot, product

TOKENS = 7


def results(cell: SpikingGRUCell, x: Tensor, lengths: Tensor, way: str) -> list[Tensor]:
    """All emissions, then the gradients of all parameters."""
    cell.zero_grad()
    start = cell.first_state(x.shape[1])
    parameters = cell.arithmetic, cell.prepared(), cell.spike_grad
    emitted, membranes, *_ = sequence(*parameters, x, *start, lengths, way=way)
    (emitted.square() + membranes).sum().backward()
    gradients = [p.grad.clone() for p in cell.parameters() if p.grad is not None]
    return [emitted.detach(), *gradients]


@pytest.mark.parametrize("way", ["numba", "torch", "loop"])
@pytest.mark.parametrize("quantised", [False, True])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("formulation", ["torch", "output-gated"])
def test_a_column_for_each_source_is_the_product_with_a_one_hot_row(
    way: str, quantised: bool, channels: int, formulation: str
) -> None:
    torch.manual_seed(0)
    cell = SpikingGRUCell(TOKENS * channels, 5, formulation=formulation)
    cell.quantised = quantised
    first = TOKENS * torch.arange(channels)
    tokens = torch.randint(0, TOKENS + 1, (13, 4, channels))
    x = torch.where(tokens > 0, tokens + first, 0)
    lengths = torch.tensor([13, 1, 6, 12])
    found = results(cell, x, lengths, way)
    expected = results(cell, one_hot(x, TOKENS * channels), lengths, way)
    if quantised:
        assert torch.equal(found[0], expected[0])
    for each, other in zip(found, expected, strict=True):
        torch.testing.assert_close(each, other, rtol=1e-4, atol=1e-5)


def test_nothing_is_sent_by_source_0() -> None:
    weights = torch.randn(6, 4)
    assert product(torch.zeros(3, 2, dtype=torch.int64), weights).abs().sum() == 0
    assert torch.equal(product(torch.tensor([[4, 0]]), weights), weights[:, 3:].mT)


@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_layer_takes_numbers_of_sources(bidirectional: bool) -> None:
    torch.manual_seed(0)
    gru = SpikingGRU(TOKENS, 5, 2, bidirectional=bidirectional)
    x, lengths = torch.randint(0, TOKENS + 1, (6, 3, 1)), [6, 2, 5]
    expected, _ = gru(one_hot(x, TOKENS), lengths=lengths)
    found, _ = gru(x, lengths=lengths)
    torch.testing.assert_close(found, expected)
    first, _ = SpikingGRU(TOKENS, 5, batch_first=True)(x.transpose(0, 1))
    assert first.shape == (3, 6, 5)


@pytest.mark.parametrize("wrong", [-1, TOKENS + 1])
def test_a_source_that_a_layer_does_not_have_is_refused(wrong: int) -> None:
    x = torch.tensor([[[1]], [[wrong]]])
    with pytest.raises(InputError, match=f"expected 1 to {TOKENS}, and 0 where nothing is sent"):
        SpikingGRU(TOKENS, 5)(x)


def test_padding_of_a_batch_changes_no_logit() -> None:
    network = random_network(0, 1, encoder="tokens", tokens=TOKENS)
    frames = torch.tensor([[2.0, 5.0], [3.0, 1.0], [0.0, 7.0]]).unsqueeze(-1)
    both = network(frames, torch.tensor([2, 3]))
    alone = network(frames[:2, :1], torch.tensor([2]))
    torch.testing.assert_close(both[:1], alone)
