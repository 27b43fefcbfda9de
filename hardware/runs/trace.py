"""The record of a run: every event, spike, membrane and score, frame after frame."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hardware.definition.decision import DECISIONS, ONE_OF
from hardware.definition.token_rows import Rows, same_rows
from hardware.display import html_table, number_of
from hardware.errors import InputError, SettingError, name_fault
from hardware.files.disk import one_line, read_tensors, write_tensors
from hardware.files.sealed import tensors_checksum
from hardware.runs.trace_checks import (
    ABOUT,
    SCHEMA,
    check_counts,
    check_names,
    check_shapes,
    check_values,
    check_whole,
)
from hardware.runs.traced_events import popped_events, store_events
from hardware.runs.traced_layers import (
    TracedLayer,
    as_text,
    check_exits,
    check_initial,
    last_rows,
    of_text,
    popped_initial,
    same_initial,
)
from hardware.sequences.dense import as_array

if TYPE_CHECKING:
    from hardware.program.model import Program


@dataclass(frozen=True, eq=False, repr=False)
class Trace:
    """The record of a run. Steps of all sequences follow one another, as in `Sequences`.

    Arrays with a row for each step have integers as narrow as the engine's: widen them before you
    compute with them.
    """

    engine: str
    program_digest: str
    lengths: NDArray[np.int64]  # (sequences,), in steps
    events: Rows  # (steps, sources): what the first layer sees
    emitted: tuple[NDArray[np.integer], ...]  # per layer (steps, neurons): spikes, or the state
    membranes: tuple[NDArray[np.integer], ...]  # per layer (steps, neurons), after the reset
    scores: NDArray[np.int64]  # (sequences, outputs), or (steps, outputs) if read at every step
    saturations: NDArray[np.int64] | None = None
    """(layers + readout, 3): clamps of σ and of tanh that acted, and values outside the word.

    None for an engine that does not count them.
    """

    clamped: NDArray[np.int64] | None = None
    """(channels,): how many values of the frames the encoder clamped; None for an older trace."""

    values: NDArray[np.float64] | None = None
    """Answers of a program of values in the unit of the target, a row for each row of scores.

    None for a program that names classes.
    """

    decision: str = ONE_OF
    """The way from scores to classes."""

    heads: tuple[str, ...] = ()
    """The names of the program's heads, if it has several; `head` gives the trace of one."""

    layers: tuple[TracedLayer, ...] = ()
    """Name and direction of each layer; none in a trace of an earlier release."""

    initial: tuple[NDArray[np.int64], ...] | None = None
    """Per layer (sequences, neurons): membranes before the first step; None for the program's."""

    exits: NDArray[np.int64] | None = None
    """(sequences,): frames used of each sequence; None for a run without early exit."""

    def __repr__(self) -> str:
        neurons = ", ".join(str(emitted.shape[1]) for emitted in self.emitted)
        return (
            f"Trace({self.engine!r}: {number_of(len(self.lengths), 'sequence')}, "
            f"{number_of(int(self.lengths.sum()), 'step')}, layers of {neurons} neurons, "
            f"{number_of(self.scores.shape[1], 'score')} of each "
            f"{'step' if self.answers_every_step else 'sequence'})"
        )

    def _repr_html_(self) -> str:
        names = [layer.name for layer in self.layers] or map(str, range(len(self.emitted)))
        rows = [
            [name, emitted.shape[1], int(np.count_nonzero(emitted))]
            for name, emitted in zip(names, self.emitted, strict=True)
        ]
        return html_table(repr(self), ["layer", "neurons", "nonzero emissions"], rows)

    def __eq__(self, other: object) -> bool:
        """Return whether both recorded the same numbers with the same program.

        The engine and its counts of saturations do not matter: engines give the same bits.
        """
        if not isinstance(other, Trace):
            return NotImplemented
        return (
            self.program_digest == other.program_digest
            and np.array_equal(self.lengths, other.lengths)
            and same_initial(self.initial, other.initial)
            and all(
                a.shape == b.shape and same_rows(a, b)
                for (*_, a), (*_, b) in zip(self.quantities(), other.quantities(), strict=True)
            )
        )

    __hash__ = None  # type: ignore[assignment]

    def accuracy(self, labels: ArrayLike) -> float:
        """Return the share of right predictions, of sequences whose label is known (not -1).

        `labels` are class indices (sequences,), or (sequences, classes) of 0 and 1 where any number
        of classes may be right.
        """
        predicted, known = self.predictions, as_array(labels)
        if known.shape != predicted.shape or known.dtype.kind not in "iu":
            raise InputError(
                f"labels have shape {known.shape} of {known.dtype}, expected whole numbers of "
                f"shape {predicted.shape}: give the class of each sequence"
            )
        return float(np.mean(predicted[known >= 0] == known[known >= 0]))

    @property
    def final_state(self) -> dict[str, NDArray[np.int64]]:
        """Membranes (sequences, neurons) after each sequence's last step, by layer name.

        They are an `initial_state` for another run. They leave out what spiking and graded neurons
        have sent before; `Session.state` has that too, and continues with the same bits.
        """
        return last_rows(self.layers, self.membranes, self.lengths)

    @property
    def names_classes(self) -> bool:
        """Whether scores are votes for classes, so that there are predictions."""
        return self.values is None and not self.heads

    @property
    def predictions(self) -> NDArray[np.int64]:
        """Class indices (sequences,), or labels (sequences, classes), each 0 or 1.

        They are labels where any number of classes may be right. Where every step is answered, they
        are the last step's. An InputError for a program of values, or of several heads.
        """
        if self.heads:
            raise InputError(several_heads(self.heads))
        if self.values is not None:
            raise InputError(
                "the program answers with values and names no classes, so there are no "
                "predictions: use `values`"
            )
        return DECISIONS[self.decision].of(self.final_scores)

    def head(self, program: Program, name: str) -> Trace:
        """Return the trace of `program.head(name)`, with the scores and values of one head."""
        if self.program_digest != program.digest:
            raise InputError(
                "the trace was recorded with a different program: run this program again"
            )
        alone = program.head(name)
        scores = np.ascontiguousarray(self.scores[:, program.readout.target.outputs[name]])
        return replace(
            self,
            program_digest=alone.digest,
            scores=scores,
            values=alone.answered_values(scores, self.lengths),
            decision=alone.readout.target.decision,
            heads=(),
        )

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

    def quantities(self) -> Iterator[tuple[str, str, Rows]]:
        """Yield all that engines must agree on: (quantity, layer, values), in the order of data."""
        yield "event", "encoder", self.events
        for i, (emitted, membranes) in enumerate(zip(self.emitted, self.membranes, strict=True)):
            yield "emission", f"layer {i}", emitted
            yield "membrane", f"layer {i}", membranes
        yield "score", "readout", self.scores

    def save(self, path: str | Path) -> None:
        about = {
            "engine": self.engine,
            "program_digest": self.program_digest,
            "schema": str(SCHEMA),
        }
        tensors: dict[str, NDArray[np.generic]] = {"lengths": self.lengths, "scores": self.scores}
        store_events(self.events, tensors, about)
        if self.saturations is not None:
            tensors["saturations"] = self.saturations
        if self.clamped is not None:
            tensors["clamped"] = self.clamped
        if self.values is not None:
            tensors["values"] = self.values
        for i, (emitted, membranes) in enumerate(zip(self.emitted, self.membranes, strict=True)):
            tensors[f"layers.{i}.emitted"] = emitted
            tensors[f"layers.{i}.membranes"] = _narrow(membranes)
        if self.exits is not None:
            tensors["exits"] = self.exits
        for i, initial in enumerate(self.initial or ()):
            tensors[f"layers.{i}.initial"] = initial
        if self.decision != ONE_OF:
            about["decision"] = self.decision
        if self.layers:
            about["layers"] = as_text(self.layers)
        if self.heads:
            about["heads"] = json.dumps(self.heads)
        write_tensors(Path(path), tensors, {**about, "sha256": tensors_checksum(tensors, about)})

    @staticmethod
    def load(path: str | Path) -> Trace:
        """Read a trace; raise an error if a part is missing, damaged or inconsistent."""
        path = Path(path)
        try:
            tensors, about = read_tensors(path)
            check_whole(tensors, about)
            layers = range(sum(name.endswith(".emitted") for name in tensors))
            trace = Trace(
                engine=about["engine"],
                program_digest=about["program_digest"],
                lengths=tensors.pop("lengths"),
                events=popped_events(tensors, about),
                emitted=tuple(tensors.pop(f"layers.{i}.emitted") for i in layers),
                membranes=tuple(tensors.pop(f"layers.{i}.membranes") for i in layers),
                scores=tensors.pop("scores"),
                saturations=tensors.pop("saturations", None),
                clamped=tensors.pop("clamped", None),
                values=tensors.pop("values", None),
                decision=about.get("decision", ONE_OF),
                heads=_heads(about.get("heads", "[]")),
                layers=of_text(about.get("layers", "[]"), len(layers)),
                initial=popped_initial(tensors, len(layers)),
                exits=tensors.pop("exits", None),
            )
            check_names(trace, tensors.keys() | (about.keys() - ABOUT))
            check_shapes(trace)
            check_initial(trace.initial, trace.membranes, trace.lengths)
            check_exits(trace.exits, trace.lengths)
            check_counts(trace)
            check_values(trace)
        except KeyError as error:
            raise _unusable(path, f"has no {error}") from error
        except (InputError, SettingError) as error:
            raise _unusable(path, str(error).removeprefix(f"{path}: ")) from error
        return trace


def several_heads(names: Sequence[str]) -> str:
    """The text of an error where one answer was asked for."""
    return (
        f"the program has several heads, {', '.join(names)}: take the answers of one from "
        f"program.head({names[0]!r}) and trace.head(program, {names[0]!r})"
    )


def _heads(text: str) -> tuple[str, ...]:
    """The names of heads in a file: none, or several different ones."""
    try:
        names = json.loads(text)
    except (ValueError, RecursionError):
        names = None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise InputError(f"heads are {one_line(text)[:60]!r}, expected a list of names")
    for fault in filter(None, map(name_fault, names)):
        raise InputError(f"heads: {fault}")
    return tuple(names)


def _narrow(values: NDArray[np.integer]) -> NDArray[np.integer]:
    """In 32 bits, or in 64 where a run that was not strict has gone beyond those."""
    most = max(int(values.max(initial=0)), -int(values.min(initial=0)))
    return values.astype(np.int32 if most <= np.iinfo(np.int32).max else np.int64, copy=False)


def _unusable(path: Path, reason: str) -> InputError:
    return InputError(f"{path}: {reason}: make it again with `spiking-gru run`")
