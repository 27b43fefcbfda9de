"""The synaptic operations that a network's activity causes, so that training can pay for them.

`hardware.cost.counts` counts them exactly from a trace. Here the count is differentiable: a spike
counts as itself, with its surrogate's gradient; a state that is sent when it has changed counts by
how near its change comes to being sent.
"""

from __future__ import annotations

import torch
from torch import Tensor

from spiking_gru.layer import Activity, SpikingGRU


def expected_operations(
    gru: SpikingGRU, activities: list[Activity], readout_weights: Tensor
) -> Tensor:
    """Synaptic operations of each sequence's emissions: (batch,).

    Every message meets the recurrent synapses of its layer, and the input synapses of what comes
    next, the readout's at last. Input events are the data's own and not counted.
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
            following = sum(connections(weights)[sources] for weights in above)
            emitted = activities[position].emitted
            sent = messages(emitted, cell.threshold, by_change=cell.cell.sends_changes)
            total = total + (sent @ (own + following)).sum(0)
            position += 1
    return total


def connections(weights: Tensor) -> Tensor:
    """Synapses that leave each source: its weights that are not zero."""
    return (weights.detach() != 0).sum(0).to(weights.dtype)


def messages(emitted: Tensor, threshold: Tensor, *, by_change: bool) -> Tensor:
    """1 for each message of (steps, batch, neurons), with a gradient."""
    if not by_change:
        return emitted.abs()
    before = torch.cat([torch.zeros_like(emitted[:1]), emitted[:-1]])
    change = (emitted - before).abs()
    return (change / threshold.detach().clamp(min=2.0**-8)).clamp(max=1.0)
