"""Engines by name. Each is imported only when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from hardware.arithmetic import Integers
from hardware.errors import choose
from hardware.program import Program

ENGINES = {
    "events": "hardware.engines.events",
    "lava": "hardware.engines.lava",
}


class Recording(NamedTuple):
    """What an engine gives back; frames of all sequences one after another."""

    spikes: tuple[NDArray[np.uint8], ...]
    membranes: tuple[Integers, ...]
    scores: Integers


class Engine(Protocol):
    """An engine's one function; `deadline` is in seconds."""

    def __call__(
        self,
        program: Program,
        events: Integers,
        lengths: NDArray[np.int64],
        deadline: float | None,
    ) -> Recording: ...


def engine_named(name: str) -> Engine:
    choose("engine", name, ENGINES)
    engine: Engine = import_module(ENGINES[name]).execute
    return engine
