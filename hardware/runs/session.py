"""A session: a program that listens, one frame in, one answer out, its state carried on."""

from __future__ import annotations

import warnings
from math import inf
from threading import RLock
from types import TracebackType
from typing import Any, NoReturn, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hardware.display import number_of
from hardware.engines.magnitudes import width
from hardware.engines.registry import connected
from hardware.engines.saturation import require_within_word
from hardware.errors import ClampedInputsWarning, EngineError, InputError
from hardware.program.start import InitialState, start_of
from hardware.runs.batch_session import BatchSession
from hardware.runs.clamped import Clamped
from hardware.runs.frames import frame_of, require_proven, require_values, steppable
from hardware.runs.given import ProgramLike
from hardware.runs.state import State, carried_of
from hardware.sequences.dense import Inputs, float_frames

FLOAT32 = np.dtype(np.float32)

FRAMES_BETWEEN = 64
"""Steps from one look at the clamped inputs to the next: a look takes as long as a step."""


class Session:
    """One sequence, frame by frame, until `reset`; gives the same bits as a whole run.

    With a `batch` it is a `BatchSession`: many sequences at once.

    ::

        with Session(program) as session:
            for frame in microphone:
                print(session.step(frame).argmax())

    `strict` and the engine's options are as in `run`. A `ClampedInputsWarning` appears once. With
    an `initial_state`, as in `run`, every sequence begins from this state, also after a reset.
    """

    @overload
    def __new__(cls, *given: Any, batch: None = None, **settings: Any) -> Session: ...

    @overload
    def __new__(cls, *given: Any, batch: int, **settings: Any) -> BatchSession: ...  # type: ignore[misc]

    def __new__(cls, *given: Any, batch: int | None = None, **settings: Any) -> Any:
        if batch is None:
            return super().__new__(cls)
        return BatchSession(*given, batch=batch, **settings)

    def __init__(
        self,
        program: ProgramLike,
        engine: str = "events",
        *,
        batch: None = None,
        strict: bool = True,
        initial_state: InitialState | None = None,
        **options: Any,
    ) -> None:
        self.program = program = steppable(program)
        self.engine = engine
        self.strict = strict
        self.frames = 0
        self.elapsed = 0
        """Steps since the session began or was reset."""

        self._has_warned = False
        self._scores: NDArray[np.int64] | None = None
        self._shape = (program.encoder.channels,)
        self._per_frame = program.encoder.steps
        self._most = inf if program.max_steps is None else program.max_steps
        self._watched = strict and not width(program).proven
        self._lock = RLock()
        self._stepper = connected(engine, program, options, start_of(program, initial_state, 1))
        self._open = True

    def __repr__(self) -> str:
        frames, closed = number_of(self.frames, "frame"), "" if self._open else ", closed"
        return f"Session({self.engine!r}: {frames} of {self.program!r}{closed})"

    def step(self, frame: ArrayLike | str) -> NDArray[np.int64]:
        """Return the scores (outputs,) after one more frame (channels,), or piece of a text.

        A float32 array takes a few microseconds; any other frame is converted first.
        """
        with self._lock:
            if not (
                type(frame) is np.ndarray
                and frame.dtype is FLOAT32
                and frame.shape == self._shape
                and self._open
            ):
                self._require_open()
                frame = frame_of(self.program, frame)
            elapsed = self.elapsed + self._per_frame
            scores = self._stepper.step(frame) if elapsed <= self._most else None
            if scores is None:
                self._refuse(frame)
            self._scores, self.elapsed = scores, elapsed
            self.frames += 1
            if self._watched:
                require_within_word(self.program, self._stepper.overflow())
            if self.frames % FRAMES_BETWEEN == 0:
                self._warn_of_clamped(2)
            return scores.copy()

    def steps(self, block: ArrayLike) -> NDArray[np.int64]:
        """Return the scores (frames, outputs) after each frame of a block (frames, channels).

        They are those of single steps. Nothing changes if one of the frames is refused.
        """
        with self._lock:
            self._require_open()
            channels = self.program.encoder.channels
            frames = float_frames("the block", block, f"(frames, {channels})")
            if frames.ndim != 2 or frames.shape[1] != channels:
                raise InputError(
                    f"the block has shape {frames.shape}, expected (frames, {channels})"
                )
            require_values(self.program.encoder, frames, self.frames)
            more = len(frames) * self._per_frame
            require_proven(self.program, self.elapsed, more)
            scores = self._stepper.block(frames)
            if len(frames):
                self._scores, self.elapsed = scores[-1].copy(), self.elapsed + more
                self.frames += len(frames)
                self._require_within_word()
                self._warn_of_clamped(2)
            return scores

    def _refuse(self, frame: NDArray[np.float32]) -> NoReturn:
        """Raise the error for a frame that was not taken."""
        require_values(self.program.encoder, frame[np.newaxis], self.frames)
        require_proven(self.program, self.elapsed, self._per_frame)
        raise EngineError(f"{self.engine} refused a frame without a fault: report this")

    def run(self, samples: Inputs) -> NDArray[np.int64]:
        """Return the `Trace.scores` of whole sequences; the next step begins a new sequence."""
        with self._lock:
            self._require_open()
            sequences = self.program.sequences(samples)
            self.program.steps_of(sequences)
            self.elapsed, self._scores = 0, None
            scores = self._stepper.run(sequences)
            self.frames += len(sequences.values)
            self._require_within_word()
            self._warn_of_clamped(2)
            return scores

    @property
    def values(self) -> NDArray[np.float64]:
        """(outputs,): the last scores in the unit of the target; for classes, training's logits."""
        with self._lock:
            if self._scores is None:
                raise EngineError(
                    "no frame has come since the session began or was reset: step() it before"
                )
            return self.program.readout.values(self._scores, self.elapsed)

    @property
    def clamped(self) -> NDArray[np.int64]:
        """(channels,): inputs that the encoder clamped in all frames since the session began."""
        with self._lock:
            return self._stepper.clamped().copy()

    @property
    def state(self) -> State:
        """The exact integers that the session carries; `load_state` continues from them."""
        with self._lock:
            self._require_open()
            return State.of(self.program, self._stepper.carried())

    def load_state(self, state: State) -> None:
        """Continue from a state of this program, of this engine or of any other."""
        with self._lock:
            self._require_open()
            carried = carried_of(self.program, state)
            self._stepper.load(carried)
            self.elapsed = carried.steps
            self._scores = carried.score.copy() if carried.steps else None

    def reset(self) -> None:
        """Forget all frames so far."""
        with self._lock:
            self._require_open()
            self._stepper.reset()
            self.elapsed, self._scores = 0, None

    def close(self) -> None:
        """Free the resources of the engine; a second call does nothing."""
        with self._lock:
            if self._open:
                self._open = False
                self._stepper.close()
                self._warn_of_clamped(2)

    def __getstate__(self) -> dict[str, Any]:
        with self._lock:
            return {name: value for name, value in vars(self).items() if name != "_lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _lock=RLock())

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
        if self._watched:
            require_within_word(self.program, self._stepper.overflow())

    def _warn_of_clamped(self, stacklevel: int) -> None:
        """Warn once, in the name of the caller `stacklevel` functions up."""
        if not self._has_warned:
            text = Clamped(self._stepper.clamped(), self.frames).warning(self.program.encoder)
            if text is not None:
                self._has_warned = True
                warnings.warn(text, ClampedInputsWarning, stacklevel=stacklevel + 1)
