"""Under autocast the quantised network computes the same numbers: the chip knows no bfloat16."""

from __future__ import annotations

import pytest
import torch
from formulations import ROWS, with_row
from networks import random_network

from hardware.definition.readout import READOUTS
from hardware.errors import InputError
from spiking_gru import SpikingGRU, SpikingGRUCell


@pytest.mark.parametrize("readout", READOUTS)
@pytest.mark.parametrize("emit", ["binary", "state"])
def test_a_quantised_network_gives_the_same_scores(readout: str, emit: str) -> None:
    network = random_network(0, channels=3, hidden=16, emit=emit, readout=readout)
    network.eval().quantise()
    frames, lengths = torch.randn(12, 16, 3), torch.full((16,), 12)
    expected = network.readout.scores(network.seen(frames, lengths))
    with torch.autocast("cpu"):
        found = network.readout.scores(network.seen(frames, lengths))
    assert found.dtype == expected.dtype
    assert torch.equal(found, expected)


@pytest.mark.parametrize("row", ROWS[::11])
def test_a_quantised_layer_and_cell_give_the_same_emissions(row: object) -> None:
    torch.manual_seed(0)
    with with_row(row) as name:
        gru, cell = SpikingGRU(3, 8, formulation=name), SpikingGRUCell(3, 8, formulation=name)
        x = torch.randn(9, 4, 3)
        for each in (*gru.cells, cell):
            each.quantised = True
        expected = gru(x)[0], *cell(x[0])
        with torch.autocast("cpu"):
            found = gru(x)[0], *cell(x[0])
    for ours, theirs in zip(found, expected, strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_a_quantised_cell_refuses_types_that_are_not_exact(dtype: torch.dtype) -> None:
    cell = SpikingGRUCell(3, 8).to(dtype)
    cell.quantised = True
    with pytest.raises(InputError, match="exact in float32 and float64 only"):
        cell(torch.randn(2, 3, dtype=dtype))
