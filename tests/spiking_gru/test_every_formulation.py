"""Random valid formulations: all ways give the loop's results, and the step gives the integers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from formulations import ROWS, with_row
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.definition import cell as integer_cell
from hardware.definition.arithmetic import ACTIVATIONS
from hardware.definition.cell import GateParameters
from hardware.definition.emission import EMISSIONS, RESET_MECHANISMS
from hardware.definition.formulation import Formulation
from spiking_gru import SpikingGRU, SpikingGRUCell, functional
from spiking_gru.quantise import exponent_of
from spiking_gru.sequence import sequence

INPUTS, HIDDEN, BATCH, STEPS = 3, 5, 3, 12
LENGTHS = torch.tensor([12, 3, 7])
INPUT_FRACTION = 5

every_row = st.sampled_from(ROWS)
every_choice = st.fixed_dictionaries(
    {
        "emit": st.sampled_from(list(EMISSIONS)),
        "reset_mechanism": st.sampled_from(list(RESET_MECHANISMS)),
        "activation": st.sampled_from(list(ACTIVATIONS)),
    }
)
seeds = st.integers(0, 10_000)


def random_cell(seed: int, formulation: str, **choices: Any) -> SpikingGRUCell:
    torch.manual_seed(seed)
    cell = SpikingGRUCell(
        INPUTS, HIDDEN, threshold=0.15, learn_threshold=True, formulation=formulation, **choices
    )
    with torch.no_grad():
        for name, parameter in cell.named_parameters():
            if name != "threshold":
                parameter.copy_(0.7 * torch.randn_like(parameter))
    cell.quantised = True
    return cell


def run(way: str, cell: SpikingGRUCell, lengths: torch.Tensor | None) -> tuple[Any, torch.Tensor]:
    """All results of a random sequence, and all gradients in one row."""
    generator, dtype = torch.Generator().manual_seed(1), cell.bias_ih.dtype
    cell.zero_grad()

    def random(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=generator).to(dtype)

    x = (random(STEPS, BATCH, INPUTS) * 2**INPUT_FRACTION).round() / 2**INPUT_FRACTION
    start = (random(BATCH, HIDDEN) > 0.5).to(dtype), torch.full((BATCH, HIDDEN), 0.125, dtype=dtype)
    inputs = [tensor.requires_grad_() for tensor in (x, *start)]
    results = sequence(cell.arithmetic, cell.prepared(), cell.spike_grad, *inputs, lengths, way=way)
    sum((result * random(*result.shape)).sum() for result in results).backward()
    tensors = (*inputs, *cell.parameters())
    gradients = [torch.zeros_like(t) if t.grad is None else t.grad for t in tensors]
    return results, torch.cat([gradient.flatten() for gradient in gradients])


@settings(max_examples=60, deadline=None)
@given(row=every_row, choices=every_choice, seed=seeds, padded=st.booleans())
def test_every_way_equals_the_loop_in_every_bit_and_in_gradients(
    row: Formulation, choices: dict, seed: int, padded: bool
) -> None:
    lengths = LENGTHS if padded else None
    with with_row(row) as name:
        cell = random_cell(seed, name, **choices)
        expected, gradient = run("loop", cell, lengths)
        for way in ("numba", "torch"):
            found, own = run(way, cell, lengths)
            assert all(torch.equal(a, b) for a, b in zip(found, expected, strict=True))
            assert (own - gradient).norm() <= 1e-5 * gradient.norm()
        cell.double()
        for cell.quantised in (True, False):
            expected, gradient = run("loop", cell, lengths)
            found, own = run("torch", cell, lengths)
            assert all(map(torch.allclose, found, expected))
            assert gradient.norm() > 0
            assert (own - gradient).norm() <= 1e-12 * gradient.norm()


def integers(values: torch.Tensor, exponent: int) -> np.ndarray:
    """Return values as integers times 2^exponent; all must be on that grid."""
    scaled = values.detach().double().numpy() * 2.0**-exponent
    assert np.array_equal(scaled, np.rint(scaled))
    return scaled.astype(np.int64)


@settings(max_examples=100, deadline=None)
@given(row=every_row, choices=every_choice, seed=seeds)
def test_the_quantised_step_equals_the_integers(row: Formulation, choices: dict, seed: int) -> None:
    with with_row(row) as name, torch.no_grad():
        cell = random_cell(seed, name, **choices)
        kind, ready = cell.cell, cell.prepared()
        S, E = kind.state_fraction, kind.event_fraction

        def by_gate(gates: tuple[str, ...], own: torch.Tensor) -> tuple[dict, dict]:
            blocks = dict(zip(gates, own.split(HIDDEN), strict=False))
            grids = {gate: exponent_of(w, kind.weight_bits) for gate, w in blocks.items()}
            return {gate: integers(w, grids[gate]) for gate, w in blocks.items()}, grids

        W, W_grid = by_gate(row.input_gates, ready.input_weights)
        U, U_grid = by_gate(row.recurrent_gates, ready.recurrent_weights)
        gate = GateParameters(
            input_shift=np.array([e - INPUT_FRACTION + S for e in W_grid.values()], np.int64),
            recurrent_shift=np.array([e - E + S for e in U_grid.values()], np.int64),
            bias=integers(ready.bias, -S).reshape(len(row.gates), HIDDEN),
            recurrent_bias=integers(ready.recurrent_bias, U_grid.get("candidate", 0) - E),
            threshold=np.full(HIDDEN, integers(ready.threshold, -S)),
        )
        x = (torch.randn(STEPS, BATCH, INPUTS) * 2**INPUT_FRACTION).round() / 2**INPUT_FRACTION
        e = h = torch.zeros(BATCH, HIDDEN)
        events = membrane = np.zeros((BATCH, HIDDEN), np.int64)
        stacked = np.concatenate(list(W.values()))
        for frame in x:
            current = functional.input_current(cell.arithmetic, ready, frame)
            e, h = functional.step(cell.arithmetic, ready, cell.spike_grad, current, e, h)
            events, membrane = integer_cell.step(
                kind,
                gate,
                integers(frame, -INPUT_FRACTION) @ stacked.T,
                lambda name, message: message @ U[name].T,
                events,
                membrane,
            )
            assert np.array_equal(integers(e, -E), events)
            assert np.array_equal(integers(h, -S), membrane)


@pytest.mark.parametrize("row", [row for row in ROWS if not row.recurrent_gates])
def test_a_layer_without_recurrent_synapses_trains_and_loads(row: Formulation) -> None:
    with with_row(row) as name:
        gru, other = (SpikingGRU(3, 4, formulation=name, threshold=0.05) for _ in range(2))
        assert gru.cells[0].weight_hh.shape == (0, 4)
        assert gru.cells[0].bias_hh.shape == (0,)
        optimiser = torch.optim.AdamW(gru.parameters(), lr=0.1)
        gru(torch.randn(6, 2, 3))[0].sum().backward()
        torch.nn.utils.clip_grad_norm_(gru.parameters(), 1.0)
        optimiser.step()
        other.load_state_dict(gru.state_dict())
        x = torch.randn(6, 2, 3)
        assert torch.equal(other(x)[0], gru(x)[0])
        assert gru.double().to("cpu")(x.double())[0].dtype == torch.float64
