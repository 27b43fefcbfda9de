"""Inputs of which few send: the numbers of the sources in place of a one-hot row.

A whole number s + 1 is a message of 1 from source s, and 0 is none. The product of such a row with
a matrix is a sum of its columns, the same as that of the one-hot row.
"""

from __future__ import annotations

import torch
from torch import Tensor

from hardware.errors import InputError


def are_sources(x: Tensor) -> bool:
    """Return whether x holds numbers of sources, not values."""
    return x.dtype == torch.int64


def check_sources(x: Tensor, inputs: int) -> None:
    """Refuse numbers of sources that a layer of these inputs does not have."""
    if x.numel() and (int(x.min()) < 0 or int(x.max()) > inputs):
        raise InputError(
            f"x holds sources {int(x.min())} to {int(x.max())}, expected 1 to {inputs}, and 0 "
            f"where nothing is sent"
        )


def one_hot(x: Tensor, inputs: int, dtype: torch.dtype | None = None) -> Tensor:
    """Return the rows (…, inputs) of numbers of sources (…, at once)."""
    rows = torch.nn.functional.one_hot(x, inputs + 1).sum(-2)[..., 1:]
    return rows.to(dtype or torch.get_default_dtype())


def product(x: Tensor, weights: Tensor) -> Tensor:
    """Return `weights x` of rows x (…, inputs), or of the numbers of sources (…, at once)."""
    if not are_sources(x):
        return x @ weights.mT
    columns = torch.cat([weights.new_zeros(len(weights), 1), weights], dim=1).mT
    found = torch.nn.functional.embedding(x, columns)
    return found.squeeze(-2) if x.shape[-1] == 1 else found.sum(-2)


def add_gradient(total: Tensor, d: Tensor, x: Tensor) -> None:
    """total (inputs + 1, outputs) += the gradient of the columns of x, from those of products.

    The first row is that of no source. The sums have one order, so the bits are the same each time.
    """
    rows, d = x.flatten(0, -2), d.flatten(0, -2).to(total.dtype)
    for at_once in rows.unbind(-1):
        if total.device.type == "cpu":
            total.index_add_(0, at_once, d)
        else:
            total.index_put_((at_once,), d, accumulate=True)
