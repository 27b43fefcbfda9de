"""A run through a laid-out program: the state from step to step, and the kernels' calls."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hardware.definition.arithmetic import WORD_LIMIT, Integers
from hardware.definition.token_rows import Rows, TokenRows
from hardware.engines.event_driven.arrays import (
    Events,
    Initial,
    LayerState,
    Messages,
    Numbers,
    Part,
    ReadoutState,
    SaturationCounts,
    Sent,
    part_of,
)
from hardware.engines.event_driven.density import Density
from hardware.engines.event_driven.encoding import (
    EncoderCall,
    EncoderConstants,
    encode_events,
    list_rows,
    list_tokens,
)
from hardware.engines.event_driven.layers import LayerCall, LayerConstants, run_layer
from hardware.engines.event_driven.layout import Layout, receivers
from hardware.engines.event_driven.memory import (
    Rooms,
    compact,
    encoder_state,
    initial_states,
    layer_state,
    lists_of,
    readout_state,
    rows_of,
)
from hardware.engines.event_driven.readouts import ReadoutCall, ReadoutConstants, run_readout
from hardware.engines.event_driven.scoring import Scoring
from hardware.engines.event_driven.together import run_together
from hardware.engines.saturation import SATURATIONS, Beyond, Saturations
from hardware.kernels.calls import Call, Calls, Kernel
from hardware.kernels.fields import Fields
from hardware.program.start import Carried, Start
from hardware.sequences.sparse import AnySequences, SparseSequences

FRAMES_AT_ONCE = 4096
"""Frames of a long sparse sequence that are scored together."""

FRAMES_KEPT = 4096
"""Frames of a call that may keep its prepared calls; longer ones spend their time elsewhere."""

Steps = NDArray[np.int64]
"""(sequences,): the first row of each sequence, or its steps."""


NO_PART = part_of(np.zeros(0, np.int64), np.zeros(0, np.int64), 0, 0)
"""For kernels that take frames of any sequences."""


class Record(NamedTuple):
    """Where a run leaves what it computes."""

    emitted: tuple[NDArray[np.int16], ...]  # per level (steps, padded neurons)
    membranes: tuple[Numbers, ...]  # per layer (steps, neurons)
    scores: Integers  # (sequences, outputs), or (steps, outputs) if read at every step

    def part(self, steps: slice, scores: slice) -> Record:
        """Return where a part of the run leaves what it computes."""
        return Record(
            tuple(rows[steps] for rows in self.emitted),
            tuple(rows[steps] for rows in self.membranes),
            self.scores[scores],
        )


class Machine:
    """Runs sequences from a clean state, or continues from the end of the last call.

    A machine works on one thing at a time. Machines of one layout can work in parallel, but not a
    machine and its `partner`, which use the same memory for messages and scratch. Clamped inputs
    are counted in `clamped`, or in memory of the machine's own.
    """

    def __init__(
        self,
        layout: Layout,
        dense: str = "auto",
        partner: Machine | None = None,
        clamped: NDArray[np.int64] | None = None,
    ) -> None:
        program = layout.program
        self.layout = layout
        self.rooms: Rooms = Rooms(layout, dense) if partner is None else partner.rooms
        self.density: Density = self.rooms.density
        self.every_step = program.readout.answers_every_step
        self.per_frame = program.encoder.steps
        self.encoder = encoder_state(layout, clamped)
        self.of_encoder = Fields(EncoderConstants(layout.encoding, self.encoder))
        self.layers: tuple[tuple[LayerState, ...], ...] = tuple(
            tuple(
                layer_state(layer, layout.number, None if partner is None else partner.layers[i][j])
                for j, layer in enumerate(level)
            )
            for i, level in enumerate(layout.levels)
        )
        self.of_layers = tuple(
            Fields(LayerConstants(layer.neurons, state))
            for level, states in zip(layout.levels, self.layers, strict=True)
            for layer, state in zip(level, states, strict=True)
        )
        self.readout: ReadoutState = readout_state(
            layout, None if partner is None else partner.readout
        )
        self.of_readout = Fields(ReadoutConstants(layout.reading, self.readout))
        self.saturated = tuple(
            SaturationCounts(np.zeros(len(SATURATIONS), np.int64), np.full(7, -1), WORD_LIMIT, True)
            for _ in range(len(program.layers) + 1)
        )
        self.when_scoring = self.saturated
        if not layout.watched:
            self.when_scoring = tuple(each._replace(counting=False) for each in self.saturated)
        self.no_membranes = tuple(np.empty((0, 0), dtype=layout.number) for _ in program.layers)
        self.program_states = initial_states(layout, None)
        self.keeps_calls = layout.encode is not None and self.per_frame == 1
        self.scoring: Scoring | None = None

    def compile_scoring(self) -> None:
        """Compile every kernel that scores sequences: no sequences pass all of them."""
        channels = self.layout.program.encoder.channels
        none = SparseSequences(
            values=np.empty(0, dtype=np.float32),
            columns=np.empty(0, dtype=np.int32),
            edges=np.zeros(1, dtype=np.int64),
            lengths=np.empty(0, dtype=np.int64),
            channels=channels,
        )
        self.score_sequences(none)
        self.score_sequences(none.dense())
        frames = none.dense().values
        for kernel in (self.layout.encode, self.layout.encode_lists):
            if kernel is not None:
                Calls([self.encoder_call(kernel, frames, NO_PART, lists_of(0, 0))])

    def compile_recording(self) -> None:
        """Compile every kernel that `record` may need later, except those that it needs first."""
        list_rows(lists_of(0, 0))

    def score_sequences(
        self,
        sequences: AnySequences,
        first: int = 0,
        initial: tuple[Initial, ...] | None = None,
    ) -> Integers:
        """Return scores of sequences, each from its initial state; `first` numbers the first one.

        Initial states are the program's unless some of each sequence are given.
        """
        lengths = sequences.lengths.copy()
        rows = lengths.sum() * self.per_frame if self.every_step else len(lengths)
        scores = np.empty((rows, len(self.readout.score)), dtype=np.int64)
        part = part_of(np.cumsum(lengths) - lengths, lengths, first, 0)
        if isinstance(sequences, SparseSequences):
            if self.layout.silence_is_silent:
                frames = int(lengths.sum())
                both_ways = self.layout.program.bidirectional
                if len(lengths) == 1 and frames > FRAMES_AT_ONCE and not both_ways:
                    self.score_long(sequences, frames, first, scores, initial)
                else:
                    self.score_events(sequences, part, scores, initial)
                return scores
            sequences = sequences.dense()
        self.score_frames(compact(sequences.values), part, scores, initial)
        return scores

    def score_long(
        self,
        sequence: SparseSequences,
        frames: int,
        first: int,
        scores: Integers,
        initial: tuple[Initial, ...] | None,
    ) -> None:
        """As `score_events`, of one long sequence, some frames at a time: memory does not grow."""
        for start in range(0, frames, FRAMES_AT_ONCE):
            some = slice(start, min(start + FRAMES_AT_ONCE, frames))
            part = part_of(np.zeros(1, np.int64), np.array([some.stop - start]), first, start)
            rows = scores[some] if self.every_step else scores
            self.score_events(sequence.part(slice(0, 1), some), part, rows, initial)

    def score_events(
        self,
        sequences: SparseSequences,
        part: Part,
        scores: Integers,
        initial: tuple[Initial, ...] | None = None,
    ) -> None:
        """As `score_frames`, from the nonzero values only."""
        edges = compact(sequences.edges)
        values = np.empty(len(sequences.values), dtype=np.int16)
        events = Events(compact(sequences.columns), values)
        own = EncoderConstants(self.layout.encoding, self.encoder)
        encode_events(own, compact(sequences.values), events)
        encoded = Messages(events, edges[:-1], edges[1:], rows_of(0, 0), False)
        emitted = self.rooms.for_levels(len(edges) - 1, len(part.lengths))
        record = Record((), self.no_membranes, scores)
        self.run(encoded, emitted, record, part, self.when_scoring, initial)

    def score_frames(
        self,
        frames: NDArray[np.float32],
        part: Part,
        scores: Integers,
        initial: tuple[Initial, ...] | None = None,
    ) -> None:
        """Compute scores of raw frames; record and count nothing else. `part` counts frames.

        Frames must be contiguous and writable: kernels are compiled for no other kind.
        """
        self.choose(self.density.guessed_by(frames))
        rows = len(frames) * self.per_frame
        encoded = self.rooms.for_encoder(rows)
        emitted = self.rooms.for_levels(rows, len(part.starts))
        if self.layout.encode is None:
            self.encode_by_definition(frames, part, encoded)
        if initial is None and self.keeps_calls and rows <= FRAMES_KEPT:
            self.kept_scoring(part, scores).run(frames, part, scores)
        else:
            Calls(self.scoring_calls(frames, part, scores, initial)).run()
        self.choose(self.density.measured([encoded, *emitted], rows))

    def kept_scoring(self, part: Part, scores: Integers) -> Scoring:
        """Return the prepared calls for as many sequences; the last ones where they fit."""
        rooms = [self.rooms.for_encoder(0), *self.rooms.emitted]
        if self.scoring is None or not self.scoring.fits(part, scores, rooms):
            channels = self.layout.program.encoder.channels
            self.scoring = Scoring(self.scoring_calls, channels, part, scores, rooms)
        return self.scoring

    def scoring_calls(
        self,
        frames: NDArray[np.float32],
        part: Part,
        scores: Integers,
        initial: tuple[Initial, ...] | None = None,
    ) -> list[Call]:
        """Return the calls of `score_frames`; an encoder without a kernel has none."""
        layout, per_frame = self.layout, self.per_frame
        rows = len(frames) * per_frame
        encoded = self.rooms.for_encoder(rows)
        emitted = self.rooms.for_levels(rows, len(part.starts))
        kernel = layout.encode if encoded.dense else layout.encode_lists
        calls = [] if kernel is None else [self.encoder_call(kernel, frames, part, encoded)]
        if per_frame > 1:
            starts, lengths = part.starts * per_frame, part.lengths * per_frame
            part = part._replace(starts=starts, lengths=lengths)
        record = Record((), self.no_membranes, scores)
        counts = self.when_scoring
        return calls + self.calls(encoded, emitted, record, part, counts, initial)

    def encoder_call(
        self, kernel: Kernel, frames: NDArray[np.float32], part: Part, encoded: Messages
    ) -> Call:
        """Return the call of a kernel of the encoder."""
        return Call(kernel, (self.of_encoder, Fields(EncoderCall(frames, part, encoded))))

    def encode_by_definition(
        self, frames: NDArray[np.float32], part: Part, encoded: Messages
    ) -> None:
        """As `encode`, for a kind of encoder without a kernel."""
        encoder, per_frame, held = self.layout.program.encoder, self.per_frame, self.encoder.held
        listed = len(encoded.begin) > 0
        rows = rows_of(len(frames) * per_frame, encoder.sources) if listed else encoded.rows
        for start, length, begins in zip(part.starts, part.lengths, part.begins, strict=True):
            state = encoder.initial_state() if begins else held.copy()
            of_part = frames[start : start + length]
            events, held[:] = encoder.encode(of_part, state, self.encoder.clamped)
            steps = slice(start * per_frame, (start + length) * per_frame)
            rows[steps, : encoder.sources] = events
        if listed:
            list_rows(encoded._replace(rows=rows))

    def record(
        self,
        events: Rows,
        lengths: Steps,
        record: Record,
        sequence: int,
        initial: tuple[Initial, ...] | None = None,
    ) -> Saturations:
        """Run sequences of encoded events, each from its initial state; record everything."""
        self.forget_saturations()
        encoded = self.messages_of_events(events)
        levels = self.rooms.for_levels(len(events), len(lengths))
        emitted = [
            level._replace(rows=rows) for level, rows in zip(levels, record.emitted, strict=True)
        ]
        part = part_of(np.cumsum(lengths) - lengths, lengths, sequence, 0)
        self.run(encoded, emitted, record, part, self.saturated, initial)
        return self.saturations()

    def messages_of_events(self, events: Rows) -> Messages:
        """Return the encoder's messages of events (steps, sources)."""
        encoded = self.rooms.for_encoder(len(events))
        if isinstance(events, TokenRows):
            frames = events.numbers.astype(np.float32)
            Calls([self.encoder_call(list_tokens, frames, NO_PART, encoded)]).run()
            return encoded
        encoded = encoded._replace(rows=rows_of(*events.shape))
        encoded.rows[:, : events.shape[1]] = events
        if len(encoded.begin):
            list_rows(encoded)
        return encoded

    def run(
        self,
        encoded: Messages,
        emitted: list[Messages],
        record: Record,
        part: Part,
        counts: tuple[SaturationCounts, ...],
        initial: tuple[Initial, ...] | None = None,
    ) -> None:
        """Run sequences through every level; messages go to `emitted`, the rest to `record`."""
        Calls(self.calls(encoded, emitted, record, part, counts, initial)).run()
        self.choose(self.density.measured([encoded, *emitted], int(part.lengths.sum())))

    def calls(
        self,
        encoded: Messages,
        emitted: list[Messages],
        record: Record,
        part: Part,
        counts: tuple[SaturationCounts, ...],
        initial: tuple[Initial, ...] | None = None,
    ) -> list[Call]:
        """Return the calls of `run`: one for each layer, and one for the readout."""
        calls: list[Call] = []
        arriving = encoded
        initial = self.program_states if initial is None else initial
        for level, messages, ends in zip(self.layout.levels, emitted, self.rooms.ends, strict=True):
            end = np.zeros(1, dtype=np.int64)
            for layer in level:
                number = len(calls)
                sent = Sent(messages, layer.column, end, record.membranes[number], ends)
                of_call = LayerCall(arriving, part, sent, initial[number], counts[number])
                kernel = run_together if messages.dense else run_layer
                calls.append(Call(kernel, (self.of_layers[number], Fields(of_call))))
            arriving = messages
        of_readout = ReadoutCall(arriving, self.rooms.ends[-1], part, record.scores, counts[-1])
        return [*calls, Call(run_readout, (self.of_readout, Fields(of_readout)))]

    def choose(self, dense: list[bool]) -> None:
        """Let messages be dense, or not, from the next call on."""
        self.forget_dense(self.density.dense, dense)
        self.rooms.choose(dense)

    def forget_dense(self, before: list[bool], after: list[bool]) -> None:
        """Forget the last values of messages that tell changes and are dense no longer.

        They begin with values again, because products do not keep the last ones.
        """
        for number, (was, stays) in enumerate(zip(before, after, strict=True)):
            if was and not stays:
                self.forget_held(number)

    def forget_held(self, number: int) -> None:
        """Let the messages of the encoder, or of a level, begin with values."""
        readout = self.readout.accumulators, self.readout.synapses
        layers = [[(state.accumulators[0], state) for state in level] for level in self.layers]
        for accumulators, synapses in receivers(number, layers, readout):
            if synapses.by_change:
                synapses.held[:] = 0
                for _, target, length, _ in synapses.runs:
                    accumulators[target : target + length] = 0

    def carried(self, steps: int) -> Carried:
        """Return the state after the last step of a sequence of that many steps."""
        states = [state for level in self.layers for state in level]
        start = Start(
            tuple(state.e[:1, : state.h.shape[1]].astype(np.int64) for state in states),
            tuple(state.h[:1].astype(np.int64) for state in states),
        )
        score, window = self.readout.score.copy(), self.readout.window.copy()
        return Carried(start, self.encoder.held.copy(), score, steps, window)

    def load(self, carried: Carried) -> None:
        """Take up a state. Accumulators begin at 0: the next messages are values, not changes."""
        states = [state for level in self.layers for state in level]
        for state, e, h in zip(states, *carried.start, strict=True):
            state.accumulators[:] = 0
            for synapses in (state.input, state.emission, state.reset, state.output):
                synapses.held[:] = 0
            state.e[0, : len(e[0])], state.h[0] = e[0], h[0]
        self.readout.accumulators[:] = 0
        self.readout.synapses.held[:] = 0
        self.readout.score[:] = carried.score
        self.readout.window[:] = carried.window
        self.readout.steps[:] = carried.steps
        self.encoder.held[:] = carried.encoder

    def forget_saturations(self) -> None:
        for each in self.saturated:
            each.counts[:] = 0
            each.first[:] = -1

    def take_up(self, saturated: list[tuple[Integers, Integers]]) -> None:
        """Take up the counts and the first values of each layer and of the readout."""
        for each, (counts, first) in zip(self.saturated, saturated, strict=True):
            each.counts[:], each.first[:] = counts, first

    def saturations(self) -> Saturations:
        """Return everything that has saturated so far."""
        found = [
            Beyond(number, *(int(v) for v in each.first))
            for number, each in enumerate(self.saturated)
            if each.first[0] >= 0
        ]
        counts = np.stack([each.counts for each in self.saturated])
        return Saturations(counts, min(found, default=None))

    def overflow(self) -> Saturations | None:
        """Return what has left the word so far; None where nothing has."""
        found = self.saturations() if self.layout.watched else None
        return found if found is not None and found.first is not None else None
