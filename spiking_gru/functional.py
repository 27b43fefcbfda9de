"""The cell's step as pure functions: what was emitted and the state in, the next of both out."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from spiking_gru.quantise import Arithmetic

Fire = Callable[[Tensor], Tensor]
"""From h − θ to spikes, with a surrogate gradient."""


class CellParameters(NamedTuple):
    """A cell's parameters as its arithmetic sees them."""

    input_weights: Tensor  # (gates · hidden, inputs)
    recurrent_weights: Tensor  # (gates · hidden, hidden)
    bias: Tensor  # (gates · hidden,)
    recurrent_bias: Tensor  # (hidden,), inside the reset of formulation `torch`
    threshold: Tensor  # () or (hidden,)


def input_current(arithmetic: Arithmetic, parameters: CellParameters, x: Tensor) -> Tensor:
    """W x + b of all gates, for one step or for many at once."""
    return arithmetic.state(x @ parameters.input_weights.mT) + parameters.bias


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

        torch         c = tanh(W_c x + r ⊙ (U_c e + d_c) + b_c)   h = z ⊙ h + (1 − z) ⊙ c
        keep          c = tanh(W_c x + U_c (r ⊙ e) + b_c)         h = z ⊙ h + (1 − z) ⊙ c
        write         c as keep                                   h = (1 − z) ⊙ h + z ⊙ c
        output-gated  c = tanh(U_c (r ⊙ e) + b_c), h as write     h = o ⊙ h
        forget        c = tanh(W_c x + U_c e + b_c)               h = f ⊙ h + (1 − f) ⊙ c

    with r, z, f = σ(W x + U e + b), and o = σ(W_o x + U_o e' + b_o) where e' is what h would emit.
    `hardware.definition.cell.step` is the same in integers.
    """
    cell = arithmetic.cell
    gates = len(cell.gates)
    W = dict(zip(cell.gates, current.chunk(gates, dim=-1), strict=True))
    U = dict(zip(cell.gates, parameters.recurrent_weights.chunk(gates), strict=True))

    def sigma(name: str, message: Tensor) -> Tensor:
        return arithmetic.sigmoid(W[name] + arithmetic.state(message @ U[name].mT))

    if cell.formulation == "forget":
        f = sigma("forget", emitted)
        c = arithmetic.tanh(W["candidate"] + arithmetic.state(emitted @ U["candidate"].mT))
        h = arithmetic.state(f * membrane + (1 - f) * c)
        return emit(arithmetic, fire, parameters.threshold, h, emitted)

    r, z = sigma("reset", emitted), sigma("update", emitted)
    if cell.formulation == "torch":
        inside_reset = emitted @ U["candidate"].mT + parameters.recurrent_bias
        if not cell.spiking:
            inside_reset = arithmetic.gate(inside_reset)
        c = arithmetic.tanh(W["candidate"] + arithmetic.state(r * inside_reset))
        h = arithmetic.state(z * membrane + (1 - z) * c)
        return emit(arithmetic, fire, parameters.threshold, h, emitted)

    Uc = arithmetic.state(arithmetic.gate(r * emitted) @ U["candidate"].mT)
    if cell.formulation == "output-gated":
        b_c = parameters.bias.chunk(gates)[cell.gates.index("candidate")]
        c = arithmetic.tanh(Uc + b_c)
    else:
        c = arithmetic.tanh(W["candidate"] + Uc)
    share = z if cell.formulation == "keep" else 1 - z
    h = arithmetic.state(share * membrane + (1 - share) * c)
    if cell.formulation == "output-gated":
        would_emit, _ = emit(arithmetic, fire, parameters.threshold, h, emitted)
        h = arithmetic.state(sigma("output", would_emit) * h)
    return emit(arithmetic, fire, parameters.threshold, h, emitted)


def emit(
    arithmetic: Arithmetic, fire: Fire, threshold: Tensor, h: Tensor, last: Tensor
) -> tuple[Tensor, Tensor]:
    """What neurons emit, and the membrane after their reset.

    ::

        binary   s = 1 where h > θ
        signed   s = 1 where h > θ, −1 where h < −θ
        state    h
        graded   h where |h − last| > θ, else last

        subtract  h − θ s        zero  h where s = 0        none  h

    The reset is detached from the spikes, as in snnTorch.
    """
    cell = arithmetic.cell
    if cell.emit == "state":
        return arithmetic.gate(h), h
    if cell.emit == "graded":
        return torch.where((h - last).abs() > threshold, arithmetic.gate(h), last), h
    s = fire(h - threshold)
    if cell.emit == "signed":
        s = s - fire(-h - threshold)
    s = s.to(h.dtype)  # snnTorch's surrogates answer in float32, whatever they are asked in
    if cell.reset_mechanism == "subtract":
        h = h - threshold * s.detach()
    elif cell.reset_mechanism == "zero":
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
    """All steps of (steps, batch, inputs): all that was emitted and every membrane, then the last.

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
