"""The scan over time, compared with the plain loop."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from formulations import ROWS, with_row

from hardware.definition.formulation import Formulation
from hardware.errors import SettingError
from spiking_gru import SpikingGRUCell
from spiking_gru.fused.scan import states
from spiking_gru.sequence import sequence

WITHOUT_RECURRENCE = [row for row in ROWS if not row.recurrent_gates]


@pytest.mark.parametrize("steps", [1, 2, 3, 7, 8, 13])
def test_states_follow_from_pairs_of_steps(steps: int) -> None:
    torch.manual_seed(0)
    a, b = torch.rand(2, steps, 3, dtype=torch.float64)
    expected = [b[0]]
    for t in range(1, steps):
        expected.append(a[t] * expected[-1] + b[t])
    assert torch.allclose(states(a, b), torch.stack(expected), rtol=0, atol=1e-14)


def run(way: str, cell: SpikingGRUCell, lengths: Any, segment: int | None) -> list[torch.Tensor]:
    """All results of a random sequence, then all gradients."""
    torch.manual_seed(1)
    cell.zero_grad()
    x = torch.randn(11, 3, 2, dtype=torch.float64)
    start = torch.rand(2, 3, 5, dtype=torch.float64).unbind(0)
    inputs = [tensor.requires_grad_() for tensor in (x, *start)]
    parameters = cell.prepared()
    results = sequence(cell.arithmetic, parameters, cell.spike_grad, *inputs, lengths, segment, way)
    sum((result * torch.randn_like(result)).sum() for result in results).backward()
    tensors = (*inputs, *cell.parameters())
    return [*results, *(torch.zeros_like(t) if t.grad is None else t.grad for t in tensors)]


@pytest.mark.parametrize("row", WITHOUT_RECURRENCE)
@pytest.mark.parametrize("emit", ["state", "signed"])
@pytest.mark.parametrize("lengths", [None, torch.tensor([11, 4, 1])])
@pytest.mark.parametrize("segment", [None, 4])
def test_values_and_gradients_equal_the_loop_s(
    row: Formulation, emit: str, lengths: Any, segment: int | None
) -> None:
    torch.manual_seed(0)
    with with_row(row) as name:
        cell = SpikingGRUCell(2, 5, formulation=name, emit=emit, reset_mechanism="none").double()
        expected, found = (run(way, cell, lengths, segment) for way in ("loop", "scan"))
    for ours, theirs in zip(found, expected, strict=True):
        assert torch.allclose(ours, theirs, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(
    "settings",
    [
        {"formulation": "keep", "emit": "state"},
        {"formulation": "minimal", "emit": "binary"},
        {"formulation": "minimal", "emit": "graded"},
    ],
)
def test_a_cell_that_no_scan_computes_is_refused(settings: dict) -> None:
    cell = SpikingGRUCell(2, 5, **settings).double()
    with pytest.raises(SettingError, match="way 'scan' does not compute"):
        run("scan", cell, None, None)


def test_a_quantised_cell_is_refused() -> None:
    cell = SpikingGRUCell(2, 5, formulation="minimal", emit="state").double()
    cell.quantised = True
    with pytest.raises(SettingError, match="way 'scan' does not compute"):
        run("scan", cell, None, None)
