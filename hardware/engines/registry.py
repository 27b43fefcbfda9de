"""Engines by name. Each is imported only when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from inspect import Parameter, signature
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from hardware.definition.arithmetic import Integers
from hardware.definition.token_rows import Rows
from hardware.engines.saturation import Saturations
from hardware.errors import SettingError, choose, unknown_name
from hardware.program.model import Program
from hardware.program.start import Carried, Start
from hardware.sequences.dense import Sequences

ENGINES = {
    "numpy": "hardware.engines.reference",
    "events": "hardware.engines.event_driven.engine",
    "lava": "hardware.engines.lava",
}


class Recording(NamedTuple):
    """Result of an engine; frames of all sequences follow one another."""

    emitted: tuple[NDArray[np.integer], ...]
    membranes: tuple[NDArray[np.integer], ...]
    scores: Integers
    """Scores of each sequence, or of each step if the readout answers at every step."""

    saturations: Saturations | None = None
    """None of an engine that does not count them."""


class Engine(Protocol):
    """An engine's one function; `deadline` is in seconds, options are its keyword arguments.

    With a `start`, sequences begin there and not from the program's initial membranes.
    """

    def __call__(
        self,
        program: Program,
        events: Rows,
        lengths: NDArray[np.int64],
        deadline: float | None,
        start: Start | None,
        **options: Any,
    ) -> Recording: ...


class Stepper(Protocol):
    """A running program whose state stays between calls: what a `Session` talks to."""

    def step(self, frame: NDArray[np.float32]) -> Integers | None:
        """The scores after one more frame, in memory that the next step may use again.

        None, and nothing has changed, for a frame of which a value is not finite, or is no token.
        """

    def block(self, frames: NDArray[np.float32]) -> Integers:
        """(frames, outputs): the scores after each of several frames, all of which can be taken."""

    def run(self, sequences: Sequences) -> Integers:
        """Scores of whole sequences, each from a clean state; the next step begins a new one."""

    def reset(self) -> None:
        """Let the next step begin a new sequence."""

    def carried(self) -> Carried:
        """The state after the last step."""

    def load(self, carried: Carried) -> None:
        """Let the next step continue from this state."""

    def overflow(self) -> Saturations | None:
        """Values that have left the word since the start; None if there are none."""

    def clamped(self) -> Integers:
        """(channels,): inputs that were clamped since it was connected."""

    def close(self) -> None:
        """Give back whatever was started."""


def one_by_one(stepper: Stepper, frames: NDArray[np.float32], outputs: int) -> Integers:
    """`Stepper.block`, of an engine that takes single frames only."""
    scores = np.empty((len(frames), outputs), dtype=np.int64)
    for row, frame in zip(scores, frames, strict=True):
        answer = stepper.step(frame)
        assert answer is not None, "the frame has been checked"
        row[:] = answer
    return scores


def connected(
    name: str, program: Program, options: dict[str, Any], start: Start | None = None
) -> Stepper:
    """The program running on an engine that has a `connect`; sequences begin from `start`."""
    choose("engine", name, ENGINES)
    connect = getattr(import_module(ENGINES[name]), "connect", None)
    if connect is None:
        raise SettingError(f"engine {name!r} cannot go on between calls: use engine 'events'")
    require_options(name, connect, options)
    stepper: Stepper = connect(program, start, **options)
    return stepper


def engine_named(name: str) -> Engine:
    choose("engine", name, ENGINES)
    engine: Engine = import_module(ENGINES[name]).execute
    return engine


def require_options(name: str, engine: Callable[..., Any], options: dict[str, Any]) -> None:
    """Refuse by name an option that the engine does not have."""
    parameters = signature(engine).parameters.values()
    known = [p.name for p in parameters if p.kind is Parameter.KEYWORD_ONLY]
    for option in options:
        if option not in known:
            raise unknown_name(f"option of {name}:", option, known)
