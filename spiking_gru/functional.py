"""The cell's step as pure functions: emission and state in, the next emission and state out."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from spiking_gru.quantise import Arithmetic
from spiking_gru.sources import product

Fire = Callable[[Tensor], Tensor]
"""From h − θ to spikes, with a surrogate gradient."""


class CellParameters(NamedTuple):
    """A cell's parameters as its arithmetic sees them."""

    input_weights: Tensor  # (input gates · hidden, inputs)
    recurrent_weights: Tensor  # (recurrent gates · hidden, hidden)
    bias: Tensor  # (gates · hidden,)
    recurrent_bias: Tensor  # (hidden,), inside a reset after the product
    threshold: Tensor  # () or (hidden,)


def input_current(arithmetic: Arithmetic, parameters: CellParameters, x: Tensor) -> Tensor:
    """W x + b of all gates, for one step or for many at once; b alone for a gate without input.

    `x` has values, or the numbers of the sources that send (`spiking_gru.sources`).
    """
    row = arithmetic.cell.row
    arriving = arithmetic.state(product(x, parameters.input_weights))
    if row.input_gates != row.gates:
        blocks = arriving.chunk(len(row.input_gates), dim=-1)
        by_gate = dict(zip(row.input_gates, blocks, strict=True))
        nothing = torch.zeros_like(blocks[0])
        arriving = torch.cat([by_gate.get(gate, nothing) for gate in row.gates], dim=-1)
    return arriving + parameters.bias


def step(
    arithmetic: Arithmetic,
    parameters: CellParameters,
    fire: Fire,
    current: Tensor,
    emitted: Tensor,
    membrane: Tensor,
) -> tuple[Tensor, Tensor]:
    """One time step: `(W x_t + b, e_{t-1}, h_{t-1}) → (e_t, h_t)`.

    ::

        r, z, o = σ(W x + U e + b)
        c = tanh(W_c x + U_c e + b_c)                    without a reset
        c = tanh(W_c x + r ⊙ (U_c e + d_c) + b_c)        reset after the product
        c = tanh(W_c x + U_c (r ⊙ e) + b_c)              reset before the product
        h = z ⊙ h + (1 − z) ⊙ c                          the mixing gate keeps
        h = (1 − z) ⊙ h + z ⊙ c                          the mixing gate writes
        h = o ⊙ h                                        with an output gate

    In o, `e` is what h would emit before its output gate. A gate without input or recurrent
    synapses has no such term. `hardware.definition.cell.step` is the same in integers.
    """
    cell = arithmetic.cell
    row, hidden = cell.row, membrane.shape[-1]
    by_gate = parameters.recurrent_weights.view(len(row.recurrent_gates), hidden, hidden)
    U = dict(zip(row.recurrent_gates, by_gate.unbind(0), strict=True))
    W = dict(zip(row.gates, current.chunk(len(row.gates), dim=-1), strict=True))

    def summed(name: str, message: Tensor) -> Tensor:
        if name not in U:
            return W[name]
        return W[name] + arithmetic.state(message @ U[name].mT)

    def sigma(name: str, message: Tensor) -> Tensor:
        return arithmetic.sigmoid(summed(name, message))

    gates = {name: sigma(name, emitted) for name in ("reset", row.mixing) if name in W}
    if row.resets_after:
        recurrent = emitted @ U["candidate"].mT + parameters.recurrent_bias
        inside_reset = recurrent if cell.spiking else arithmetic.gate(recurrent)
        c = arithmetic.tanh(W["candidate"] + arithmetic.state(gates["reset"] * inside_reset))
    else:
        message = emitted
        if row.resets_before:
            message = arithmetic.gate(gates["reset"] * emitted)
        c = arithmetic.tanh(summed("candidate", message))
    z = gates[row.mixing]
    share = 1 - z if row.writes else z
    h = arithmetic.state(share * membrane + (1 - share) * c)
    if row.has_output:
        would_emit, _ = emit(arithmetic, fire, parameters.threshold, h, emitted)
        h = arithmetic.state(sigma("output", would_emit) * h)
    return emit(arithmetic, fire, parameters.threshold, h, emitted)


def emit(
    arithmetic: Arithmetic, fire: Fire, threshold: Tensor, h: Tensor, last: Tensor
) -> tuple[Tensor, Tensor]:
    """Return the emission of neurons, and the membrane after their reset.

    ::

        spikes           s = 1 where h > θ
        signed spikes    s = 1 where h > θ, −1 where h < −θ
        state            h
        state by delta   h where |h − last| > θ, else last

        subtract  h − θ s        zero  h where s = 0        none  h

    The reset is detached from the spikes, as in snnTorch.
    """
    cell = arithmetic.cell
    if cell.emission.by_delta:
        return torch.where((h - last).abs() > threshold, arithmetic.gate(h), last), h
    if not cell.spiking:
        return arithmetic.gate(h), h
    s = fire(h - threshold)
    if cell.emission.signed:
        s = s - fire(-h - threshold)
    s = s.to(h.dtype)  # snnTorch's surrogates return float32 for every input type
    if cell.subtracts:
        h = h - threshold * s.detach()
    elif cell.clears:
        h = h * (1 - s.detach().abs())
    return s, h


def sequence(
    arithmetic: Arithmetic,
    parameters: CellParameters,
    fire: Fire,
    x: Tensor,
    emitted: Tensor,
    membrane: Tensor,
    lengths: Tensor | None,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """All steps of (steps, batch, inputs): every emission and every membrane, then the last ones.

    Beyond a sequence's length nothing is emitted and its state stays as it was at its last step.
    """
    currents = input_current(arithmetic, parameters, x)
    all_emitted, all_membranes = [], []
    for t, current in enumerate(currents.unbind(0)):
        e, h = step(arithmetic, parameters, fire, current, emitted, membrane)
        if lengths is None:
            emitted, membrane = e, h
        else:
            alive = (lengths > t).unsqueeze(-1)
            emitted, membrane = torch.where(alive, e, emitted), torch.where(alive, h, membrane)
            e = e * alive
        all_emitted.append(e)
        all_membranes.append(membrane)
    return torch.stack(all_emitted), torch.stack(all_membranes), emitted, membrane
