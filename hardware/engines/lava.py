"""The `lava` engine: the program as Lava processes, in a child process with a deadline."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hardware.arithmetic import Integers
from hardware.engines.registry import Recording
from hardware.lava.schedule import Schedule
from hardware.lava.supervisor import run_in_child
from hardware.program import Program

START_UP_SECONDS = 60.0
SECONDS_PER_TICK = 0.02


def execute(
    program: Program,
    events: Integers,
    lengths: NDArray[np.int64],
    deadline: float | None = None,
) -> Recording:
    """Run all sequences in one session, one after another; each begins with a reset tick."""
    schedule = Schedule(lengths, program.delay)
    if deadline is None:
        deadline = START_UP_SECONDS + SECONDS_PER_TICK * schedule.ticks
    recorded = run_in_child(program, schedule.frames(events), schedule.resets, deadline)
    layers = range(len(program.layers))
    return Recording(
        spikes=tuple(
            recorded[f"spikes.{i}"][schedule.rows(i + 1)].astype(np.uint8) for i in layers
        ),
        membranes=tuple(
            recorded[f"membranes.{i}"][schedule.rows(i + 1)].astype(np.int64) for i in layers
        ),
        scores=recorded["scores"][schedule.last_rows(program.delay)].astype(np.int64),
    )
