"""Pruning: the smallest weights of each matrix become 0 and stay 0.

The share s of zeros grows over the first half of a phase, fast at first, as the weights adapt::

    s_epoch = share · (1 − (1 − t)³),  t = min(1, epoch / ⌈epochs / 2⌉)
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from spiking_gru.cell import SpikingGRUCell


def matrices(model: nn.Module) -> list[Tensor]:
    """Return the synapses of a model's layers; those of the readout are few and stay.

    A matrix that is multiplied by an embedding stays as well: its zeros are none of the product.
    """
    found: list[Tensor] = []
    for cell in (module for module in model.modules() if isinstance(module, SpikingGRUCell)):
        found += [cell.weight_ih] if cell.embedding is None else []
        found.append(cell.weight_hh)
    return found


class Pruning:
    """Masks of a model's matrices in one phase of training."""

    def __init__(self, model: nn.Module, share: float, epochs: int) -> None:
        self.share, self.ramp = share, math.ceil(epochs / 2)
        self.masks = [torch.ones_like(matrix, dtype=torch.bool) for matrix in matrices(model)]

    def share_at(self, epoch: int) -> float:
        """Return the share of zeros in an epoch; the first is 1."""
        return self.share * (1 - (1 - min(1.0, epoch / self.ramp)) ** 3)

    def is_complete(self, epoch: int) -> bool:
        return epoch >= self.ramp or not self.share

    @torch.no_grad()
    def choose(self, model: nn.Module, epoch: int) -> None:
        """Mask the smallest weights of each matrix; what is masked has magnitude 0 and stays so."""
        if not self.share:
            return
        for matrix, mask in zip(matrices(model), self.masks, strict=True):
            zeros = round(self.share_at(epoch) * matrix.numel())
            smallest = matrix.abs().flatten().argsort(stable=True)[:zeros]
            mask.view(-1)[smallest] = False
        self.apply([model])

    @torch.no_grad()
    def apply(self, models: Iterable[nn.Module]) -> None:
        """Set the masked weights to 0 again."""
        for model in models if self.share else ():
            for matrix, mask in zip(matrices(model), self.masks, strict=True):
                matrix.mul_(mask)
