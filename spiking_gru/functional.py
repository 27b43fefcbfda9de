"""The cell's step as a pure function: state in, state out."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from spiking_gru.quantise import Arithmetic


class CellParameters(NamedTuple):
    """A cell's parameters as its arithmetic sees them."""

    input_weights: Tensor  # (gates · hidden, inputs)
    recurrent_weights: Tensor  # (gates · hidden, hidden)
    bias: Tensor  # (gates · hidden,)
    recurrent_bias: Tensor  # (hidden,), inside the reset gate's product
    threshold: Tensor  # () or (hidden,)


def input_current(arithmetic: Arithmetic, parameters: CellParameters, x: Tensor) -> Tensor:
    """W x + b of all three gates, for one step or for many at once."""
    return arithmetic.state(x @ parameters.input_weights.mT) + parameters.bias


def step(
    arithmetic: Arithmetic,
    parameters: CellParameters,
    fire: Callable[[Tensor], Tensor],
    current: Tensor,
    spikes: Tensor,
    membrane: Tensor,
) -> tuple[Tensor, Tensor]:
    """One time step: `(W x_t + b, s_{t-1}, h_{t-1}) → (s_t, h_t)`.

    ::

        r = σ(W_r x + U_r s + b_r)
        z = σ(W_z x + U_z s + b_z)
        c = tanh(W_c x + r ⊙ (U_c s + d_c) + b_c)
        h = z ⊙ h + (1 − z) ⊙ c
        s = 1 where h > θ;  h ← h − θ s

    `fire` turns h − θ into spikes and has a surrogate gradient; the reset is detached, as in
    snnTorch. The integer form of the same equation is `hardware.cell.step`.
    """
    hidden = membrane.shape[-1]
    Us = spikes @ parameters.recurrent_weights.mT
    Us_rz, Us_c = Us.split([2 * hidden, hidden], dim=-1)
    Wx_rz, Wx_c = current.split([2 * hidden, hidden], dim=-1)

    r, z = arithmetic.sigmoid(Wx_rz + arithmetic.state(Us_rz)).chunk(2, dim=-1)
    c = arithmetic.tanh(Wx_c + arithmetic.state(r * (Us_c + parameters.recurrent_bias)))
    h = arithmetic.state(z * membrane + (1 - z) * c)
    s = fire(h - parameters.threshold)
    return s, h - parameters.threshold * s.detach()


def sequence(
    arithmetic: Arithmetic,
    parameters: CellParameters,
    fire: Callable[[Tensor], Tensor],
    x: Tensor,
    spikes: Tensor,
    membrane: Tensor,
    lengths: Tensor | None,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """All steps of (steps, batch, inputs): every spike and membrane, then the last of each.

    Beyond a sequence's length nothing fires and its state stays as it was at its last step.
    """
    currents = input_current(arithmetic, parameters, x)
    all_spikes, all_membranes = [], []
    for t, current in enumerate(currents.unbind(0)):
        s, h = step(arithmetic, parameters, fire, current, spikes, membrane)
        if lengths is None:
            spikes, membrane = s, h
        else:
            alive = (lengths > t).unsqueeze(-1)
            spikes, membrane = torch.where(alive, s, spikes), torch.where(alive, h, membrane)
            s = s * alive
        all_spikes.append(s)
        all_membranes.append(membrane)
    return torch.stack(all_spikes), torch.stack(all_membranes), spikes, membrane
