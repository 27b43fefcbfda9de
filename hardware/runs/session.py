"""A session: a program that listens, one frame in, one answer out, its state carried on."""

from __future__ import annotations

from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hardware.engines.registry import connected
from hardware.engines.saturation import require_within_word
from hardware.errors import EngineError, InputError, SettingError
from hardware.program.model import Program
from hardware.sequences.dense import Inputs, Sequences, float_frames


class Session:
    """Steps of one endless sequence, until it is reset: the same bits as of a whole run.

    ::

        with Session(program) as session:
            for frame in microphone:
                print(session.step(frame).argmax())

    `strict` and the engine's options are as in `run`.
    """

    def __init__(
        self, program: Program, engine: str = "events", *, strict: bool = True, **options: Any
    ) -> None:
        for layer in program.layers:
            if layer.backward:
                raise SettingError(
                    f"{layer.name} reads from the last frame to the first, so it cannot answer "
                    f"frame by frame: use `run`, or train one direction"
                )
        self.program = program
        self.strict = strict
        self.steps = 0
        self._stepper = connected(engine, program, options)
        self._open = True

    def step(self, frame: ArrayLike) -> NDArray[np.int64]:
        """The scores (outputs,) after one more frame of (channels,)."""
        self._require_open()
        encoder = self.program.encoder
        values = float_frames("the frame", frame, f"({encoder.channels},)")
        if values.shape != (encoder.channels,):
            raise InputError(f"the frame has shape {values.shape}, expected ({encoder.channels},)")
        if not np.isfinite(values).all():
            channel = int(np.flatnonzero(~np.isfinite(values))[0])
            raise InputError(f"{values[channel]} in channel {channel}: expected a finite number")
        most = self.program.max_steps
        if most is not None and self.steps + encoder.steps > most:
            raise InputError(
                f"the session has gone {self.steps} steps, but readout scores are proven only up "
                f"to {most}: reset() it before"
            )
        scores = self._stepper.step(values)
        self.steps += encoder.steps
        self._require_within_word()
        return scores

    def run(self, samples: Inputs) -> NDArray[np.int64]:
        """Scores of whole sequences, as in `Trace.scores`; the next step begins anew."""
        self._require_open()
        sequences = Sequences.of(samples)
        self.program.steps_of(sequences)
        self.steps = 0
        scores = self._stepper.run(sequences)
        self._require_within_word()
        return scores

    def reset(self) -> None:
        """Forget all frames so far."""
        self._require_open()
        self._stepper.reset()
        self.steps = 0

    def close(self) -> None:
        """Give back what the engine holds; a second time does nothing."""
        if self._open:
            self._open = False
            self._stepper.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _require_open(self) -> None:
        if not self._open:
            raise EngineError("this session is closed: open a new one")

    def _require_within_word(self) -> None:
        if self.strict:
            require_within_word(self.program, self._stepper.overflow())
