"""A run through a laid-out program: what is kept from step to step, and the kernels' calls."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hardware.definition.arithmetic import WORD_LIMIT, Integers
from hardware.definition.encoder import ENCODERS
from hardware.engines.event_driven.arrays import Events, Messages, Numbers, Tally, room
from hardware.engines.event_driven.encoding import encode, encode_events, encode_nonzero, list_rows
from hardware.engines.event_driven.intrinsics import LANES
from hardware.engines.event_driven.kernels import run_layer, run_readout
from hardware.engines.event_driven.layout import Layout
from hardware.engines.event_driven.memory import (
    clean_state,
    clean_synapses,
    compact,
    messages_of,
    rows_of,
    scratch_of,
)
from hardware.engines.saturation import SATURATIONS, Beyond, Saturations
from hardware.sequences.sparse import AnySequences, SparseSequences

Steps = NDArray[np.int64]
"""Of each sequence: its first row, or how many."""


class Record(NamedTuple):
    """Where a run leaves what it computes."""

    emitted: tuple[NDArray[np.int16], ...]  # per level (steps, padded neurons)
    membranes: tuple[Numbers, ...]  # per layer (steps, neurons)
    scores: Integers  # (sequences, outputs), or (steps, outputs) if read at every step

    def part(self, steps: slice, scores: slice) -> Record:
        """Where a part of the run leaves what it computes."""
        return Record(
            tuple(rows[steps] for rows in self.emitted),
            tuple(rows[steps] for rows in self.membranes),
            self.scores[scores],
        )


class Machine:
    """Runs sequences from a clean state, or on from where the last call came to.

    A machine works on one thing at a time; machines of one layout can do so beside each other.
    """

    def __init__(self, layout: Layout) -> None:
        program = layout.program
        self.layout = layout
        self.every_step = program.readout.answers_every_step
        self.per_frame = program.encoder.steps
        self.states = tuple(
            tuple(clean_state(layer, layout.number) for layer in level) for level in layout.levels
        )
        self.readout = clean_synapses(
            layout.readout, room((program.readout.outputs,), layout.number)
        )
        self.score = np.zeros(program.readout.outputs, dtype=np.int64)
        self.encoder_state = program.encoder.initial_state()
        self.tail = room((LANES,), np.float32)
        self.rounded = rows_of(2, program.encoder.channels)
        sizes = [(layer.inputs, layer.neurons) for layer in program.layers]
        sizes.append((program.readout.weights.shape[1], 0))
        self.scratch = [scratch_of(*size, layout.number) for size in sizes]
        self.tallies = tuple(
            Tally(np.zeros(len(SATURATIONS), np.int64), np.full(7, -1), WORD_LIMIT)
            for _ in self.scratch
        )
        self.stream_tallies = self.tallies if layout.watched else (None,) * len(self.tallies)
        self.no_membranes = tuple(np.empty((0, 0), dtype=layout.number) for _ in program.layers)
        self.encoded_steps = self.steps = self.sequences = 0
        self.encoded: Messages | None = None
        self.emitted: list[Messages] = []

    def score_sequences(self, sequences: AnySequences, first: int = 0) -> Integers:
        """Scores of sequences from a clean state, the first of them being number `first`."""
        lengths = sequences.lengths.copy()
        rows = lengths.sum() * self.per_frame if self.every_step else len(lengths)
        scores = np.empty((rows, len(self.score)), dtype=np.int64)
        if isinstance(sequences, SparseSequences):
            if self.layout.silence_is_silent:
                self.score_events(sequences, lengths, scores, first)
                return scores
            sequences = sequences.dense()
        frames = compact(sequences.values)
        self.score_frames(frames, np.cumsum(lengths) - lengths, lengths, scores, first)
        return scores

    def score_events(
        self, sequences: SparseSequences, lengths: Steps, scores: Integers, first: int
    ) -> None:
        """As `score_frames` of sequences, from nothing but the values that are not 0."""
        layout, edges = self.layout, compact(sequences.edges)
        values = np.empty(len(sequences.values), dtype=np.int16)
        events = Events(compact(sequences.columns), values)
        encode_events(
            layout.encoder_offset,
            layout.encoder_gain,
            layout.program.encoder.limit,
            compact(sequences.values),
            events,
        )
        encoded = Messages(events, edges[:-1], edges[1:], rows_of(0, 0))
        emitted = self.room_for_levels(len(edges) - 1, len(lengths))
        starts, no_membranes = np.cumsum(lengths) - lengths, self.no_membranes
        self.run(
            encoded, emitted, no_membranes, scores, starts, lengths, first, 0, self.stream_tallies
        )

    def score_frames(
        self,
        frames: NDArray[np.float32],
        starts: Steps,
        lengths: Steps,
        scores: Integers,
        sequence: int = 0,
        order: int = 0,
    ) -> None:
        """Raw frames of sequences to scores, nothing recorded or counted; the rest as in `run`.

        Frames must be contiguous and writable, as kernels are compiled for no other kind.
        """
        encoder, per_frame = self.layout.program.encoder, self.per_frame
        encoded = self.room_for_encoder(len(frames) * per_frame)
        emitted = self.room_for_levels(len(frames) * per_frame, len(starts))
        scale = self.layout.encoder_offset, self.layout.encoder_gain, encoder.limit
        if self.layout.silence_is_silent:
            encode_nonzero(*scale, self.tail, frames, encoded)
        else:
            encode(
                *scale,
                ENCODERS.index(encoder.kind),
                encoder.threshold,
                encoder.steps,
                self.rounded,
                self.encoder_state,
                frames,
                starts,
                lengths,
                order == 0,
                encoded,
            )
        self.run(
            encoded,
            emitted,
            self.no_membranes,
            scores,
            starts * per_frame,
            lengths * per_frame,
            sequence,
            order,
            self.stream_tallies,
        )

    def record(
        self, events: NDArray[np.int16], lengths: Steps, record: Record, sequence: int
    ) -> Saturations:
        """Run sequences of encoded events, each from a clean state; record all, return the rest."""
        self.forget_saturations()
        encoded = self.room_for_encoder(len(events))._replace(rows=events)
        levels = self.room_for_levels(len(events), len(lengths))
        emitted = [
            level._replace(rows=rows) for level, rows in zip(levels, record.emitted, strict=True)
        ]
        if not self.layout.by_change[0]:
            list_rows(encoded)
        self.run(
            encoded,
            emitted,
            record.membranes,
            record.scores,
            np.cumsum(lengths) - lengths,
            lengths,
            sequence,
            0,
            self.tallies,
        )
        return self.saturations()

    def room_for_encoder(self, steps: int) -> Messages:
        """Messages of the encoder; what they held before is lost."""
        if self.encoded is None or steps > self.encoded_steps:
            self.encoded_steps = steps
            channels = [self.layout.program.encoder.channels]
            self.encoded = messages_of(channels, self.layout.by_change[0], steps, 0)
        return self.encoded

    def room_for_levels(self, steps: int, sequences: int) -> list[Messages]:
        """Messages of every level; what they held before is lost."""
        if not self.emitted or steps > self.steps or sequences > self.sequences:
            self.steps, self.sequences = max(steps, self.steps), max(sequences, self.sequences)
            self.emitted = [
                messages_of(
                    [layer.neurons for layer in level], by_change, self.steps, self.sequences
                )
                for level, by_change in zip(
                    self.layout.program.levels, self.layout.by_change[1:], strict=True
                )
            ]
        return self.emitted

    def run(
        self,
        encoded: Messages,
        emitted: list[Messages],
        membranes: tuple[Numbers, ...],
        scores: Integers,
        starts: Steps,
        lengths: Steps,
        sequence: int,
        order: int,
        tallies: tuple[Tally | None, ...],
    ) -> None:
        """Run sequences through every level, each from a clean state.

        The first of them is number `sequence`. With an `order` above 0 they go on from where the
        last call came to, after so many steps. Without tallies nothing is counted.
        """
        readout, layout = self.layout.program.readout, self.layout
        number = 0
        ends, arriving = np.empty((0, 0), dtype=np.int16), encoded
        for level, states, sent in zip(layout.levels, self.states, emitted, strict=True):
            width = sum(len(state.h) for state in states)
            ends, end = rows_of(len(starts), width), 0
            for layer, state in zip(level, states, strict=True):
                end = run_layer(
                    layer.rules,
                    layer.neurons,
                    *state,
                    arriving,
                    starts,
                    lengths,
                    sequence,
                    order,
                    sent,
                    layer.column,
                    end,
                    membranes[number],
                    ends,
                    self.scratch[number],
                    tallies[number],
                )
                number += 1
            arriving = sent
        run_readout(
            self.readout,
            layout.readout_bias,
            layout.readout_shift,
            readout.adds_up or readout.kind == "leaky",
            readout.leak,
            self.score,
            arriving,
            ends,
            starts,
            lengths,
            sequence,
            order,
            scores,
            self.every_step,
            readout.sees_membranes,
            layout.watched,
            self.scratch[number],
            tallies[number],
        )

    def forget_saturations(self) -> None:
        for tally in self.tallies:
            tally.counts[:] = 0
            tally.first[:] = -1

    def saturations(self) -> Saturations:
        """All that has saturated so far."""
        found = [
            Beyond(number, *(int(v) for v in tally.first))
            for number, tally in enumerate(self.tallies)
            if tally.first[0] >= 0
        ]
        counts = np.stack([tally.counts for tally in self.tallies])
        return Saturations(counts, min(found, default=None))

    def overflow(self) -> Saturations | None:
        """What has left the word so far; None where nothing has."""
        found = self.saturations() if self.layout.watched else None
        return found if found is not None and found.first is not None else None
