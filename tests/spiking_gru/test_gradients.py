"""The float form's gradients against finite differences, in double precision."""

from __future__ import annotations

import pytest
import torch

from hardware.definition.formulation import FORMULATIONS
from spiking_gru import SpikingGRU
from spiking_gru.fused import way


@pytest.mark.parametrize("formulation", list(FORMULATIONS))
@pytest.mark.parametrize("bidirectional", [False, True])
def test_gradients_equal_finite_differences(formulation: str, bidirectional: bool) -> None:
    torch.manual_seed(0)
    gru = SpikingGRU(
        2, 3, 1, bidirectional, formulation=formulation, emit="state", activation="table"
    ).double()
    x = torch.randn(4, 2, 2, dtype=torch.float64, requires_grad=True)
    lengths = torch.tensor([4, 2])
    cell = gru.cells[0]
    assert way(x, cell.spike_grad) == "torch"  # the hand-written backward pass
    names = [name for name, _ in gru.named_parameters()]

    def run(x: torch.Tensor, *parameters: torch.Tensor) -> torch.Tensor:
        state = dict(zip(names, parameters, strict=True))
        emitted, _ = torch.func.functional_call(gru, state, (x,), {"lengths": lengths})
        return emitted

    assert torch.autograd.gradcheck(run, (x, *gru.parameters()), fast_mode=True)
