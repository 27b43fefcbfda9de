"""The `lava` engine: the program as Lava processes, in a child process with a deadline."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hardware.definition.arithmetic import Integers
from hardware.engines.registry import Recording, one_by_one
from hardware.engines.saturation import Saturations
from hardware.lava.session import START_UP_SECONDS, LavaSession
from hardware.program.model import Program
from hardware.program.start import Carried, Start, carried_at_start
from hardware.sequences.dense import Sequences


def execute(
    program: Program,
    events: NDArray[np.int16],
    lengths: NDArray[np.int64],
    deadline: float | None = None,
    start: Start | None = None,
    *,
    mapping: str = "structural",
    batch: int = 1,
) -> Recording:
    """Run all sequences in a session of their own, and record every step.

    `mapping` and `batch` are those of `hardware.lava.session`. The deadline holds for the set-up
    and again for the run.
    """
    if not len(lengths):
        return nothing(program)
    record = ("emitted", "membranes")
    start_up = START_UP_SECONDS if deadline is None else deadline
    with LavaSession(program, mapping, batch, record, start_up) as session:
        found = session.run(events, lengths, deadline, start)
    layers = range(len(program.layers))
    return Recording(
        emitted=tuple(
            found[f"emitted.{i}"].astype(program.layers[i].cell.emission_type) for i in layers
        ),
        membranes=tuple(found[f"membranes.{i}"] for i in layers),
        scores=found["scores"],
    )


def nothing(program: Program) -> Recording:
    """Return the recording of no sequence, which needs no session."""
    return Recording(
        emitted=tuple(
            np.empty((0, layer.neurons), layer.cell.emission_type) for layer in program.layers
        ),
        membranes=tuple(np.empty((0, layer.neurons), np.int64) for layer in program.layers),
        scores=np.empty((0, program.readout.outputs), np.int64),
    )


def connect(program: Program, start: Start | None = None, *, mapping: str = "fused") -> LavaStepper:
    """Open a Lava session of the program."""
    return LavaStepper(program, mapping, start)


class LavaStepper:
    """A Lava session with the methods that `hardware.runs.session.Session` calls."""

    state: Integers
    scores: Integers
    steps: int

    def __init__(self, program: Program, mapping: str, start: Start | None = None) -> None:
        self.program = program
        self.session = LavaSession(program, mapping).open()
        self.first = carried_at_start(program, start)
        self.load(self.first)
        self.clamped_inputs = np.zeros(program.encoder.channels, dtype=np.int64)

    def step(self, frame: NDArray[np.float32]) -> Integers | None:
        if not self.program.encoder.takes(frame):
            return None
        try:
            events, self.state = self.program.encoder.encode(
                frame[np.newaxis], self.state, self.clamped_inputs
            )
            for seen in events:
                self.scores = self.session.step(seen)
                self.steps += 1
        except BaseException:
            self.reset()  # the encoder as well, because the session is set up again
            raise
        return self.scores

    def block(self, frames: NDArray[np.float32]) -> Integers:
        return one_by_one(self, frames, self.program.readout.outputs)

    def run(self, sequences: Sequences) -> Integers:
        self.reset()
        events, steps = self.program.encode(sequences, self.clamped_inputs)
        if not len(steps):
            return nothing(self.program).scores
        start = self.first.start.repeated(len(steps))
        return self.session.run(events, steps, start=start)["scores"]

    def carried(self) -> Carried:
        session = self.session
        return Carried(session.state, self.state, self.scores, self.steps, session.window)

    def load(self, carried: Carried) -> None:
        self.session.reset(carried)
        self.state, self.scores, self.steps = carried.encoder, carried.score, carried.steps

    def reset(self) -> None:
        self.load(self.first)

    def overflow(self) -> Saturations | None:
        """Return None: a program's numbers are proven to fit, and Lava's words are wider."""
        return None

    def clamped(self) -> Integers:
        return self.clamped_inputs

    def close(self) -> None:
        self.session.close()
