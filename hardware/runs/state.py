"""The state of a session: all that it carries from one frame to the next, as exact integers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hardware.definition.arithmetic import Integers
from hardware.display import number_of
from hardware.errors import InputError, RangeError, SettingError, choose
from hardware.files.disk import one_line, read_tensors, write_tensors
from hardware.files.sealed import tensors_checksum
from hardware.files.strict_json import parse
from hardware.program.model import Program
from hardware.program.start import Carried, Start

SCHEMA = "1"
FILE_LIMIT = 2**30
"""Bytes of a file."""

DIGEST = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, eq=False)
class State:
    """Everything that a session carries from one frame to the next.

    A session that loads it continues with the same bits, on every engine. Accumulators are not
    part of it, because they follow from the emissions and from the encoder's state.
    """

    program_digest: str
    membranes: Mapping[str, Integers]  # by layer name (neurons,), on the state grid
    emissions: Mapping[str, Integers]  # by layer name (neurons,): the values in force
    encoder: Integers  # (channels,): held values, remainders or levels
    scores: Integers  # (outputs,)
    steps: int
    """Steps since the session began or was reset."""

    window: Integers = field(default_factory=lambda: np.zeros((0, 0), dtype=np.int64))
    """(words, outputs): last currents of a sliding readout, or the sum so far of a tumbling one.

    The current of step t is in word t modulo the window. Other readouts keep no words.
    """

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, State):
            return NotImplemented
        ours, theirs = self._tensors(), other._tensors()
        return self._about() == other._about() and all(
            np.array_equal(array, theirs[name]) for name, array in ours.items()
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        neurons = ", ".join(f"{name}: {len(h)}" for name, h in self.membranes.items())
        return f"State(after {number_of(self.steps, 'step')}; neurons of {neurons})"

    @classmethod
    def of(cls, program: Program, carried: Carried) -> State:
        """Return what an engine carries of one sequence as a state of its program."""
        names = [layer.name for layer in program.layers]
        emitted, membranes = (
            {name: rows[0].astype(np.int64) for name, rows in zip(names, of_layers, strict=True)}
            for of_layers in carried.start
        )
        _, encoder, scores, steps, window = carried
        return cls(program.digest, membranes, emitted, encoder, scores, steps, window)

    def carried(self, program: Program) -> Carried:
        """Return the state in the form of the engines; raise an error for another program."""
        if self.program_digest != program.digest:
            raise InputError(
                f"the state is of the program {self.program_digest[:12]}…, but this is "
                f"{program.digest[:12]}…: load a state of this program"
            )
        if set(self.membranes) != set(self.emissions):
            raise InputError("the state has membranes and emissions of different layers")
        emitted, membranes = [], []
        for layer in program.layers:
            choose("layer of the state", layer.name, self.membranes)
            low, high = layer.cell.emission_range
            shape = (layer.neurons,)
            found = whole(f"the emissions of {layer.name}", self.emissions[layer.name], shape)
            require_within(f"the emissions of {layer.name}", found, low, high)
            emitted.append(found[np.newaxis])
            membranes.append(layer.initial_membranes(self.membranes[layer.name], 1))
        encoder = whole("the encoder's state", self.encoder, (program.encoder.channels,))
        limit = program.encoder.limit
        require_within("the encoder's state", encoder, -limit, limit)
        scores = whole("the scores", self.scores, (program.readout.outputs,))
        if self.steps < 0 or self.steps % program.encoder.steps:
            raise InputError(
                f"the state is after {self.steps} steps, expected a multiple of "
                f"{program.encoder.steps}, the steps of a frame"
            )
        outputs = program.readout.outputs
        words = self.window if np.size(self.window) else np.zeros((0, outputs), dtype=np.int64)
        window = whole("the window's words", words, (program.readout.window_words, outputs))
        if window[self.steps :].any():
            raise InputError(
                f"the window has words of more than {number_of(self.steps, 'step')}: give the "
                f"state of a session"
            )
        start = Start(tuple(emitted), tuple(membranes))
        return Carried(start, encoder, scores, self.steps, window)

    def _tensors(self) -> dict[str, NDArray[Any]]:
        tensors: dict[str, NDArray[Any]] = {"encoder": self.encoder, "scores": self.scores}
        for i, name in enumerate(self.membranes):
            tensors[f"layers.{i}.membranes"] = np.asarray(self.membranes[name])
            tensors[f"layers.{i}.emissions"] = np.asarray(self.emissions[name])
        if np.size(self.window):
            tensors["window"] = np.ravel(self.window)
        return {name: np.asarray(array, dtype=np.int64) for name, array in tensors.items()}

    def _about(self) -> dict[str, str]:
        return {
            "state_schema": SCHEMA,
            "program_digest": self.program_digest,
            "layers": json.dumps(list(self.membranes)),
            "steps": str(self.steps),
        }

    def save(self, path: str | Path) -> None:
        """Write the state to a file, whole or not at all."""
        tensors, about = self._tensors(), self._about()
        write_tensors(Path(path), tensors, {**about, "sha256": tensors_checksum(tensors, about)})

    @staticmethod
    def load(path: str | Path) -> State:
        """Read a state; raise an InputError that names the fault of any other file."""
        path = Path(path)
        try:
            return _restored(*read_tensors(path, FILE_LIMIT))
        except KeyError as error:
            raise InputError(f"{path}: has no {one_line(error)}: save the state again") from error
        except (InputError, SettingError) as error:
            reason = str(error).removeprefix("cannot read ").removeprefix(f"{path}: ")
            raise InputError(f"{path}: {reason}: save the state again") from error


def _restored(tensors: dict[str, NDArray[Any]], about: dict[str, str]) -> State:
    if about.get("state_schema") != SCHEMA:
        raise InputError(f"not a state of schema {SCHEMA}")
    described = {name: text for name, text in about.items() if name != "sha256"}
    if tensors_checksum(tensors, described) != about["sha256"]:
        raise InputError("the checksum is wrong: the file is damaged")
    digest, steps = about["program_digest"], about["steps"]
    if not DIGEST.fullmatch(digest):
        raise InputError(f"program_digest is {one_line(repr(digest))}, expected a SHA-256")
    if not re.fullmatch("[0-9]{1,18}", steps):
        raise InputError(f"steps are {one_line(repr(steps))}, expected a whole number")
    try:
        names = parse(about["layers"].encode())
    except ValueError:
        names = None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise InputError("layers are no list of names")
    for name, values in tensors.items():
        if values.dtype != np.int64 or values.ndim != 1:
            raise InputError(
                f"{one_line(name)} has shape {values.shape} of {values.dtype}, expected one "
                f"dimension of int64"
            )
    scores = tensors.pop("scores")
    window = tensors.pop("window", np.zeros(0, dtype=np.int64))
    if window.size % max(1, len(scores)):
        raise InputError(f"the window has {window.size} words for {len(scores)} scores")
    state = State(
        digest,
        {name: tensors.pop(f"layers.{i}.membranes") for i, name in enumerate(names)},
        {name: tensors.pop(f"layers.{i}.emissions") for i, name in enumerate(names)},
        tensors.pop("encoder"),
        scores,
        int(steps),
        window.reshape(-1, max(1, len(scores))),
    )
    if tensors or about.keys() - state._about().keys() - {"sha256"}:
        raise InputError("holds more than a state")
    return state


def carried_of(program: Program, state: State) -> Carried:
    """Return a state in the form of the engines; an InputError for anything else."""
    if not isinstance(state, State):
        raise InputError(
            f"the state is a {type(state).__name__}, expected a `State`: give membranes as "
            f"the session's initial_state"
        )
    return state.carried(program)


def whole(name: str, given: ArrayLike, shape: tuple[int, ...]) -> Integers:
    """Return whole numbers of a shape; an InputError for anything else."""
    values = np.asarray(given)
    if values.shape != shape or values.dtype.kind not in "iu":
        raise InputError(
            f"{name} have shape {values.shape} of {values.dtype}, expected {shape} whole numbers"
        )
    return values.astype(np.int64)


def require_within(name: str, values: Integers, low: int, high: int) -> None:
    outside = np.flatnonzero((values < low) | (values > high))
    if outside.size:
        place = int(outside[0])
        raise RangeError(f"{name}: number {place} is {values[place]}, expected {low} to {high}")
