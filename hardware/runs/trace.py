"""What a run leaves behind: every event, spike, membrane and score, frame after frame."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import InputError
from hardware.files.disk import read_tensors, write_tensors

SCHEMA = 2


@dataclass(frozen=True)
class Trace:
    """The record of a run. Steps of all sequences follow one another, as in `Sequences`.

    What there is a row of for each step is in integers as narrow as the engine has them: widen them
    before you compute with them.
    """

    engine: str
    program_digest: str
    lengths: NDArray[np.int64]  # (sequences,), in steps
    events: NDArray[np.integer]  # (steps, channels): what the first layer sees
    emitted: tuple[NDArray[np.integer], ...]  # per layer (steps, neurons): spikes, or the state
    membranes: tuple[NDArray[np.integer], ...]  # per layer (steps, neurons), after the reset
    scores: NDArray[np.int64]  # (sequences, outputs), or (steps, outputs) if read at every step
    saturations: NDArray[np.int64] | None = None
    """(layers + readout, 3): clamps of σ and of tanh that acted, and values outside the word.

    None of an engine that does not count them.
    """

    @property
    def predictions(self) -> NDArray[np.int64]:
        """The class with the largest score; the first of them where scores are equal.

        Where every step is answered, it is the last step's.
        """
        return self.final_scores.argmax(axis=1)

    @property
    def answers_every_step(self) -> bool:
        return len(self.scores) != len(self.lengths)

    @property
    def final_scores(self) -> NDArray[np.int64]:
        """(sequences, outputs): the scores after each sequence's last step."""
        return self.scores[np.cumsum(self.lengths) - 1] if self.answers_every_step else self.scores

    @property
    def starts(self) -> NDArray[np.int64]:
        return np.cumsum(self.lengths) - self.lengths

    def per_sequence(self, values: NDArray[np.integer]) -> NDArray[np.int64]:
        """Sums of one value per frame over each sequence."""
        return np.add.reduceat(values.astype(np.int64), self.starts)

    def quantities(self) -> Iterator[tuple[str, str, NDArray[np.integer]]]:
        """Everything two engines must agree on: (quantity, layer, values), in order of the flow."""
        yield "event", "encoder", self.events
        for i, (emitted, membranes) in enumerate(zip(self.emitted, self.membranes, strict=True)):
            yield "emission", f"layer {i}", emitted
            yield "membrane", f"layer {i}", membranes
        yield "score", "readout", self.scores

    def save(self, path: str | Path) -> None:
        tensors: dict[str, NDArray[np.generic]] = {
            "lengths": self.lengths,
            "events": self.events.astype(np.int16, copy=False),
            "scores": self.scores,
        }
        if self.saturations is not None:
            tensors["saturations"] = self.saturations
        for i, (emitted, membranes) in enumerate(zip(self.emitted, self.membranes, strict=True)):
            tensors[f"layers.{i}.emitted"] = emitted
            tensors[f"layers.{i}.membranes"] = _narrow(membranes)
        about = {
            "engine": self.engine,
            "program_digest": self.program_digest,
            "schema": str(SCHEMA),
        }
        write_tensors(Path(path), tensors, {**about, "sha256": _checksum(tensors, about)})

    @staticmethod
    def load(path: str | Path) -> Trace:
        """The trace in a file; an error where anything in it is missing, damaged or at odds."""
        path = Path(path)
        try:
            tensors, about = read_tensors(path)
            _check_whole(tensors, about)
            layers = range(sum(name.endswith(".emitted") for name in tensors))
            trace = Trace(
                engine=about["engine"],
                program_digest=about["program_digest"],
                lengths=tensors["lengths"],
                events=tensors["events"],
                emitted=tuple(tensors[f"layers.{i}.emitted"] for i in layers),
                membranes=tuple(tensors[f"layers.{i}.membranes"] for i in layers),
                scores=tensors["scores"],
                saturations=tensors.get("saturations"),
            )
            _check_shapes(trace)
        except KeyError as error:
            raise _unusable(path, f"has no {error}") from error
        except InputError as error:
            raise _unusable(path, str(error).removeprefix(f"{path}: ")) from error
        return trace


def _narrow(values: NDArray[np.integer]) -> NDArray[np.integer]:
    """In 32 bits, or in 64 where a run that was not strict has gone beyond those."""
    most = max(int(values.max(initial=0)), -int(values.min(initial=0)))
    return values.astype(np.int32 if most <= np.iinfo(np.int32).max else np.int64, copy=False)


def _unusable(path: Path, reason: str) -> InputError:
    return InputError(f"{path}: {reason}: make it anew with `spiking-gru run`")


def _checksum(tensors: Mapping[str, NDArray[Any]], about: Mapping[str, str]) -> str:
    """SHA-256 over every tensor with its name, type and shape, and over what describes them."""
    total = hashlib.sha256(repr(sorted(about.items())).encode())
    for name in sorted(tensors):
        array = np.ascontiguousarray(tensors[name])
        total.update(f"{name} {array.dtype.str} {array.shape} ".encode())
        total.update(array.tobytes())
    return total.hexdigest()


def _check_whole(tensors: Mapping[str, NDArray[Any]], about: Mapping[str, str]) -> None:
    """That the file is a trace of this schema, and holds what was written into it."""
    if about.get("schema") != str(SCHEMA):
        raise InputError(f"not a trace of schema {SCHEMA} (found {about.get('schema')!r})")
    described = {name: text for name, text in about.items() if name != "sha256"}
    if _checksum(tensors, described) != about["sha256"]:
        raise InputError("the checksum is wrong: the file is damaged")


def _check_shapes(trace: Trace) -> None:
    """That all arrays are of the same sequences, frames and neurons."""
    for quantity, owner, values in [("lengths", "trace", trace.lengths), *trace.quantities()]:
        dimensions = 1 if quantity == "lengths" else 2
        if values.ndim != dimensions or not np.issubdtype(values.dtype, np.integer):
            raise InputError(
                f"{quantity} of {owner} has shape {values.shape} of {values.dtype}, expected "
                f"whole numbers in {dimensions} dimensions"
            )
    if not trace.emitted or not len(trace.lengths) or trace.lengths.min() < 1:
        raise InputError("holds no layer, no sequence or one without a step")
    frames = int(trace.lengths.sum())
    for quantity, owner, values in trace.quantities():
        allowed = (len(trace.lengths), frames) if quantity == "score" else (frames,)
        if len(values) not in allowed:
            raise InputError(
                f"{quantity} of {owner} has {len(values)} rows, expected "
                f"{' or '.join(map(str, allowed))}"
            )
    if trace.saturations is not None and trace.saturations.shape != (len(trace.emitted) + 1, 3):
        raise InputError(
            f"saturations have shape {trace.saturations.shape}, expected 3 of each of "
            f"{len(trace.emitted)} layers and the readout"
        )
    for i, (emitted, membranes) in enumerate(zip(trace.emitted, trace.membranes, strict=True)):
        if emitted.shape != membranes.shape:
            raise InputError(
                f"layer {i} has emissions of shape {emitted.shape}, but membranes of "
                f"{membranes.shape}"
            )
