"""A sequence that goes on frame by frame: its calls are prepared once, when it is opened."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hardware.definition.arithmetic import Integers
from hardware.engines.event_driven.arrays import part_of
from hardware.engines.event_driven.encoding import go_on
from hardware.engines.event_driven.machine import Machine
from hardware.engines.event_driven.memory import compact, initial_states
from hardware.kernels.calls import Calls, Prepared, run_frames
from hardware.program.start import Carried, Start

FRAMES, SCORES = 2, 5
"""Places of two arguments of `run_frames`."""


class LiveSequence:
    """The sequence of a machine that answers after every frame.

    `frame` and `scores` are where its frame is read and its scores are written; `number` is that
    of the sequence.
    """

    def __init__(
        self,
        machine: Machine,
        first: Start,
        frame: NDArray[np.float32],
        scores: Integers,
        number: int = 0,
    ) -> None:
        layout = machine.layout
        self.machine = machine
        self.first = first
        self.initial = initial_states(layout, first)
        self.frame, self.scores = frame, scores
        self.part = part_of(np.zeros(1, np.int64), np.ones(1, np.int64), number, 0)
        self.by_definition = layout.encode is None
        self.prepare()

    def prepare(self) -> None:
        """Prepare the calls, for the messages that are dense now."""
        machine = self.machine
        self.dense = machine.density.dense
        self.encoded = machine.rooms.for_encoder(machine.per_frame)
        given = self.frame, self.part
        self.calls = Calls(
            [
                machine.encoder_call(machine.layout.refuse, *given, self.encoded),
                *machine.scoring_calls(*given, self.scores, self.initial),
                machine.encoder_call(go_on, *given, self.encoded),
            ]
        )
        functions, addresses = self.calls.functions, self.calls.addresses
        frames, scores = self.frame[:0], self.scores[:0]
        self.blocks = Prepared(
            run_frames, functions, addresses, frames, self.frame, self.scores[-1], scores
        )
        self.run = self.calls.prepared.call  # which `calls` keeps valid

    def follow(self, dense: list[bool]) -> bool:
        """Let these messages be dense from the next frame on; return whether that is new."""
        self.machine.rooms.choose(dense)
        if dense == self.dense:
            return False
        self.machine.forget_dense(self.dense, dense)
        self.prepare()
        return True

    def step(self) -> int:
        """Take the frame and write `scores`; return 1 if the encoder cannot take it, else 0.

        Nothing changes if the frame is refused.
        """
        if self.by_definition:
            if not self.machine.layout.program.encoder.takes(self.frame):
                return 1
            self.machine.encode_by_definition(self.frame, self.part, self.encoded)
        return self.run()

    def block(self, frames: NDArray[np.float32], scores: Integers) -> None:
        """Take several frames, which the encoder can take, and write the scores after each."""
        frames = compact(frames)
        self.blocks.give(FRAMES, frames)
        self.blocks.give(SCORES, scores)
        refused = self.blocks()
        assert not refused

    @property
    def steps(self) -> int:
        """Steps so far."""
        return int(self.part.order[0])

    def reset(self) -> None:
        """Let the next frame begin a new sequence."""
        self.begin(self.first, 0)

    def begin(self, start: Start, steps: int) -> None:
        """Let the sequence begin, or go on, after a number of steps."""
        for ours, emitted, membranes in zip(self.initial, *start, strict=True):
            ours.emission[:, : emitted.shape[1]] = emitted
            ours.membrane[:] = membranes
        self.part.order[0] = steps
        self.part.begins[0] = steps == 0
        self.machine.forget_saturations()

    def carried(self) -> Carried:
        """Return the state after the last step."""
        found = self.machine.carried(self.steps)
        if self.steps:
            return found
        neurons = [membrane.shape[1] for _, membrane in self.initial]
        start = Start(
            tuple(
                each.emission[:, :n].astype(np.int64)
                for n, each in zip(neurons, self.initial, strict=True)
            ),
            tuple(each.membrane.astype(np.int64) for each in self.initial),
        )
        encoder = self.machine.layout.program.encoder.initial_state()
        score, window = np.zeros_like(found.score), np.zeros_like(found.window)
        return Carried(start, encoder, score, 0, window)

    def load(self, carried: Carried) -> None:
        """Go on from a state."""
        self.begin(carried.start, carried.steps)
        self.machine.load(carried)
