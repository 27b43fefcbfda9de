"""The synaptic operations that a network's activity causes, so that training can pay for them.

`hardware.cost.counts` counts them exactly from a trace. Here the count is differentiable: a spike
counts as itself, with its surrogate's gradient. Where changes are sent, a change counts: that of a
spike as |e_t − e_{t−1}|, at most 1, with the gradients of both spikes; that of a state by how near
it comes to being sent. Input events are the data's own: what training can change is how many
weights they meet. A weight counts as 1 while it is not zero, with the gradient of a ramp where it
is nearly zero on the chip's grid.
"""

from __future__ import annotations

import torch
from torch import Tensor

from hardware.definition.emission import Emission
from spiking_gru.layer import Activity, SpikingGRU
from spiking_gru.sources import are_sources


def expected_operations(
    gru: SpikingGRU,
    activities: list[Activity],
    readout_weights: Tensor,
    lengths: Tensor | None = None,
    *,
    exact: bool = False,
) -> Tensor:
    """Return the synaptic operations of each sequence's emissions: (batch,).

    Every message meets the recurrent synapses of its layer, and the input synapses of what comes
    next, the readout's at last. Input events are the data's own and not counted. `r ⊙ e` counts as
    its emission does: it may change where the emission does not, so where changes are sent the
    count is a lower bound. An `exact` count has no gradient: what is sent counts as 1.
    """
    levels = list(gru.layers())
    total = torch.zeros((), dtype=torch.get_default_dtype())
    position = 0
    for number, cells in enumerate(levels):
        for direction, cell in enumerate(cells):
            own = connections(cell.prepared().recurrent_weights)
            above = [readout_weights]
            if number + 1 < len(levels):
                above = [after.prepared().input_weights for after in levels[number + 1]]
            sources = slice(direction * gru.hidden_size, (direction + 1) * gru.hidden_size)
            following = [connections(weights)[sources] for weights in above]
            # A backward receiver reads the steps, and so their changes, the other way round.
            for backward, met in ((direction, own), *enumerate(following)):
                emitted = activities[position].emitted
                if cell.cell.sends_changes:
                    moved = changes(emitted, lengths, backward=bool(backward))
                    sent = sent_changes(moved, cell.cell.emission, cell.threshold)
                else:
                    sent = moved = emitted.abs()
                if exact:
                    sent = (moved != 0).to(moved.dtype)
                total = total + (sent @ met).sum(0)
            position += 1
    return total


def input_operations(
    gru: SpikingGRU, events: Tensor, steps: Tensor, *, by_change: bool, exact: bool = False
) -> Tensor:
    """Return the synaptic operations of the encoder's events: (batch,).

    An `exact` count has no gradient.
    """
    within = torch.arange(len(events), device=events.device)[:, None] < steps
    total = torch.zeros((), device=events.device)
    for direction, cell in enumerate(next(iter(gru.layers()))):
        weights = cell.prepared().input_weights
        met = connections(weights) if exact else soft_connections(weights, cell.cell.weight_bits)
        if are_sources(events):
            of_steps = torch.cat([met.new_zeros(1), met])[events].sum(-1)
        else:
            values = events.to(met.dtype) * within.unsqueeze(-1)
            if by_change:
                values = changes(values, steps, backward=bool(direction))
            of_steps = (values != 0).to(met.dtype) @ met
        total = total + (of_steps * within).sum(0)
    return total


def soft_connections(weights: Tensor, bits: int) -> Tensor:
    """Synapses that leave each source, with a gradient of weights that are nearly zero.

    A weight is nearly zero within two steps of the finest grid that holds the largest weight; the
    chip's grid is at most twice as coarse as that.
    """
    near = 2 * weights.detach().abs().max() / (2 ** (bits - 1) - 1)
    ramp = (weights.abs() / near.clamp(min=1e-12)).clamp(max=1.0).sum(0)
    return ramp + (connections(weights) - ramp).detach()


def connections(weights: Tensor) -> Tensor:
    """Return the synapses that leave each source: its nonzero weights."""
    return (weights.detach() != 0).sum(0).to(weights.dtype)


def changes(emitted: Tensor, lengths: Tensor | None, *, backward: bool) -> Tensor:
    """|e_t − e_{t−1}| of (steps, batch, neurons), from a clean state, and 0 in padding.

    For a backward layer t − 1 is the step after.
    """
    nothing = torch.zeros_like(emitted[:1])
    parts = [emitted[1:], nothing] if backward else [nothing, emitted[:-1]]
    moved = (emitted - torch.cat(parts)).abs()
    if lengths is None:
        return moved
    steps = torch.arange(len(emitted), device=emitted.device).unsqueeze(-1)
    return moved * (steps < lengths).unsqueeze(-1)


def sent_changes(moved: Tensor, emission: Emission, threshold: Tensor) -> Tensor:
    """1 for each change that is sent, with a gradient."""
    least = threshold.detach().clamp(min=2.0**-8) if emission.by_delta else 1.0
    return (moved / least).clamp(max=1.0)
