"""The `events` engine: event-driven integers, compiled; sequences are spread over all cores.

No sequence depends on another, so any number of threads gives the same bits.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from threading import local

import numpy as np
from numpy.typing import NDArray

from hardware.definition.arithmetic import Integers
from hardware.definition.early_exit import EarlyExit
from hardware.definition.token_rows import Rows
from hardware.engines.event_driven.arrays import part_of
from hardware.engines.event_driven.early import until_exit
from hardware.engines.event_driven.layout import Layout
from hardware.engines.event_driven.machine import Machine, Record
from hardware.engines.event_driven.memory import initial_states, rows_of, states_of
from hardware.engines.registry import Recording
from hardware.engines.saturation import Saturations, merged
from hardware.errors import SettingError
from hardware.program.model import Program
from hardware.program.start import Carried, Start, carried_at_start
from hardware.sequences.dense import Sequences, in_parts
from hardware.sequences.sparse import AnySequences

STEPS_AT_ONCE = 2048
"""Steps of a part: enough that its calls cost nothing, few enough that it stays in the cache."""


class OfThread(local):
    """One machine for each thread."""

    def __init__(self, layout: Layout) -> None:
        self.machine = Machine(layout)


def execute(
    program: Program,
    events: Rows,
    lengths: NDArray[np.int64],
    deadline: float | None = None,
    start: Start | None = None,
    *,
    threads: int | None = None,
) -> Recording:
    """Run all sequences and record them. Nothing can hang here, so the deadline is not used."""
    layout, edges = Layout(program), np.concatenate([[0], np.cumsum(lengths)])
    own, initial = OfThread(layout), initial_states(layout, start)
    steps = len(events)
    every_step = program.readout.answers_every_step
    record = Record(
        emitted=tuple(rows_of(steps, width) for width in layout.level_widths),
        membranes=tuple(
            np.empty((steps, layer.neurons), layout.number) for layer in program.layers
        ),
        scores=np.empty((steps if every_step else len(lengths), program.readout.outputs), np.int64),
    )

    def run_part(part: slice) -> Saturations:
        rows = slice(edges[part.start], edges[part.stop])
        of_part = record.part(rows, rows if every_step else part)
        states = states_of(initial, part)
        return own.machine.record(events[rows], lengths[part], of_part, part.start, states)

    # Here, because a Ctrl-C would wait for a thread that compiles.
    run_part(slice(0, 0))
    with ThreadPoolExecutor(threads_to_use(threads)) as pool:
        found = list(pool.map(run_part, in_parts(lengths, STEPS_AT_ONCE)))
    return Recording(
        emitted=tuple(
            emitted[:, place.column : place.column + layer.neurons].astype(layer.cell.emission_type)
            for level, places, emitted in zip(
                program.levels, layout.levels, record.emitted, strict=True
            )
            for layer, place in zip(level, places, strict=True)
        ),
        membranes=record.membranes,
        scores=record.scores,
        saturations=merged(found),
    )


class Scorer:
    """Scores batches of sequences, in any number of threads at once."""

    def __init__(self, program: Program) -> None:
        self.own = OfThread(Layout(program))
        self.own.machine.compile_scoring()

    def score(
        self, batch: AnySequences, first: int = 0, start: Start | None = None
    ) -> tuple[list[Integers], Saturations | None, Integers]:
        """Return the scores of each sequence; `first` numbers the first one.

        And return what has left the word in this thread so far (None where nothing has), and the
        inputs of the batch that were clamped, by channel.
        """
        machine = self.own.machine
        machine.encoder.clamped[:] = 0
        initial = None if start is None else initial_states(machine.layout, start)
        scores = machine.score_sequences(batch, first, initial)
        clamped = machine.encoder.clamped.copy()
        if machine.every_step:
            ends = np.cumsum(batch.lengths) * machine.per_frame
            return np.split(scores, ends)[:-1], machine.overflow(), clamped
        return list(scores), machine.overflow(), clamped

    def score_until(
        self,
        batch: AnySequences,
        rule: EarlyExit,
        first: int = 0,
        start: Start | None = None,
    ) -> tuple[list[Integers], Saturations | None, Integers, NDArray[np.int64]]:
        """As `score`, of sequences that end as the rule says; also return the frames of each."""
        machine = self.own.machine
        machine.encoder.clamped[:] = 0
        initial = None if start is None else initial_states(machine.layout, start)
        scores, frames = until_exit(machine, batch, rule, first, initial)
        return scores, machine.overflow(), machine.encoder.clamped.copy(), frames


class Stepper:
    """Runs a program whose state stays between calls."""

    def __init__(self, program: Program, start: Start | None = None) -> None:
        self.machine = Machine(Layout(program))
        self.machine.compile_scoring()
        self.start = start
        self.first = self.initial = initial_states(self.machine.layout, start)
        per_frame = program.encoder.steps if self.machine.every_step else 1
        self.frame_scores = np.empty((per_frame, program.readout.outputs), dtype=np.int64)
        self.one = np.ones(1, dtype=np.int64)
        self.zero = np.zeros(1, dtype=np.int64)
        self.order = 0

    def step(self, frame: NDArray[np.float32]) -> Integers:
        """Return the scores after one more frame."""
        scores = self.frame_scores
        part = part_of(self.zero, self.one, 0, self.order)
        self.machine.score_frames(frame[np.newaxis], part, scores, self.first)
        self.order += self.machine.per_frame
        return scores[-1].copy()

    def run(self, sequences: Sequences) -> Integers:
        """Return scores of whole sequences, as in `Trace.scores`; the next step starts clean."""
        self.reset()
        start = None if self.start is None else self.start.repeated(len(sequences))
        initial = initial_states(self.machine.layout, start)
        return self.machine.score_sequences(sequences, initial=initial)

    def carried(self) -> Carried:
        if self.order:
            return self.machine.carried(self.order)
        return carried_at_start(self.machine.layout.program, self.start)

    def load(self, carried: Carried) -> None:
        self.reset()
        self.machine.load(carried)
        self.order = carried.steps
        self.first = initial_states(self.machine.layout, carried.start)

    def reset(self) -> None:
        self.order, self.first = 0, self.initial
        self.machine.forget_saturations()

    def overflow(self) -> Saturations | None:
        return self.machine.overflow()

    def clamped(self) -> Integers:
        return self.machine.encoder.clamped

    def close(self) -> None:
        """Do nothing: a machine holds only memory."""


connect = Stepper


def threads_to_use(threads: int | None) -> int:
    """Return the number given, else one for each core that this process may use."""
    if threads is None:
        return len(os.sched_getaffinity(0))
    if isinstance(threads, bool) or not isinstance(threads, int) or threads < 1:
        raise SettingError(f"threads is {threads!r}: expected a whole number of at least 1")
    return threads
