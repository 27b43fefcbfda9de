"""What a run leaves behind: every event, spike, membrane and score, frame after frame."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hardware.definition.decision import DECISIONS, ONE_OF
from hardware.definition.token_rows import Rows
from hardware.display import html_table, number_of
from hardware.errors import InputError, SettingError, choose, name_fault
from hardware.files.disk import one_line, read_tensors, write_tensors
from hardware.files.sealed import tensors_checksum
from hardware.runs.traced_events import TOKENS, popped_events, store_events
from hardware.runs.traced_layers import (
    TracedLayer,
    as_text,
    check_exits,
    check_initial,
    last_rows,
    of_text,
    popped_initial,
)

if TYPE_CHECKING:
    from hardware.program.model import Program

SCHEMA = 2

TYPES = {
    "lengths": ("int64",),
    "event": ("int16",),
    "emission": ("uint8", "int8", "int16", "int32", "int64"),
    "membrane": ("int32", "int64"),
    "score": ("int64",),
}
"""Of each quantity in a file."""

ABOUT = {"engine", "program_digest", "schema", "sha256", "decision", "heads", "layers", TOKENS}
"""Names of the texts that describe the tensors in a file."""

DIGEST = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, eq=False, repr=False)
class Trace:
    """The record of a run. Steps of all sequences follow one another, as in `Sequences`.

    What there is a row of for each step is in integers as narrow as the engine has them: widen them
    before you compute with them.
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

    None of an engine that does not count them.
    """

    clamped: NDArray[np.int64] | None = None
    """(channels,): how many values of the frames the encoder clamped; None of an older trace."""

    values: NDArray[np.float64] | None = None
    """Answers of a program of values in the unit of the target, a row for each row of scores.

    None of a program that names classes.
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
    """(sequences,): frames used of each sequence; None of a run without early exit."""

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
        """The trace that `program.head(name)` would have recorded: its scores and values alone."""
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
        """Everything two engines must agree on: (quantity, layer, values), in order of the flow."""
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
        """The trace in a file; an error where anything in it is missing, damaged or at odds."""
        path = Path(path)
        try:
            tensors, about = read_tensors(path)
            _check_whole(tensors, about)
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
            _check_names(trace, tensors.keys() | (about.keys() - ABOUT))
            _check_shapes(trace)
            check_initial(trace.initial, trace.membranes, trace.lengths)
            check_exits(trace.exits, trace.lengths)
            _check_counts(trace)
            _check_values(trace)
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


def _check_whole(tensors: Mapping[str, NDArray[Any]], about: Mapping[str, str]) -> None:
    """That the file is a trace of this schema, and holds what was written into it."""
    if about.get("schema") != str(SCHEMA):
        found = one_line(repr(about.get("schema")))
        raise InputError(f"not a trace of schema {SCHEMA} (found {found})")
    described = {name: text for name, text in about.items() if name != "sha256"}
    if tensors_checksum(tensors, described) != about["sha256"]:
        raise InputError("the checksum is wrong: the file is damaged")


def _check_names(trace: Trace, further: Set[str]) -> None:
    """That an engine and a program are named, and nothing is there that nobody reads."""
    fault = name_fault(trace.engine)
    if fault is not None:
        raise InputError(f"engine: {fault}")
    if not DIGEST.fullmatch(trace.program_digest):
        digest = one_line(repr(trace.program_digest))
        raise InputError(f"program_digest is {digest}, expected a SHA-256")
    if further:
        name = one_line(repr(min(further)))
        raise InputError(f"holds {name}, which is no part of a trace")


def _check_shapes(trace: Trace) -> None:
    """That all arrays are of the same sequences, frames and neurons."""
    for quantity, owner, values in [("lengths", "trace", trace.lengths), *trace.quantities()]:
        dimensions = 1 if quantity == "lengths" else 2
        types = TYPES[quantity]
        if values.ndim != dimensions or str(values.dtype) not in types or not all(values.shape[1:]):
            raise InputError(
                f"{quantity} of {owner} has shape {values.shape} of {values.dtype}, expected "
                f"{' or '.join(types)} in {dimensions} dimensions"
            )
    if not trace.emitted or trace.lengths.min(initial=1) < 1:
        raise InputError("holds no layer, or a sequence without a step")
    # Each is bounded first: the sum of numbers of any size could wrap around.
    longest = int(trace.lengths.max(initial=0))
    frames = longest if longest > len(trace.events) else int(trace.lengths.sum(dtype=np.int64))
    for quantity, owner, values in trace.quantities():
        allowed = (len(trace.lengths), frames) if quantity == "score" else (frames,)
        if len(values) not in allowed:
            raise InputError(
                f"{quantity} of {owner} has {len(values)} rows, expected "
                f"{' or '.join(map(str, allowed))}"
            )
    for i, (emitted, membranes) in enumerate(zip(trace.emitted, trace.membranes, strict=True)):
        if emitted.shape != membranes.shape:
            raise InputError(
                f"layer {i} has emissions of shape {emitted.shape}, but membranes of "
                f"{membranes.shape}"
            )


def _check_counts(trace: Trace) -> None:
    """That what was counted is one whole number, not below 0, for each thing that can be."""
    layers, (steps, sources) = len(trace.emitted), trace.events.shape
    channels = sources
    if trace.clamped is not None and trace.clamped.size and sources % trace.clamped.size == 0:
        channels = trace.clamped.size  # each with as many sources
    of_layers = f"3 of each of {layers} layers and the readout"
    for name, found, expected, meaning in (
        ("saturations", trace.saturations, (layers + 1, 3), of_layers),
        ("clamped", trace.clamped, (channels,), f"one of each of {channels} channels"),
    ):
        if found is None:
            continue
        if found.shape != expected or found.dtype != np.int64:
            raise InputError(
                f"{name} have shape {found.shape} of {found.dtype}, expected {expected} of int64: "
                f"{meaning}"
            )
        if found.min() < 0:
            raise InputError(f"a count of {name} is {found.min()}, expected 0 or more")
    if trace.clamped is not None and trace.clamped.max() > steps:
        raise InputError(
            f"a count of clamped is {trace.clamped.max()}, expected at most {steps}, the steps"
        )


def _check_values(trace: Trace) -> None:
    """That there is one finite value for each score, if there are values; and a known decision."""
    choose("decision", trace.decision, DECISIONS)
    found, expected = trace.values, trace.scores.shape
    if found is None:
        return
    if found.shape != expected or found.dtype != np.float64:
        raise InputError(
            f"values have shape {found.shape} of {found.dtype}, expected {expected} of float64: "
            f"one for each score"
        )
    if not np.isfinite(found).all():
        raise InputError(f"a value is {found[~np.isfinite(found)][0]}, expected finite numbers")
