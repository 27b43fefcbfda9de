"""The synaptic operations that a network's activity causes, so that training can pay for them.

`hardware.cost.counts` counts them exactly from a trace. Here the count is differentiable: a spike
counts as itself, with its surrogate's gradient. Where changes are sent, a change counts: that of a
spike as |e_t − e_{t−1}|, at most 1, with the gradients of both spikes; that of a state by how near
it comes to being sent.
"""

from __future__ import annotations

import torch
from torch import Tensor

from hardware.definition.emission import Emission
from spiking_gru.layer import Activity, SpikingGRU


def expected_operations(
    gru: SpikingGRU,
    activities: list[Activity],
    readout_weights: Tensor,
    lengths: Tensor | None = None,
) -> Tensor:
    """Synaptic operations of each sequence's emissions: (batch,).

    Every message meets the recurrent synapses of its layer, and the input synapses of what comes
    next, the readout's at last. Input events are the data's own and not counted. `r ⊙ e` counts as
    its emission does: it may change where the emission does not, so where changes are sent the
    count is a lower bound.
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
                    sent = emitted.abs()
                total = total + (sent @ met).sum(0)
            position += 1
    return total


def connections(weights: Tensor) -> Tensor:
    """Synapses that leave each source: its weights that are not zero."""
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
