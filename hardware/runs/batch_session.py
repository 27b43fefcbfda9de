"""A batch session: many sequences that start, go on and stop independently, as on a server."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from threading import RLock
from types import TracebackType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hardware.definition.arithmetic import Integers
from hardware.display import number_of
from hardware.engines.rows import connected_rows
from hardware.engines.saturation import require_within_word
from hardware.errors import (
    ClampedInputsWarning,
    EngineError,
    InputError,
    RangeError,
    RowsError,
    SettingError,
)
from hardware.program.start import InitialState, start_of
from hardware.runs.clamped import Clamped
from hardware.runs.frames import frame_of, require_proven, require_values, steppable
from hardware.runs.given import ProgramLike
from hardware.runs.state import State, carried_of
from hardware.sequences.dense import float_frames

Faults: TypeAlias = dict[int, InputError | RangeError]
"""The error of each row that failed."""

CALLS_BETWEEN = 16
"""Calls from one look at the clamped inputs to the next."""


class BatchSession:
    """Many sequences at once. Each row is a sequence of its own, with the bits of one session.

    ::

        with Session(program, batch=1000) as session:
            scores = session.step(frames)                   # (1000, channels), (1000, outputs)
            scores = session.step(frames[:2], rows=[3, 17])  # only these rows go on
            session.reset(rows=[17])
            session[3].state

    `session[row]` has the methods and properties of a session: `step`, `reset`, `values`,
    `clamped`, `state`, `load_state`, `elapsed`. A row that fails leaves the others undisturbed:
    they go on, and a `RowsError` has their scores.
    """

    def __init__(
        self,
        program: ProgramLike,
        engine: str = "events",
        *,
        batch: int,
        strict: bool = True,
        initial_state: InitialState | None = None,
        **options: Any,
    ) -> None:
        if isinstance(batch, bool) or not isinstance(batch, int) or batch < 1:
            raise SettingError(f"batch is {batch!r}: expected a whole number of at least 1")
        self.program = program = steppable(program)
        self.batch = batch
        self.engine = engine
        self.strict = strict
        self.elapsed = np.zeros(batch, dtype=np.int64)
        """(rows,): steps of each row since it began or was reset."""

        self.frames = np.zeros(batch, dtype=np.int64)
        """(rows,): frames of each row since the session began."""

        self._calls = 0
        self._has_warned = False
        self._lock = RLock()
        start = start_of(program, initial_state, batch)
        self._rows = connected_rows(engine, program, options, batch, start)
        self._open = True

    def __repr__(self) -> str:
        frames, rows = number_of(int(self.frames.sum()), "frame"), number_of(self.batch, "row")
        closed = "" if self._open else ", closed"
        return f"Session({self.engine!r}, {rows}: {frames} of {self.program!r}{closed})"

    def __len__(self) -> int:
        return self.batch

    def __getitem__(self, row: int) -> BatchRow:
        return BatchRow(self, int(self._chosen([row])[0]))

    def __iter__(self) -> Iterator[BatchRow]:
        return (BatchRow(self, row) for row in range(self.batch))

    def step(
        self, frames: ArrayLike | Sequence[ArrayLike | str], rows: ArrayLike | None = None
    ) -> Integers:
        """Return the scores (rows, outputs) after one more frame of each row, or of some rows.

        Frames are an array (rows, channels), or a list with a frame or piece of a text for each.
        Raises a `RowsError` after all other rows went on, if a frame is refused or a row fails.
        """
        with self._lock:
            self._require_open()
            chosen = self._chosen(rows)
            values, faults = self._converted(frames, chosen)
            per_frame = self.program.encoder.steps
            if self.program.max_steps is not None:
                ends = self.elapsed[chosen] + per_frame > self.program.max_steps
                for i in np.flatnonzero(ends).tolist():
                    self._note(faults, int(chosen[i]), values[i])
            places = np.array(
                [i for i, row in enumerate(chosen.tolist()) if row not in faults]
                if faults
                else range(len(chosen)),
                dtype=np.int64,
            )
            scores = np.zeros((len(chosen), self.program.readout.outputs), dtype=np.int64)
            found, refused = self._rows.step(values[places], chosen[places])
            for i in places[refused].tolist():
                self._note(faults, int(chosen[i]), values[i])
            taken = places[~refused]
            scores[taken] = found[~refused]
            self.elapsed[chosen[taken]] += per_frame
            self.frames[chosen[taken]] += 1
            if self.strict:
                self._note_overflows(faults, chosen[taken])
            self._calls += 1
            if self._calls % CALLS_BETWEEN == 0:
                self._warn_of_clamped(2)
            if faults:
                in_order = {row: faults[row] for row in chosen.tolist() if row in faults}
                raise RowsError(in_order, chosen, scores)
            return scores

    def _chosen(self, rows: ArrayLike | None) -> NDArray[np.int64]:
        """Return row numbers as an array; refuse those that the batch does not have."""
        if rows is None:
            return np.arange(self.batch)
        found = np.asarray(rows)
        if found.ndim != 1 or (found.size and found.dtype.kind not in "iu"):
            raise InputError(f"rows are {rows!r:.60}: expected a list of row numbers")
        outside = (found < 0) | (found >= self.batch)
        if outside.any():
            raise InputError(
                f"row {found[outside][0]} is not in the batch: expected 0 to {self.batch - 1}"
            )
        numbers, counts = np.unique(found, return_counts=True)
        if len(numbers) < len(found):
            raise InputError(f"row {numbers[counts > 1][0]} is given twice: give each row once")
        return found.astype(np.int64)

    def _converted(
        self, frames: Any, chosen: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], Faults]:
        """Return frames (rows, channels), and the faults of those that are none."""
        shape = len(chosen), self.program.encoder.channels
        expected = f"({shape[0]}, {shape[1]}): a frame for each row"
        if not isinstance(frames, (list, tuple)):
            values = float_frames("the frames", frames, expected)
            if values.shape != shape:
                raise InputError(f"the frames have shape {values.shape}, expected {expected}")
            return values, {}
        if len(frames) != len(chosen):
            raise InputError(f"there are {len(frames)} frames, expected {expected}")
        values = np.zeros(shape, dtype=np.float32)
        faults: Faults = {}
        for i, (row, frame) in enumerate(zip(chosen.tolist(), frames, strict=True)):
            try:
                values[i] = frame_of(self.program, frame)
            except InputError as error:
                faults[row] = error
        return values, faults

    def _note(self, faults: Faults, row: int, frame: NDArray[np.float32]) -> None:
        """Note why a row cannot take a frame."""
        if row in faults:
            return
        encoder = self.program.encoder
        try:
            require_values(encoder, frame[np.newaxis], int(self.frames[row]))
            require_proven(self.program, int(self.elapsed[row]), encoder.steps)
        except InputError as error:
            faults[row] = error
        else:
            raise EngineError(f"{self.engine} refused a frame without a fault: report this")

    def _note_overflows(self, faults: Faults, rows: NDArray[np.int64]) -> None:
        """Note the rows of which a value has left the word."""
        for row, found in self._rows.overflows(rows).items():
            try:
                require_within_word(self.program, found)
            except RangeError as error:
                faults[row] = error

    @property
    def clamped(self) -> NDArray[np.int64]:
        """(channels,): inputs that the encoder clamped in all frames since the session began."""
        with self._lock:
            return self._rows.clamped().sum(axis=0)

    def reset(self, rows: ArrayLike | None = None) -> None:
        """Let the next frame of each row, or of some rows, begin a new sequence."""
        with self._lock:
            self._require_open()
            chosen = self._chosen(rows)
            for row in chosen.tolist():
                self._rows.reset(row)
            self.elapsed[chosen] = 0

    def close(self) -> None:
        """Free the resources of the engine; a second call does nothing."""
        with self._lock:
            if self._open:
                self._open = False
                self._rows.close()
                self._warn_of_clamped(2)

    def __getstate__(self) -> dict[str, Any]:
        with self._lock:
            return {name: value for name, value in vars(self).items() if name != "_lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _lock=RLock())

    def __enter__(self) -> BatchSession:
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

    def _warn_of_clamped(self, stacklevel: int) -> None:
        """Warn once, in the name of the caller `stacklevel` functions up."""
        if not self._has_warned:
            clamped = Clamped(self.clamped, int(self.frames.sum()))
            text = clamped.warning(self.program.encoder)
            if text is not None:
                self._has_warned = True
                warnings.warn(text, ClampedInputsWarning, stacklevel=stacklevel + 1)


class BatchRow:
    """One row of a batch session, with the methods of a session."""

    def __init__(self, session: BatchSession, number: int) -> None:
        self.session = session
        self.number = number

    def __repr__(self) -> str:
        return f"BatchRow({self.number} of {self.session!r})"

    @property
    def elapsed(self) -> int:
        """Steps since the row began or was reset."""
        return int(self.session.elapsed[self.number])

    def step(self, frame: ArrayLike | str) -> Integers:
        """Return the scores (outputs,) after one more frame (channels,), or piece of a text."""
        try:
            return self.session.step([frame], [self.number])[0]
        except RowsError as error:
            raise error.faults[self.number] from None

    def reset(self) -> None:
        """Forget all frames so far."""
        self.session.reset([self.number])

    @property
    def values(self) -> NDArray[np.float64]:
        """(outputs,): the last scores in the unit of the target; for classes, training's logits."""
        session = self.session
        with session._lock:
            session._require_open()
            if not self.elapsed:
                raise EngineError(
                    "no frame has come since the row began or was reset: step() it before"
                )
            score = session._rows.carried(self.number).score
            return session.program.readout.values(score, self.elapsed)

    @property
    def clamped(self) -> NDArray[np.int64]:
        """(channels,): inputs of this row that the encoder clamped since the session began."""
        with self.session._lock:
            return self.session._rows.clamped()[self.number].copy()

    @property
    def state(self) -> State:
        """The exact integers that the row carries, as those of a session."""
        with self.session._lock:
            self.session._require_open()
            return State.of(self.session.program, self.session._rows.carried(self.number))

    def load_state(self, state: State) -> None:
        """Continue from the state of a session or row of this program."""
        with self.session._lock:
            self.session._require_open()
            carried = carried_of(self.session.program, state)
            self.session._rows.load(self.number, carried)
            self.session.elapsed[self.number] = carried.steps
