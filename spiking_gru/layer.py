"""SpikingGRU: stacked layers of gated spiking neurons, called like torch.nn.GRU."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from hardware.cell import Cell
from hardware.errors import SettingError
from spiking_gru.cell import SpikingGRUCell
from spiking_gru.functional import sequence


class State(NamedTuple):
    """What carries over from one sequence to its continuation; each (layers, batch, hidden)."""

    spikes: Tensor
    membrane: Tensor


class Activity(NamedTuple):
    """Every spike and membrane of one layer; each (steps, batch, hidden)."""

    spikes: Tensor
    membranes: Tensor


class SpikingGRU(nn.Module):
    """Layers of spiking GRU cells over a sequence.

    `spikes, state = gru(x, state, lengths)` takes x of shape (steps, batch, input_size), or
    (batch, steps, input_size) with `batch_first`. Beyond a sequence's length nothing fires.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        batch_first: bool = False,
        *,
        cell: Cell | None = None,
        threshold: float = 0.3,
        spike_grad: Callable[[Tensor], Tensor] | None = None,
        learn_threshold: bool = False,
    ) -> None:
        super().__init__()
        if num_layers < 1:
            raise SettingError(f"num_layers is {num_layers}: expected at least 1")
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.batch_first = batch_first
        self.cells = nn.ModuleList(
            SpikingGRUCell(
                input_size if i == 0 else hidden_size,
                hidden_size,
                cell=cell,
                threshold=threshold,
                spike_grad=spike_grad,
                learn_threshold=learn_threshold,
            )
            for i in range(num_layers)
        )

    def forward(
        self, x: Tensor, state: State | None = None, lengths: Tensor | None = None
    ) -> tuple[Tensor, State]:
        x = x.transpose(0, 1) if self.batch_first else x
        activities, state = self.activities(x, state, lengths)
        spikes = activities[-1].spikes
        return spikes.transpose(0, 1) if self.batch_first else spikes, state

    def activities(
        self, x: Tensor, state: State | None = None, lengths: Tensor | None = None
    ) -> tuple[list[Activity], State]:
        """Every layer's spikes and membranes, for x of shape (steps, batch, input_size)."""
        self._check(x, state, lengths)
        activities, last_spikes, last_membranes = [], [], []
        for i, cell in enumerate(self.cells):
            assert isinstance(cell, SpikingGRUCell)
            start = cell.zero_state(x.shape[1]) if state is None else (state[0][i], state[1][i])
            x, membranes, spikes, membrane = sequence(
                cell.arithmetic, cell.prepared(), cell.spike_grad, x, *start, lengths
            )
            activities.append(Activity(x, membranes))
            last_spikes.append(spikes)
            last_membranes.append(membrane)
        return activities, State(torch.stack(last_spikes), torch.stack(last_membranes))

    def _check(self, x: Tensor, state: State | None, lengths: Tensor | None) -> None:
        if x.ndim != 3 or x.shape[2] != self.input_size:
            raise SettingError(
                f"x has shape {tuple(x.shape)} (steps, batch, features), expected "
                f"{self.input_size} features"
            )
        steps, batch, _ = x.shape
        expected = (self.num_layers, batch, self.hidden_size)
        for part in state or ():
            if part.shape != expected:
                raise SettingError(
                    f"state has shape {tuple(part.shape)}, expected (layers, batch, hidden) = "
                    f"{expected}"
                )
        if lengths is None:
            return
        if lengths.shape != (batch,):
            raise SettingError(
                f"lengths has shape {tuple(lengths.shape)}, expected one for each of the "
                f"{batch} sequences"
            )
        if int(lengths.min()) < 1 or int(lengths.max()) > steps:
            raise SettingError(
                f"lengths run from {int(lengths.min())} to {int(lengths.max())}, expected 1 to "
                f"{steps}, the steps of x"
            )
