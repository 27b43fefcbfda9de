"""The phases compiled by Numba, once for all settings; their arrays stay in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from hardware.definition import arithmetic
from hardware.kernels.calls import Kernel, Prepared
from hardware.kernels.fields import arguments_at
from spiking_gru.fused import rows_numba
from spiking_gru.fused.phases import Phase, Phases, Step, compositions
from spiking_gru.fused.rows_numba import row

_forward, _backward = (row(phase) for phase in compositions(rows_numba))

NOBODY = np.empty(0, dtype=np.int64)


def forward(form: Any, address: int) -> int:
    living, t, constants, saved, products, settings = arguments_at(form, address)
    _forward(living, t, constants, saved, products, settings)
    return 0


def backward(form: Any, address: int) -> int:
    living, t, constants, saved, gradients, settings = arguments_at(form, address)
    _backward(living, t, constants, saved, gradients, settings)
    return 0


def phase(kernel: Kernel) -> Phase:
    """The phase that a kernel computes."""

    def over(*arrays: Any) -> Step:
        prepared, given = Prepared(kernel, NOBODY, 0, *arrays), NOBODY

        def step(living: Any, t: int) -> None:
            nonlocal given
            if living is not given:
                prepared.give(0, living)
                given = living
            prepared.give(1, t)
            prepared()

        return step

    return over


SOURCE = Path(arithmetic.__file__)
KERNELS = Kernel(forward, SOURCE), Kernel(backward, SOURCE)
PHASES = Phases(*map(phase, KERNELS))
