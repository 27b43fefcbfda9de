"""What a run leaves behind: every event, spike, membrane and score, frame after frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hardware.errors import InputError
from hardware.files import read_tensors, write_tensors

SCHEMA = 1


@dataclass(frozen=True)
class Trace:
    """The record of a run. Frames of all sequences follow one another, as in `Sequences`."""

    engine: str
    program_digest: str
    lengths: NDArray[np.int64]  # (sequences,)
    events: NDArray[np.int64]  # (frames, channels): graded input spikes
    spikes: tuple[NDArray[np.uint8], ...]  # per layer (frames, neurons)
    membranes: tuple[NDArray[np.int64], ...]  # per layer (frames, neurons), after the reset
    scores: NDArray[np.int64]  # (sequences, outputs), at the last step

    @property
    def predictions(self) -> NDArray[np.int64]:
        """The class with the largest score; the first of them where scores are equal."""
        return self.scores.argmax(axis=1)

    @property
    def starts(self) -> NDArray[np.int64]:
        return np.cumsum(self.lengths) - self.lengths

    def per_sequence(self, values: NDArray[np.integer]) -> NDArray[np.int64]:
        """Sums of one value per frame over each sequence."""
        return np.add.reduceat(values.astype(np.int64), self.starts)

    def quantities(self) -> Iterator[tuple[str, str, NDArray[np.integer]]]:
        """Everything two engines must agree on: (quantity, layer, values), in order of the flow."""
        yield "event", "encoder", self.events
        for i, (spikes, membranes) in enumerate(zip(self.spikes, self.membranes, strict=True)):
            yield "spike", f"layer {i}", spikes
            yield "membrane", f"layer {i}", membranes
        yield "score", "readout", self.scores

    def save(self, path: Path) -> None:
        tensors: dict[str, NDArray[np.generic]] = {
            "lengths": self.lengths,
            "events": self.events.astype(np.int16),
            "scores": self.scores,
        }
        for i, (spikes, membranes) in enumerate(zip(self.spikes, self.membranes, strict=True)):
            tensors[f"layers.{i}.spikes"] = spikes
            tensors[f"layers.{i}.membranes"] = membranes.astype(np.int32)
        about = {
            "engine": self.engine,
            "program_digest": self.program_digest,
            "schema": str(SCHEMA),
        }
        write_tensors(path, tensors, about)

    @staticmethod
    def load(path: Path) -> Trace:
        tensors, about = read_tensors(path)
        if about.get("schema") != str(SCHEMA):
            raise InputError(
                f"{path}: not a trace of schema {SCHEMA} (found {about.get('schema')!r}): "
                f"make it anew with `spiking-gru run`"
            )
        layers = range(sum(name.endswith(".spikes") for name in tensors))
        return Trace(
            engine=about["engine"],
            program_digest=about["program_digest"],
            lengths=tensors["lengths"],
            events=tensors["events"].astype(np.int64),
            spikes=tuple(tensors[f"layers.{i}.spikes"] for i in layers),
            membranes=tuple(tensors[f"layers.{i}.membranes"].astype(np.int64) for i in layers),
            scores=tensors["scores"],
        )
