"""Products with spikes by their events, against the matrix product."""

from __future__ import annotations

import pytest
import torch

from spiking_gru.fused import events_numba


def spikes(rows: int, columns: int, density: float) -> torch.Tensor:
    """Whole numbers from −2 to 2, `density` of them not zero."""
    torch.manual_seed(0)
    numbers = torch.tensor([-2.0, -1.0, 1.0, 2.0])[torch.randint(4, (rows, columns))]
    return numbers * (torch.rand(rows, columns) < density)


@pytest.mark.parametrize("density", [0.0, 0.05, 0.2, 0.4, 1.0])
@pytest.mark.parametrize(("rows", "neurons", "width"), [(1, 1, 1), (5, 17, 9), (7, 64, 40)])
def test_events_give_the_matrix_product_in_every_bit(
    rows: int, neurons: int, width: int, density: float
) -> None:
    a, U = spikes(rows, neurons, density), torch.randint(-100, 100, (neurons, width)).float()
    out = torch.full((rows, width), torch.nan)
    events_numba.product(U)(a, a.numpy(), out, out.numpy())
    assert torch.equal(out, a @ U)

    d, total = torch.randint(-100, 100, (rows, width + 3)).float(), torch.ones(neurons, width)
    few = events_numba.add_product(total, d, 2, a)
    assert few == (4 * int(a.count_nonzero()) <= a.numel())
    assert torch.equal(total, 1 + few * (a.T @ d[:, 2 : 2 + width]))


def test_only_rows_of_what_fired_are_read() -> None:
    U = torch.full((8, 4), torch.nan)
    U[3] = 1
    a, out = torch.zeros(2, 8), torch.empty(2, 4)
    a[0, 3] = 1
    events_numba.product(U)(a, a.numpy(), out, out.numpy())
    assert torch.equal(out, torch.tensor([[1.0] * 4, [0.0] * 4]))
