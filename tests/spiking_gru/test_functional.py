"""The torch step against the equation in NumPy, and against torch.nn.GRU where nothing spikes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hardware.cell import Cell
from spiking_gru import functional
from spiking_gru.cell import SpikingGRUCell


@pytest.mark.parametrize("activation", ["hard", "table"])
def test_the_float_step_equals_the_equation(activation: str) -> None:
    torch.manual_seed(1)
    cell = SpikingGRUCell(3, 4, cell=Cell(activation=activation), threshold=0.2).double()
    x, h = torch.randn(6, 3).double(), torch.rand(6, 4).double() * 2 - 1
    s = (torch.rand(6, 4) > 0.5).double()
    spikes, membrane = cell(x, s, h)

    def sigma(v: np.ndarray) -> np.ndarray:
        return np.clip(v / 4 + 0.5, 0, 1) if activation == "hard" else 1 / (1 + np.exp(-v))

    def tanh(v: np.ndarray) -> np.ndarray:
        return np.clip(v, -1, 1) if activation == "hard" else np.tanh(v)

    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    W, U, b, d = (np.split(getattr(cell, name).detach().numpy(), 3) for name in names)
    x, s, h = x.numpy(), s.numpy(), h.numpy()
    r = sigma(x @ W[0].T + s @ U[0].T + b[0] + d[0])
    z = sigma(x @ W[1].T + s @ U[1].T + b[1] + d[1])
    c = tanh(x @ W[2].T + r * (s @ U[2].T + d[2]) + b[2])
    new = z * h + (1 - z) * c
    fired = new > 0.2
    assert 0 < fired.sum() < fired.size
    assert np.array_equal(spikes.detach().numpy(), fired)
    assert membrane.detach().numpy() == pytest.approx(new - 0.2 * fired, abs=1e-6)


def test_the_equation_is_that_of_torch_gru_where_the_state_is_sent_instead_of_spikes() -> None:
    torch.manual_seed(2)
    cell = SpikingGRUCell(3, 4, cell=Cell(activation="table")).double()
    reference = torch.nn.GRUCell(3, 4).double()
    reference.load_state_dict(
        {name: getattr(cell, name) for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")}
    )
    parameters = cell.prepared()._replace(threshold=torch.zeros(()).double())
    h = torch.zeros(5, 4).double()
    for x in torch.randn(7, 5, 3).double():
        current = functional.input_current(cell.arithmetic, parameters, x)
        _, ours = functional.step(
            cell.arithmetic, parameters, torch.zeros_like, current, spikes=h, membrane=h
        )
        theirs = reference(x, h)
        assert torch.allclose(ours, theirs, atol=1e-12)
        h = theirs


def test_padding_changes_nothing_and_nothing_fires_in_it() -> None:
    torch.manual_seed(3)
    cell = SpikingGRUCell(3, 4, threshold=0.1)
    cell.quantised = True  # floats would sum in another order in a batch of another size
    x, lengths = (torch.randn(9, 3, 3) * 32).round() / 32, torch.tensor([9, 4, 1])
    padded = x.clone()
    for i, length in enumerate(lengths):
        padded[length:, i] = 1e6
    start = cell.zero_state(3)

    def run(values: torch.Tensor, lengths: torch.Tensor | None) -> tuple:
        return functional.sequence(
            cell.arithmetic, cell.prepared(), cell.spike_grad, values, *start, lengths
        )

    spikes, membranes, last_spikes, last = run(padded, lengths)
    for i, length in enumerate(lengths):
        alone = run(x[:length], None)
        assert torch.equal(spikes[:length, i], alone[0][:, i])
        assert torch.equal(membranes[:length, i], alone[1][:, i])
        assert torch.equal(last_spikes[i], alone[2][i])
        assert torch.equal(last[i], alone[3][i])
        assert not spikes[length:, i].any()
