"""The `events` engine: event-driven integers, compiled; sequences are spread over all cores.

No sequence depends on another, so any number of threads gives the same bits.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from threading import local
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.definition.arithmetic import Integers
from hardware.definition.early_exit import EarlyExit
from hardware.definition.token_rows import Rows
from hardware.engines.event_driven.early import until_exit
from hardware.engines.event_driven.layout import Layout
from hardware.engines.event_driven.live import LiveSequence
from hardware.engines.event_driven.live_rows import LiveRows
from hardware.engines.event_driven.machine import Machine, Record
from hardware.engines.event_driven.memory import initial_states, rows_of, states_of
from hardware.engines.event_driven.sampling import Sampling
from hardware.engines.registry import Recording, one_by_one
from hardware.engines.saturation import Saturations, merged
from hardware.errors import SettingError
from hardware.program.model import Program
from hardware.program.start import Carried, Start, start_of_one
from hardware.sequences.dense import Sequences, in_parts
from hardware.sequences.sparse import AnySequences

STEPS_AT_ONCE = 2048
"""Steps of a part: enough that its calls cost nothing, few enough that it stays in the cache."""


class OfThread(local):
    """One machine for each thread."""

    def __init__(self, layout: Layout, dense: str) -> None:
        self.machine = Machine(layout, dense)


def execute(
    program: Program,
    events: Rows,
    lengths: NDArray[np.int64],
    deadline: float | None = None,
    start: Start | None = None,
    *,
    threads: int | None = None,
    dense: str = "auto",
) -> Recording:
    """Run all sequences and record them. Nothing can hang here, so the deadline is not used.

    `dense` tells where whole rows are multiplied instead of events: see `density.DENSE`. It changes
    the speed only.
    """
    layout, edges = Layout(program), np.concatenate([[0], np.cumsum(lengths)])
    own, initial = OfThread(layout, dense), initial_states(layout, start)
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
    own.machine.compile_recording()
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

    def __init__(self, program: Program, dense: str = "auto") -> None:
        self.own = OfThread(Layout(program), dense)
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

    def __init__(
        self, program: Program, start: Start | None = None, *, dense: str = "auto"
    ) -> None:
        self.program, self.start, self.dense = program, start, dense
        self.machine = Machine(Layout(program), dense)
        self.machine.compile_scoring()
        rows = self.machine.per_frame if self.machine.every_step else 1
        self.frame = np.zeros((1, program.encoder.channels), dtype=np.float32)
        scores = np.zeros((rows, program.readout.outputs), dtype=np.int64)
        self.row, self.last = self.frame[0], scores[-1]
        self.live = LiveSequence(self.machine, start_of_one(program, start), self.frame, scores)
        self.sampling = Sampling(self.machine.density)
        self.by_definition, self.watched = self.live.by_definition, self.machine.layout.watched
        self.block(self.frame[:0])  # compiles it

    def __getstate__(self) -> dict[str, Any]:
        """Return integers: a copy has memory, and so addresses, of its own."""
        saturated = [each[:2] for each in self.machine.saturated]
        counted = self.machine.encoder.clamped, saturated
        given = self.program, self.start, self.dense
        return {"given": given, "now": self.carried(), "counted": counted}

    def __setstate__(self, state: dict[str, Any]) -> None:
        program, start, dense = state["given"]
        self.__init__(program, start, dense=dense)  # type: ignore[misc]
        self.load(state["now"])
        self.machine.encoder.clamped[:], saturated = state["counted"]
        self.machine.take_up(saturated)

    def step(self, frame: NDArray[np.float32]) -> Integers | None:
        self.row[...] = frame
        sampling = self.sampling
        left = sampling.left = sampling.left - 1
        if left <= 0:
            status = sampling.step(self.live)
        elif self.by_definition:
            status = self.live.step()
        else:
            status = self.live.run()
        return self.last if status == 0 else None

    def block(self, frames: NDArray[np.float32]) -> Integers:
        if self.by_definition:
            return one_by_one(self, frames, self.program.readout.outputs)
        scores = np.empty((len(frames), self.program.readout.outputs), dtype=np.int64)
        done = 0
        while True:
            some = slice(done, done + self.sampling.until_next(len(frames) - done))
            self.live.block(frames[some], scores[some])
            self.sampling.left -= some.stop - some.start
            if some.stop == len(frames):
                return scores
            answer = self.step(frames[some.stop])
            assert answer is not None, "the frame has been checked"
            scores[some.stop] = answer
            done = some.stop + 1

    def run(self, sequences: Sequences) -> Integers:
        self.reset()
        if self.start is None:
            return self.machine.score_sequences(sequences)
        start = self.start.repeated(len(sequences))
        return self.machine.score_sequences(
            sequences, initial=initial_states(self.machine.layout, start)
        )

    def carried(self) -> Carried:
        return self.live.carried()

    def load(self, carried: Carried) -> None:
        self.live.load(carried)

    def reset(self) -> None:
        self.live.reset()

    def overflow(self) -> Saturations | None:
        return self.machine.overflow() if self.watched else None

    def clamped(self) -> Integers:
        return self.machine.encoder.clamped

    def close(self) -> None:
        """Do nothing: a machine holds only memory."""


connect, connect_rows = Stepper, LiveRows


def threads_to_use(threads: int | None) -> int:
    """Return the number given, else one for each core that this process may use."""
    if threads is None:
        return len(os.sched_getaffinity(0))
    if isinstance(threads, bool) or not isinstance(threads, int) or threads < 1:
        raise SettingError(f"threads is {threads!r}: expected a whole number of at least 1")
    return threads
