"""The program: all that a chip needs to run a network, and nothing of torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hardware.definition.decision import Decision
from hardware.definition.encoder import Encoder
from hardware.definition.readout import Readout
from hardware.definition.token_rows import Rows, TokenRows
from hardware.definition.vocabulary import END_NAME, Vocabulary, require_list, tokens_of
from hardware.display import html_table, number_of
from hardware.errors import InputError, ProgramError, choose
from hardware.files.disk import first_fault, one_line, read_bytes, write_bytes
from hardware.program.layer import ENCODER, Layer
from hardware.program.limits import require_sound
from hardware.program.sample import Golden
from hardware.sequences.dense import Inputs, Sequences
from hardware.sequences.sparse import AnySequences
from hardware.sequences.tokens import require_tokens

if TYPE_CHECKING:
    from hardware.runs.trace import Trace

__all__ = ["Golden", "Layer", "Program"]


@dataclass(frozen=True, eq=False)
class Program:
    """A converted network: encoder, layers, readouts, and where it came from."""

    encoder: Encoder
    layers: tuple[Layer, ...]
    readouts: tuple[Readout, ...]
    max_steps: int | None
    """The longest sequence for which no score can leave the word; None where no score can."""

    provenance: Mapping[str, Any] = field(default_factory=dict)
    golden: tuple[Golden, ...] = ()
    """Samples that the program must compute as it did when the samples were taken."""

    vocabulary: Vocabulary | None = None
    """The tokens of texts, where inputs are texts."""

    preprocessing: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    """Names and settings of the steps that the host applies to inputs: stated, not executed."""

    def __post_init__(self) -> None:
        if not self.layers or self.layers[0].backward:
            raise ProgramError("a program needs at least one layer, the first of them forward")
        if len(self.readouts) != 1:
            raise ProgramError(
                f"{len(self.readouts)} readouts: this release runs programs with one"
            )
        names = [ENCODER, *(layer.name for layer in self.layers), self.readout.name]
        twice = [name for i, name in enumerate(names) if name in names[:i]]
        if twice:
            raise ProgramError(f"two parts have the name {twice[0]!r}: give each its own")
        width, source = self.encoder.sources, ENCODER
        for level in self.levels:
            grids = {(layer.cell.emit, layer.cell.gate_fraction) for layer in level}
            if len(grids) > 1:
                raise ProgramError(
                    f"{level[0].name}: its directions emit {', '.join(map(str, sorted(grids)))}, "
                    f"expected one emission and one number of gate fraction bits: the receivers "
                    f"read both as one message"
                )
            for layer in level:
                if layer.inputs != width:
                    raise ProgramError(
                        f"{layer.name}: expects {layer.inputs} inputs, but {source} gives {width}"
                    )
                if layer.sources not in ((), self.sources_of(layer)):
                    raise ProgramError(
                        f"{layer.name}: its sources are {', '.join(layer.sources)}, expected "
                        f"{', '.join(self.sources_of(layer))}: this release runs chains of layers"
                    )
            width, source = sum(layer.neurons for layer in level), level[0].name
        inputs = self.readout.weights.shape[1]
        if inputs != width:
            raise ProgramError(f"readout: expects {inputs} inputs, but {source} gives {width}")
        for sample in self.golden:
            frames, channels = sample.frames.shape
            if channels != self.encoder.channels:
                raise ProgramError(
                    f"golden sample: frames have {channels} channels, but the encoder has "
                    f"{self.encoder.channels}"
                )
            if self.max_steps is not None and frames * self.encoder.steps > self.max_steps:
                raise ProgramError(
                    f"golden sample: {frames * self.encoder.steps} steps, but at most "
                    f"{self.max_steps} are proven"
                )

    def __eq__(self, other: object) -> bool:
        """Return whether both compute the same; provenance and golden samples do not matter."""
        return self.digest == other.digest if isinstance(other, Program) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        neurons = ", ".join(str(layer.neurons) for layer in self.layers)
        answers = self.readout.target.described(self.readout.outputs)
        channels = number_of(self.encoder.channels, "channel")
        return f"Program({channels}, layers of {neurons} neurons, {answers})"

    def _repr_html_(self) -> str:
        columns = ["layer", "inputs", "neurons", "formulation", "sends", "weight bits"]
        rows: list[list[str | float]] = [
            [
                layer.name,
                layer.inputs,
                layer.neurons,
                layer.cell.formulation,
                layer.cell.emit,
                layer.cell.weight_bits,
            ]
            for layer in self.layers
        ]
        return html_table(repr(self), columns, rows)

    @property
    def readout(self) -> Readout:
        """The readout that engines run."""
        return self.readouts[0]

    @property
    def classes(self) -> tuple[str, ...]:
        """The class names of the readout; none where its scores are values."""
        return self.readout.target.classes

    @property
    def predicts_tokens(self) -> bool:
        """Whether its classes are the tokens of its vocabulary, and perhaps the end of a text."""
        if self.vocabulary is None or not self.readout.answers_every_step:
            return False
        names = self.vocabulary.names
        return self.classes in (names, (*names, END_NAME))

    @property
    def decision(self) -> Decision:
        """How the scores of classes become an answer."""
        return self.readout.target.row

    @property
    def heads(self) -> tuple[str, ...]:
        """The names of the heads, each of which has a target; none where there is one target."""
        return tuple(head.name for head in self.readout.target.heads)

    @property
    def classes_by_head(self) -> dict[str, tuple[str, ...]]:
        """The class names of each head; none where there is one target."""
        return {head.name: head.target.classes for head in self.readout.target.heads}

    def head(self, name: str) -> Program:
        """Return the program of one head alone: the same layers, and the outputs of that head.

        It is a complete program with the same scores. `Trace.head` gives the part of a trace
        that it would have recorded. Golden samples are left out, because they hold all scores.
        """
        return replace(self, readouts=(self.readout.head(name),), golden=())

    def sources_of(self, layer: Layer) -> tuple[str, ...]:
        """The names of the parts that send to a layer."""
        sources: tuple[str, ...] = (ENCODER,)
        for level in self.levels:
            if layer in level:
                return sources
            sources = tuple(before.name for before in level)
        raise ProgramError(f"{layer.name} is no layer of this program")

    @property
    def levels(self) -> tuple[tuple[Layer, ...], ...]:
        """The layers with the same sources: one, or a forward and a backward one."""
        levels: list[tuple[Layer, ...]] = []
        for layer in self.layers:
            if layer.backward and len(levels[-1]) == 1:
                levels[-1] = (*levels[-1], layer)
            elif layer.backward:
                raise ProgramError(f"{layer.name}: a second backward layer on the same level")
            else:
                levels.append((layer,))
        return tuple(levels)

    def starting_from(self, membranes: Mapping[str, ArrayLike]) -> Program:
        """Return the program whose sequences start from these membranes (neurons,), by layer name.

        Whole numbers are on the state grid, as a trace has them; real numbers are rounded to it,
        half to even. The range proof covers every membrane within ±1. Golden samples are left out,
        because they start from the states of their own program.
        """
        if not isinstance(membranes, Mapping):
            raise InputError("expected initial membranes by layer name, such as {'layer 0': [0.5]}")
        for name in membranes:
            choose("layer", name, [layer.name for layer in self.layers])
        layers = [
            layer.starting_from(membranes[layer.name]) if layer.name in membranes else layer
            for layer in self.layers
        ]
        return replace(self, layers=tuple(layers), golden=())

    @property
    def bidirectional(self) -> bool:
        return any(layer.backward for layer in self.layers)

    @property
    def period(self) -> int:
        """Ticks of a step: each recurrent product that waits for another takes one more."""
        return max(layer.cell.ticks for layer in self.layers)

    def ticks(self, steps: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the ticks of sequences with these steps; each set of synapses adds one tick.

        With both directions a level begins after the level before it has seen the whole sequence.
        """
        if self.bidirectional:
            return len(self.levels) * (self.period * steps + 1) + 1
        return self.period * (steps + len(self.levels) - 1) + 2

    def sequences(self, inputs: Inputs | Sequence[str]) -> Sequences:
        """Return inputs as sequences of frames: raw frames as `run` takes them, or texts."""
        require_list(inputs)
        if isinstance(inputs, (list, tuple)) and any(isinstance(item, str) for item in inputs):
            if self.vocabulary is None:
                raise InputError(
                    "the inputs are texts, but the program has no vocabulary: give frames"
                )
            tokens = tokens_of(cast("Sequence[str]", inputs), self.vocabulary)
            return Sequences.of([np.array(of_text)[:, np.newaxis] for of_text in tokens])
        return Sequences.of(inputs, self.encoder.channels)

    def steps_of(self, sequences: AnySequences) -> NDArray[np.int64]:
        """Return the steps of each sequence; raise an InputError if the program cannot take one."""
        encoder = self.encoder
        if sequences.channels != encoder.channels:
            raise InputError(
                f"frames have {sequences.channels} channels, but the program was trained on "
                f"{encoder.channels}: give frames of the same channels"
            )
        if encoder.row.by_token:
            require_tokens(sequences, encoder.fields)
        steps = sequences.lengths * encoder.steps
        longest = int(steps.max(initial=0))
        if self.max_steps is not None and longest > self.max_steps:
            raise InputError(
                f"a sequence has {longest} steps, but readout scores are proven only up to "
                f"{self.max_steps}: cut it into shorter ones{self.readout.remedy}"
            )
        return steps

    def encode(
        self, sequences: Sequences, clamped: NDArray[np.int64] | None = None
    ) -> tuple[Rows, NDArray[np.int64]]:
        """Return the events of the first layer at each step, and the steps of each sequence.

        `clamped` (channels,) counts the values that the encoder clamps. Events of tokens are the
        numbers of the tokens.
        """
        steps, encoder = self.steps_of(sequences), self.encoder
        if encoder.row.by_token:
            return TokenRows(encoder.rounded(sequences.values, np.int32), encoder.fields), steps
        if encoder.row.direct:
            return encoder.rounded(sequences.values, np.int16, clamped), steps
        start, events = encoder.initial_state(), np.empty((steps.sum(), encoder.sources), np.int16)
        for part, last in zip(sequences, np.cumsum(steps), strict=True):
            of_part, _ = encoder.encode(part, start, clamped)
            events[last - len(of_part) : last] = of_part
        return events, steps

    def values(self, trace: Trace) -> NDArray[np.float64]:
        """Return the values of a trace's scores, of each sequence or of each step."""
        return self.readout.values(trace.scores, trace.lengths)

    def answered_values(
        self, scores: NDArray[np.int64], steps: NDArray[np.int64] | int
    ) -> NDArray[np.float64] | None:
        """Return the values of scores after that many steps; None if the program names classes.

        The result is also None for several heads: use `Program.head` for the values of each.
        """
        return None if self.classes or self.heads else self.readout.values(scores, steps)

    @property
    def digest(self) -> str:
        """SHA-256 over all that determines what the program computes."""
        from hardware.program.stored import digest

        return digest(self)

    def save(self, path: str | Path) -> None:
        """Write the program to one `.sgru` file, whole or not at all.

        Raise an error for a program that could not be read again.
        """
        try:
            content = self.content
        except ProgramError as error:
            raise ProgramError(f"cannot write {path}: {error}") from error
        write_bytes(Path(path), content)

    @property
    def content(self) -> bytes:
        """The bytes of the program's file; an error if the file could not be read again."""
        from hardware.program.file import FILE_LIMIT, contents
        from hardware.program.stored import stored

        try:
            content = contents(*stored(self))
            if len(content) > FILE_LIMIT:
                raise ValueError(f"it has {len(content)} bytes, the limit is {FILE_LIMIT}")
            Program.of_content(content)
        except (TypeError, ValueError, RecursionError) as error:
            raise ProgramError(reason(error)) from error
        return content

    @staticmethod
    def load(path: str | Path) -> Program:
        """Read a program; raise a ProgramError that names the fault of any other file."""
        from hardware.program.file import FILE_LIMIT

        content = read_bytes(Path(path), FILE_LIMIT)
        try:
            return Program.of_content(content)
        except ValueError as error:
            raise ProgramError(f"{path}: {reason(error)}") from error

    @staticmethod
    def of_content(content: bytes) -> Program:
        """Return the program of a file's content; raise a ValueError for the first fault."""
        from hardware.program.file import parts
        from hardware.program.stored import restored

        program = Program(**restored(*parts(content)))
        require_sound(program)
        return program


def reason(error: Exception) -> str:
    """The text of an error in a file, in one line."""
    from pydantic import ValidationError

    return one_line(first_fault(error) if isinstance(error, ValidationError) else error)
