"""The `lava` engine: the program as Lava processes, in a child process with a deadline."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hardware.arithmetic import Integers
from hardware.engines.registry import Recording
from hardware.errors import SettingError
from hardware.lava.schedule import Schedule
from hardware.lava.supervisor import run_in_child
from hardware.program import Program

START_UP_SECONDS = 60.0
SECONDS_PER_TICK = 0.02


def require_covered(program: Program) -> None:
    """Refuse by name what has no Lava mapping yet."""
    for layer in program.layers:
        cell = layer.cell
        for name, value, covered in (
            ("formulation", cell.formulation, "torch"),
            ("emit", cell.emit, "binary"),
            ("backward", layer.backward, False),
            ("initial membrane", bool(layer.initial_membrane.any()), False),
        ):
            if value != covered:
                raise SettingError(
                    f"{layer.name}: {name} {value!r} does not run on Lava yet: use the events "
                    f"engine"
                )
    if program.readout.kind != "sum":
        raise SettingError(
            f"readout {program.readout.kind!r} does not run on Lava yet: use the events engine"
        )


def execute(
    program: Program,
    events: Integers,
    lengths: NDArray[np.int64],
    deadline: float | None = None,
) -> Recording:
    """Run all sequences in one session, one after another; each begins with a reset tick."""
    require_covered(program)
    delay = len(program.layers) + 1
    schedule = Schedule(lengths, delay)
    if deadline is None:
        deadline = START_UP_SECONDS + SECONDS_PER_TICK * schedule.ticks
    recorded = run_in_child(program, schedule.frames(events), schedule.resets, deadline)
    return Recording(
        emitted=tuple(
            recorded[f"emitted.{i}"][schedule.rows(i + 1)].astype(layer.cell.emission_type)
            for i, layer in enumerate(program.layers)
        ),
        membranes=tuple(
            recorded[f"membranes.{i}"][schedule.rows(i + 1)].astype(np.int64)
            for i in range(len(program.layers))
        ),
        scores=recorded["scores"][schedule.last_rows(delay)].astype(np.int64),
    )
