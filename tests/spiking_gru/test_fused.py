"""The kernels against the plain loop, in values and gradients."""

from __future__ import annotations

import pytest
import torch
from snntorch import surrogate as snntorch_surrogate

from hardware.cell import RESET_MECHANISMS, Cell
from spiking_gru import SpikingGRU, SpikingGRUCell, functional, fused
from spiking_gru.surrogate import ATan


def outputs_and_gradients(
    way: object, cell: SpikingGRUCell, x: torch.Tensor, lengths: torch.Tensor | None
) -> tuple[tuple[torch.Tensor, ...], list[torch.Tensor]]:
    """All four results of a sequence, and the gradients of everything that goes in."""
    cell.zero_grad()
    generator = torch.Generator().manual_seed(0)
    start = [
        torch.zeros(x.shape[1], cell.hidden_size),
        torch.full((x.shape[1], cell.hidden_size), 0.125),
    ]
    inputs = [tensor.clone().requires_grad_() for tensor in (x, *start)]
    results = way.sequence(  # type: ignore[attr-defined]
        cell.arithmetic, cell.prepared(), cell.spike_grad, *inputs, lengths
    )
    total = sum((r * torch.randn(r.shape, generator=generator)).sum() for r in results)
    total.backward()
    gradients = [tensor.grad for tensor in (*inputs, *cell.parameters())]
    return results, [torch.zeros(1) if g is None else g for g in gradients]


@pytest.mark.parametrize("emit", ["binary", "signed", "state"])
@pytest.mark.parametrize("reset_mechanism", RESET_MECHANISMS)
@pytest.mark.parametrize("activation", ["hard", "table"])
@pytest.mark.parametrize("quantised", [False, True])
@pytest.mark.parametrize("surrogate", [ATan(), snntorch_surrogate.fast_sigmoid()])
def test_the_kernels_equal_the_plain_loop(
    emit: str,
    reset_mechanism: str,
    activation: str,
    quantised: bool,
    surrogate: object,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fused, "CHUNK", 4)  # two whole chunks of the nine steps, and a rest
    torch.manual_seed(0)
    cell = SpikingGRUCell(
        3,
        17,
        emit=emit,
        reset_mechanism=reset_mechanism,
        activation=activation,
        threshold=0.15,
        learn_threshold=True,
        spike_grad=surrogate,  # type: ignore[arg-type]
    )
    cell.quantised = quantised
    x = (2 * torch.randn(9, 4, 3) * 32).round() / 32
    assert fused.covers(cell.cell, x)
    for lengths in (None, torch.tensor([9, 4, 1, 6])):
        expected, expected_gradients = outputs_and_gradients(functional, cell, x, lengths)
        found, gradients = outputs_and_gradients(fused, cell, x, lengths)
        for ours, theirs in zip(found, expected, strict=True):
            if quantised:
                assert torch.equal(ours, theirs)
            assert torch.allclose(ours, theirs, atol=1e-6)
        whole, expected_whole = (
            torch.cat([gradient.flatten() for gradient in parts])
            for parts in (gradients, expected_gradients)
        )
        assert (whole - expected_whole).norm() <= 1e-6 * expected_whole.norm()


def test_the_sequence_function_stands_in_for_the_loop_only_where_it_computes_the_same() -> None:
    x = torch.zeros(1, 1, 1)
    assert fused.covers(Cell(), x)
    assert not fused.covers(Cell(), x.double())
    assert not fused.covers(Cell(emit="graded"), x)
    assert not fused.covers(Cell(formulation="keep"), x)


@pytest.mark.parametrize(
    "surrogate",
    [
        snntorch_surrogate.atan(),
        snntorch_surrogate.sigmoid(),
        snntorch_surrogate.straight_through_estimator(),
        snntorch_surrogate.triangular(),
        snntorch_surrogate.spike_rate_escape(),
        snntorch_surrogate.SFS(),
    ],
    ids=lambda surrogate: surrogate.__qualname__.split(".")[0],
)  # snnTorch 1.0.0's own LSO and SSO fail or draw at random
def test_every_surrogate_of_snntorch_gives_the_gradients_of_the_plain_loop(
    surrogate: object,
) -> None:
    torch.manual_seed(0)
    cell = SpikingGRUCell(3, 17, threshold=0.15, spike_grad=surrogate)  # type: ignore[arg-type]
    x = torch.randn(9, 4, 3)
    _, expected = outputs_and_gradients(functional, cell, x, None)
    _, found = outputs_and_gradients(fused, cell, x, None)
    for ours, theirs in zip(found, expected, strict=True):
        assert torch.allclose(ours, theirs, rtol=1e-4, atol=1e-5 * float(theirs.abs().max()))


def test_backward_twice_gives_the_same_gradients() -> None:
    torch.manual_seed(0)
    gru, x = SpikingGRU(3, 8, threshold=0.1), torch.randn(6, 2, 3)
    total = gru(x)[0].sum()
    total.backward(retain_graph=True)
    first = gru.cells[0].weight_hh.grad.clone()
    gru.zero_grad()
    total.backward()
    assert torch.equal(gru.cells[0].weight_hh.grad, first)


@pytest.mark.parametrize("formulation", ["torch", "keep"])
@pytest.mark.parametrize("segment", [1, 3, 4, 100])
def test_recomputing_segments_changes_nothing(formulation: str, segment: int) -> None:
    results = []
    for every in (None, segment):
        torch.manual_seed(0)
        gru = SpikingGRU(3, 8, 2, threshold=0.1, formulation=formulation, recompute_every=every)
        x, lengths = torch.randn(10, 3, 3), torch.tensor([10, 2, 7])
        emitted, state = gru(x, lengths=lengths)
        (emitted.sum() + state.membrane.sum() + state.emitted.sum()).backward()
        results.append((emitted, *state, *(p.grad for p in gru.parameters())))
    for ours, theirs in zip(*results, strict=True):
        assert torch.allclose(ours, theirs, rtol=1e-5, atol=1e-6)


def test_our_default_surrogate_is_that_of_snntorch() -> None:
    v = torch.linspace(-2, 2, 101)
    slopes = []
    for surrogate in (ATan(alpha=2.0), snntorch_surrogate.atan(alpha=2.0)):
        at = v.clone().requires_grad_()
        surrogate(at).sum().backward()
        slopes.append(at.grad)
    assert torch.allclose(*slopes)
    assert torch.equal(ATan()(v), (v > 0).float())
