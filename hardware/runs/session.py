"""A session: a program that listens, one frame in, one answer out, its state carried on."""

from __future__ import annotations

import warnings
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hardware.definition.tokens import require_tokens
from hardware.display import number_of
from hardware.engines.registry import connected
from hardware.engines.saturation import require_within_word
from hardware.errors import ClampedInputsWarning, EngineError, InputError, SettingError
from hardware.program.start import InitialState, start_of
from hardware.runs.clamped import Clamped
from hardware.runs.given import ProgramLike, program_of
from hardware.runs.state import State
from hardware.sequences.dense import Inputs, float_frames

FRAMES_BETWEEN = 16
"""Steps from one look at the clamped inputs to the next."""


class Session:
    """One sequence, frame by frame, until `reset`; gives the same bits as a whole run.

    ::

        with Session(program) as session:
            for frame in microphone:
                print(session.step(frame).argmax())

    `strict` and the engine's options are as in `run`. A `ClampedInputsWarning` appears once. With
    an `initial_state`, as in `run`, every sequence begins from this state, also after a reset.
    """

    def __init__(
        self,
        program: ProgramLike,
        engine: str = "events",
        *,
        strict: bool = True,
        initial_state: InitialState | None = None,
        **options: Any,
    ) -> None:
        program = program_of(program)
        for layer in program.layers:
            if layer.backward:
                raise SettingError(
                    f"{layer.name} reads from the last frame to the first, so it cannot answer "
                    f"frame by frame: use `run`, or train one direction"
                )
        self.program = program
        self.engine = engine
        self.strict = strict
        self.steps = self.frames = 0
        self._has_warned = False
        self._scores: NDArray[np.int64] | None = None
        self._stepper = connected(engine, program, options, start_of(program, initial_state, 1))
        self._open = True

    def __repr__(self) -> str:
        frames, closed = number_of(self.frames, "frame"), "" if self._open else ", closed"
        return f"Session({self.engine!r}: {frames} of {self.program!r}{closed})"

    def step(self, frame: ArrayLike | str) -> NDArray[np.int64]:
        """Return the scores (outputs,) after one more frame (channels,), or piece of a text."""
        self._require_open()
        if isinstance(frame, str):
            frame = self._token(frame)
        encoder = self.program.encoder
        values = float_frames("the frame", frame, f"({encoder.channels},)")
        if values.shape != (encoder.channels,):
            raise InputError(f"the frame has shape {values.shape}, expected ({encoder.channels},)")
        if not np.isfinite(values).all():
            channel = int(np.flatnonzero(~np.isfinite(values))[0])
            raise InputError(f"{values[channel]} in channel {channel}: expected a finite number")
        if encoder.row.by_token:
            require_tokens(values[np.newaxis], encoder.fields, self.frames)
        most = self.program.max_steps
        if most is not None and self.steps + encoder.steps > most:
            raise InputError(
                f"the session has gone {self.steps} steps, but readout scores are proven only up "
                f"to {most}: reset() it before{self.program.readout.remedy}"
            )
        scores = self._stepper.step(values)
        self._scores = scores.copy()
        self.steps += encoder.steps
        self.frames += 1
        self._require_within_word()
        if self.frames % FRAMES_BETWEEN == 0:
            self._warn_of_clamped(2)
        return scores

    def _token(self, piece: str) -> list[int]:
        """The frame of a piece of a text."""
        (tokens,) = self.program.sequences([piece])
        if len(tokens) != 1:
            raise InputError(
                f"{piece!r:.60} is {len(tokens)} tokens: expected one: step() each of "
                f"vocabulary.cut(text)"
            )
        return [int(tokens[0, 0])]

    def run(self, samples: Inputs) -> NDArray[np.int64]:
        """Return the `Trace.scores` of whole sequences; the next step begins a new sequence."""
        self._require_open()
        sequences = self.program.sequences(samples)
        self.program.steps_of(sequences)
        self.steps, self._scores = 0, None
        scores = self._stepper.run(sequences)
        self.frames += int(sequences.lengths.sum())
        self._require_within_word()
        self._warn_of_clamped(2)
        return scores

    @property
    def values(self) -> NDArray[np.float64]:
        """(outputs,): the last scores in the unit of the target; for classes, training's logits."""
        if self._scores is None:
            raise EngineError(
                "no frame has come since the session began or was reset: step() it before"
            )
        return self.program.readout.values(self._scores, self.steps)

    @property
    def clamped(self) -> NDArray[np.int64]:
        """(channels,): inputs that the encoder clamped in all frames since the session began."""
        return self._stepper.clamped().copy()

    @property
    def state(self) -> State:
        """The exact integers that the session carries; `load_state` continues from them."""
        self._require_open()
        return State.of(self.program, self._stepper.carried())

    def load_state(self, state: State) -> None:
        """Continue from a state of this program, of this engine or of any other."""
        self._require_open()
        if not isinstance(state, State):
            raise InputError(
                f"the state is a {type(state).__name__}, expected a `State`: give membranes as "
                f"the session's initial_state"
            )
        carried = state.carried(self.program)
        self._stepper.load(carried)
        self.steps = carried.steps
        self._scores = carried.score.copy() if carried.steps else None

    def reset(self) -> None:
        """Forget all frames so far."""
        self._require_open()
        self._stepper.reset()
        self.steps, self._scores = 0, None

    def close(self) -> None:
        """Free the resources of the engine; a second call does nothing."""
        if self._open:
            self._open = False
            self._stepper.close()
            self._warn_of_clamped(2)

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

    def _warn_of_clamped(self, stacklevel: int) -> None:
        """Warn once, in the name of the caller `stacklevel` functions up."""
        if not self._has_warned:
            text = Clamped(self._stepper.clamped(), self.frames).warning(self.program.encoder)
            if text is not None:
                self._has_warned = True
                warnings.warn(text, ClampedInputsWarning, stacklevel=stacklevel + 1)
