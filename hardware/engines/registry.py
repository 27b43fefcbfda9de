"""Engines by name. Each is imported only when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from hardware.arithmetic import Integers
from hardware.errors import choose
from hardware.program import Program

ENGINES = {
    "numpy": "hardware.engines.reference",
    "events": "hardware.engines.events",
    "lava": "hardware.engines.lava",
}


class Recording(NamedTuple):
    """What an engine gives back; frames of all sequences follow one another."""

    emitted: tuple[NDArray[np.integer], ...]
    membranes: tuple[Integers, ...]
    scores: Integers
    """Of each sequence, or of each step where the readout answers at every step."""


class Engine(Protocol):
    """An engine's one function; `deadline` is in seconds, options are the engine's own."""

    def __call__(
        self,
        program: Program,
        events: Integers,
        lengths: NDArray[np.int64],
        deadline: float | None,
        **options: Any,
    ) -> Recording: ...


def engine_named(name: str) -> Engine:
    choose("engine", name, ENGINES)
    engine: Engine = import_module(ENGINES[name]).execute
    return engine
