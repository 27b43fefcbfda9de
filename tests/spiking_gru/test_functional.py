"""The torch step, compared with the equations in NumPy and with the integers."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import converted

from hardware.definition.arithmetic import ACTIVATIONS
from hardware.definition.emission import EMISSIONS, RESET_MECHANISMS
from hardware.definition.formulation import FORMULATIONS
from hardware.engines.reference import run_layer
from spiking_gru import functional
from spiking_gru.cell import SpikingGRUCell


def transcription(
    cell: SpikingGRUCell, x: np.ndarray, e: np.ndarray, h: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The equations in NumPy, one letter for each thing in them."""
    settings, theta = cell.cell, cell.threshold.item()
    hard, values = settings.activation == "hard", settings.emit.removesuffix("-on-change")

    def sigma(v: np.ndarray) -> np.ndarray:
        return np.clip(v / 4 + 0.5, 0, 1) if hard else 1 / (1 + np.exp(-v))

    def tanh(v: np.ndarray) -> np.ndarray:
        return np.clip(v, -1, 1) if hard else np.tanh(v)

    def emitted(v: np.ndarray) -> np.ndarray:
        return {
            "binary": np.where(v > theta, 1.0, 0.0),
            "signed": np.where(v > theta, 1.0, np.where(v < -theta, -1.0, 0.0)),
            "state": v,
            "graded": np.where(np.abs(v - e) > theta, v, e),
        }[values]

    def finished(new: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        out = emitted(new)
        if values in ("binary", "signed"):
            if settings.reset_mechanism == "subtract":
                new = new - theta * out
            elif settings.reset_mechanism == "zero":
                new = np.where(out == 0, new, 0)
        return out, new

    def blocks(name: str, gates: tuple[str, ...]) -> dict[str, np.ndarray]:
        array = getattr(cell, name).detach().numpy()
        return dict(zip(gates, np.split(array, len(gates)), strict=True)) if gates else {}

    row = settings.row
    W, b = blocks("weight_ih", row.input_gates), blocks("bias_ih", row.gates)
    U, d = blocks("weight_hh", row.recurrent_gates), blocks("bias_hh", row.recurrent_gates)

    def gate(name: str, message: np.ndarray) -> np.ndarray:
        return sigma(x @ W[name].T + message @ U[name].T + b[name] + d[name])

    c = "candidate"
    if settings.formulation == "minimal":
        z = sigma(x @ W["update"].T + b["update"])
        return finished(z * h + (1 - z) * tanh(x @ W[c].T + b[c]))
    Uc, bc = U[c].T, b[c] + d[c]
    if settings.formulation == "forget":
        f = gate("forget", e)
        new = f * h + (1 - f) * tanh(x @ W[c].T + e @ Uc + bc)
    else:
        r, z = gate("reset", e), gate("update", e)
        if settings.formulation == "torch":
            new = z * h + (1 - z) * tanh(x @ W[c].T + b[c] + r * (e @ Uc + d[c]))
        elif settings.formulation == "keep":
            new = z * h + (1 - z) * tanh(x @ W[c].T + (r * e) @ Uc + bc)
        elif settings.formulation == "write":
            new = (1 - z) * h + z * tanh(x @ W[c].T + (r * e) @ Uc + bc)
        else:
            new = (1 - z) * h + z * tanh((r * e) @ Uc + bc)
            new = gate("output", emitted(new)) * new
    return finished(new)


@pytest.mark.parametrize("formulation", list(FORMULATIONS))
@pytest.mark.parametrize("emit", list(EMISSIONS))
@pytest.mark.parametrize("reset_mechanism", list(RESET_MECHANISMS))
@pytest.mark.parametrize("activation", ["hard", "table"])
def test_the_float_step_equals_the_equations(
    formulation: str, emit: str, reset_mechanism: str, activation: str
) -> None:
    torch.manual_seed(1)
    cell = SpikingGRUCell(
        3,
        4,
        formulation=formulation,
        emit=emit,
        reset_mechanism=reset_mechanism,
        activation=activation,
        threshold=0.2,
    ).double()
    x, h = torch.randn(16, 3).double(), torch.rand(16, 4).double() * 2 - 1
    e = h.clone() if not cell.cell.spiking else (torch.rand(16, 4) > 0.5).double()
    emitted, membrane = cell(x, e, h)
    expected = transcription(cell, x.numpy(), e.numpy(), h.numpy())
    assert emitted.detach().numpy() == pytest.approx(expected[0], abs=1e-6)
    assert membrane.detach().numpy() == pytest.approx(expected[1], abs=1e-6)
    if cell.cell.spiking:
        assert 0 < np.abs(expected[0]).sum() < expected[0].size


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    inputs=st.integers(1, 4),
    neurons=st.integers(1, 6),
    spread=st.sampled_from([0.05, 0.4, 1.5]),
    cell=st.fixed_dictionaries(
        {
            "formulation": st.sampled_from(list(FORMULATIONS)),
            "emit": st.sampled_from(list(EMISSIONS)),
            "reset_mechanism": st.sampled_from(list(RESET_MECHANISMS)),
            "activation": st.sampled_from(list(ACTIVATIONS)),
            "weight_bits": st.integers(2, 8),
            "gate_fraction": st.integers(7, 8),
            "state_fraction": st.integers(10, 12),
        }
    ),
)
def test_the_quantised_step_equals_the_integers_in_every_bit(
    seed: int, inputs: int, neurons: int, spread: float, cell: dict
) -> None:
    torch.manual_seed(seed)
    torch_cell = SpikingGRUCell(inputs, neurons, threshold=0.15, **cell)
    with torch.no_grad():
        for parameter in torch_cell.parameters():
            parameter.copy_(spread * torch.randn_like(parameter))
    torch_cell.quantised = True
    settings_ = torch_cell.cell
    layer = converted(torch_cell, input_exponent=-5)
    events = np.random.default_rng(seed).integers(-127, 128, (12, inputs))
    x = torch.from_numpy(events / 32).float()
    start = torch_cell.first_state(1)
    emitted, membranes, _, _ = functional.sequence(
        torch_cell.arithmetic,
        torch_cell.prepared(),
        torch_cell.spike_grad,
        x.unsqueeze(1),
        *start,
        None,
    )
    expected = run_layer(layer, events, np.array([12]))
    unit = 2.0**settings_.event_fraction
    assert np.array_equal(emitted[:, 0].detach().numpy() * unit, expected[0])
    one = 2.0**settings_.state_fraction
    assert np.array_equal(membranes[:, 0].detach().numpy() * one, expected[1])


def test_padding_changes_nothing_and_nothing_fires_in_it() -> None:
    torch.manual_seed(3)
    cell = SpikingGRUCell(3, 4, threshold=0.1)
    cell.quantised = True  # floats would sum in another order in a batch of another size
    x, lengths = (torch.randn(9, 3, 3) * 32).round() / 32, torch.tensor([9, 4, 1])
    padded = x.clone()
    for i, length in enumerate(lengths):
        padded[length:, i] = 1e6
    start = cell.first_state(3)

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
