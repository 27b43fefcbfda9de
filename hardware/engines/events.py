"""The `events` engine: event-driven integers, compiled; samples go to all cores, one by one.

A sequence never depends on its company, so that any number of threads gives the same bits.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.arithmetic import Integers
from hardware.engines.layout import NO_MEMBRANES, Layout, Machine, Record, padded
from hardware.engines.registry import Recording
from hardware.engines.saturation import Saturations, merged
from hardware.errors import SettingError
from hardware.program import Program
from hardware.sequences import Sequences

STEPS_AT_ONCE = 4096
"""Of a part: enough that its few calls cost nothing, few enough that it stays in the cache."""


def available_threads(threads: int | None) -> int:
    """The number asked for, else one for each core that this process may use."""
    if threads is None:
        return len(os.sched_getaffinity(0))
    if isinstance(threads, bool) or not isinstance(threads, int) or threads < 1:
        raise SettingError(f"threads is {threads!r}: expected a whole number of at least 1")
    return threads


def parts_of(lengths: NDArray[np.int64]) -> list[slice]:
    """Sequences in parts of about as many steps each."""
    numbers = (np.cumsum(lengths) - lengths) // STEPS_AT_ONCE
    edges = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(lengths)]
    return [slice(a, b) for a, b in zip(edges[:-1], edges[1:], strict=True)]


def messages(steps: int, width: int) -> NDArray[np.int16]:
    """Rows for messages of so many sources."""
    return np.zeros((steps, padded(width)), dtype=np.int16)


def level_widths(program: Program) -> list[int]:
    return [sum(layer.neurons for layer in level) for level in program.levels]


def execute(
    program: Program,
    events: Integers,
    lengths: NDArray[np.int64],
    deadline: float | None = None,
    *,
    threads: int | None = None,
) -> Recording:
    """Run all sequences and record them; nothing can hang here, so the deadline is not needed."""
    layout, starts = Layout(program), np.cumsum(lengths) - lengths
    steps, outputs = len(events), program.readout.outputs
    arriving = messages(steps, program.encoder.channels)
    arriving[:, : program.encoder.channels] = events
    rows = steps if program.readout.answers_every_step else len(lengths)
    record = Record(
        emitted=tuple(messages(steps, width) for width in level_widths(program)),
        membranes=tuple(np.empty((steps, layer.neurons), np.int64) for layer in program.layers),
        scores=np.empty((rows, outputs), dtype=np.int64),
    )

    def run_part(part: slice) -> Saturations:
        machine = Machine(layout)
        scores = record.scores if program.readout.answers_every_step else record.scores[part]
        machine.run(
            arriving, starts[part], lengths[part], record._replace(scores=scores), part.start
        )
        return machine.saturations()

    with ThreadPoolExecutor(available_threads(threads)) as pool:
        found = list(pool.map(run_part, parts_of(lengths)))
    return Recording(
        emitted=tuple(
            emitted[:, place.column : place.column + layer.neurons].astype(
                layer.cell.emission_type
            )
            for level, places, emitted in zip(
                program.levels, layout.levels, record.emitted, strict=True
            )
            for layer, place in zip(level, places, strict=True)
        ),
        membranes=record.membranes,
        scores=record.scores,
        saturations=merged(found),
    )
