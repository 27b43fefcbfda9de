"""Products with spikes, by their few nonzero numbers.

A matrix product takes every number. Where most neurons are silent, the sum of the rows of those
that fired is quicker. A nonzero number need not be 1: r ⊙ e is as sparse as e.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hardware.kernels.calls import Kernel, Prepared
from hardware.kernels.fields import arguments_at
from hardware.kernels.parts import inlined

FEW = 4
"""At most 1 number in 4 is nonzero; with more, the matrix product is quicker."""


@inlined
def few(a: Any) -> bool:
    count = 0
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            count += a[i, j] != 0
    return bool(count * FEW <= a.size)


@Kernel
def rows_where(form: Any, address: int) -> int:
    """out ← a U, where few of a are not zero; else 1, and nothing is done."""
    a, U, out, fired = arguments_at(form, address)
    if not few(a):
        return 1
    batch, n = a.shape
    for i in range(batch):
        count = 0
        for j in range(n):
            fired[count] = j
            count += a[i, j] != 0
        row = out[i]
        for c in range(len(row)):
            row[c] = np.float32(0)
        for k in range(0, count - 3, 4):
            j0, j1, j2, j3 = fired[k], fired[k + 1], fired[k + 2], fired[k + 3]
            a0, a1, a2, a3 = a[i, j0], a[i, j1], a[i, j2], a[i, j3]
            U0, U1, U2, U3 = U[j0], U[j1], U[j2], U[j3]
            for c in range(len(row)):
                row[c] += (a0 * U0[c] + a1 * U1[c]) + (a2 * U2[c] + a3 * U3[c])
        for k in range(count - count % 4, count):
            a0, U0 = a[i, fired[k]], U[fired[k]]
            for c in range(len(row)):
                row[c] += a0 * U0[c]
    return 0


@Kernel
def add_rows_where(form: Any, address: int) -> int:
    """total += aᵀ d, of d's columns from `first`, where few of a are not zero; else 1."""
    d, first, a, total, fired = arguments_at(form, address)
    if not few(a):
        return 1
    rows, n = a.shape
    width = total.shape[1]
    for i in range(rows):
        count = 0
        for j in range(n):
            fired[count] = j
            count += a[i, j] != 0
        own = d[i, first : first + width]
        for k in range(count):
            row, number = total[fired[k]], a[i, fired[k]]
            for c in range(width):
                row[c] += number * own[c]
    return 0


def product(U: Tensor) -> Callable[[Tensor, Any, Tensor, Any], None]:
    """A function for out ← a U, given a and out as tensors and as arrays."""
    rows, fired = U.numpy(), np.empty(len(U) + 1, np.int64)

    prepared: list[Prepared] = []

    def times(a: Tensor, a_: Any, out: Tensor, out_: Any) -> None:
        if not prepared:
            prepared.append(Prepared(rows_where, a_, rows, out_, fired))
        prepared[0].give(0, a_)
        if prepared[0]():
            torch.mm(a, U, out=out)

    return times


def add_product(total: Tensor, d: Tensor, first: int, a: Tensor) -> bool:
    """total += aᵀ d, of d's columns from `first`; False where few numbers of a are zero."""
    fired = np.empty(a.shape[1] + 1, np.int64)
    return not add_rows_where(d.numpy(), first, a.numpy(), total.numpy(), fired)
