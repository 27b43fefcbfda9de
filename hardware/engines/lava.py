"""The `lava` engine: the program as Lava processes, in a child process with a deadline."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hardware.arithmetic import Integers
from hardware.engines.registry import Recording
from hardware.lava.session import START_UP_SECONDS, LavaSession
from hardware.program import Program


def execute(
    program: Program,
    events: Integers,
    lengths: NDArray[np.int64],
    deadline: float | None = None,
    *,
    mapping: str = "structural",
    batch: int = 1,
) -> Recording:
    """Run all sequences in a session of its own, and record all of every step.

    `mapping` and `batch` as in `hardware.lava.session`. The deadline holds for the set-up and for
    the run, each by itself.
    """
    record = ("emitted", "membranes")
    start = START_UP_SECONDS if deadline is None else deadline
    with LavaSession(program, mapping, batch, record, start) as session:
        found = session.run(events, lengths, deadline)
    layers = range(len(program.layers))
    return Recording(
        emitted=tuple(
            found[f"emitted.{i}"].astype(program.layers[i].cell.emission_type) for i in layers
        ),
        membranes=tuple(found[f"membranes.{i}"] for i in layers),
        scores=found["scores"],
    )
