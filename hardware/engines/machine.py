"""A run through a laid-out program: the state that steps leave behind, and the kernels' calls."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hardware.arithmetic import WORD_LIMIT, Integers
from hardware.encoding import ENCODERS
from hardware.engines.arrays import Numbers, Scratch, Synapses, Tally, room
from hardware.engines.bits import LANES
from hardware.engines.frames import encode
from hardware.engines.kernels import run_layer, run_readout
from hardware.engines.layout import LayerLayout, Layout, padded
from hardware.engines.saturation import SATURATIONS, Beyond, Saturations
from hardware.engines.wiring import Wires
from hardware.sequences import Sequences

Steps = NDArray[np.int64]
"""Of each sequence: its first row, or how many."""


def messages(steps: int, width: int) -> NDArray[np.int16]:
    """Rows for what so many sources send."""
    return room((steps, padded(width)), np.int16)


class LayerState(NamedTuple):
    """What a step of a layer leaves to the next; synapses as in `run_layer`."""

    W: Synapses
    U: Synapses
    M: Synapses
    O: Synapses  # noqa: E741
    e: NDArray[np.int16]
    h: Numbers


class Record(NamedTuple):
    """Where a run leaves what it computes."""

    emitted: tuple[NDArray[np.int16], ...]  # per level (steps, padded neurons)
    membranes: tuple[Numbers, ...]  # per layer (steps, neurons), or no rows
    scores: Integers  # (sequences, outputs), or (steps, outputs) if read at every step


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
            tuple(self.clean_state(layer) for layer in level) for level in layout.levels
        )
        self.readout = self.synapses(
            layout.readout, room((program.readout.outputs,), layout.number)
        )
        self.score = np.zeros(program.readout.outputs, dtype=np.int64)
        self.encoder_state = program.encoder.initial_state()
        self.rounded = room((program.encoder.channels,), np.int16)
        self.scratch = [self.scratch_of(layer.inputs, layer.neurons) for layer in program.layers]
        self.scratch.append(self.scratch_of(program.readout.weights.shape[1], 0))
        self.tallies = tuple(
            Tally(np.zeros(len(SATURATIONS), np.int64), np.full(7, -1), WORD_LIMIT)
            for _ in self.scratch
        )
        self.no_membranes = tuple(np.empty((0, 0), dtype=layout.number) for _ in program.layers)
        self.rows = messages(0, 0), tuple(messages(0, 0) for _ in layout.levels)

    def clean_state(self, layer: LayerLayout) -> LayerState:
        sums = room((layer.wiring.sums,), self.layout.number)
        W, U, M, O = (self.synapses(wires, sums) for wires in layer.wiring)  # noqa: E741
        return LayerState(
            W,
            U,
            M,
            O,
            layer.neurons.initial_emission.copy(),
            layer.neurons.initial_membrane.copy(),
        )

    def synapses(self, wires: Wires, sums: Numbers) -> Synapses:
        """Synapses through which nothing has come yet."""
        sources, targets = wires.weights.shape
        return Synapses(
            wires.weights,
            wires.scale,
            wires.by_change,
            room((padded(sources),), self.layout.number),
            sums[wires.first : wires.first + targets],
            wires.base,
            sums[wires.begin : wires.begin + len(wires.base)],
        )

    def scratch_of(self, inputs: int, neurons: int) -> Scratch:
        """Room for the work of a layer."""
        number, sources = self.layout.number, padded(max(inputs, neurons))
        return Scratch(
            active=room((sources + LANES,), np.intp),
            factors=room((sources + LANES,), number),
            change=room((sources,), number),
            message=room((padded(neurons),), np.int16),
            rows=room((4, neurons), number),
        )

    def score_sequences(self, sequences: Sequences, first: int = 0) -> Integers:
        """Scores of sequences from a clean state, the first of them being number `first`."""
        rows = len(sequences.values) * self.per_frame if self.every_step else len(sequences)
        scores = np.empty((rows, len(self.score)), dtype=np.int64)
        frames = np.require(sequences.values, requirements=["C", "W"])
        self.score_frames(frames, sequences.starts, sequences.lengths.copy(), scores, first)
        return scores

    def score_frames(
        self,
        frames: NDArray[np.float32],
        starts: Steps,
        lengths: Steps,
        scores: Integers,
        sequence: int = 0,
        order: int = 0,
    ) -> None:
        """Raw frames of sequences to scores, nothing recorded; the rest as in `run`.

        Frames must be contiguous and writable, as kernels are compiled for no other kind.
        """
        encoder = self.layout.program.encoder
        steps = len(frames) * self.per_frame
        if len(self.rows[0]) < steps:
            self.rows = (
                messages(steps, encoder.channels),
                tuple(messages(steps, width) for width in self.layout.level_widths),
            )
        events, emitted = self.rows
        encode(
            self.layout.encoder_offset,
            self.layout.encoder_gain,
            encoder.limit,
            ENCODERS.index(encoder.kind),
            encoder.threshold,
            encoder.steps,
            self.layout.of_silence,
            self.rounded,
            self.encoder_state,
            frames,
            starts,
            lengths,
            order == 0,
            events,
        )
        record = Record(emitted, self.no_membranes, scores)
        per_frame = self.per_frame
        self.run(events, starts * per_frame, lengths * per_frame, record, sequence, order)

    def run(
        self,
        events: NDArray[np.int16],
        starts: Steps,
        lengths: Steps,
        record: Record,
        sequence: int = 0,
        order: int = 0,
    ) -> None:
        """Run sequences through every level, each from a clean state.

        The first of them is number `sequence`. With an `order` above 0 they go on from where the
        last call came to, after so many steps.
        """
        readout, layout = self.layout.program.readout, self.layout
        arriving, number = events, 0
        ends = np.empty((0, 0), dtype=np.int16)
        for level, states, emitted in zip(layout.levels, self.states, record.emitted, strict=True):
            ends = np.zeros((len(starts), emitted.shape[1]), dtype=np.int16)
            for layer, state in zip(level, states, strict=True):
                run_layer(
                    layer.rules,
                    layer.neurons,
                    *state,
                    arriving,
                    starts,
                    lengths,
                    sequence,
                    order,
                    emitted,
                    layer.column,
                    record.membranes[number],
                    ends,
                    self.scratch[number],
                    self.tallies[number],
                )
                number += 1
            arriving = emitted
        run_readout(
            self.readout,
            layout.readout_bias,
            layout.readout_shift,
            readout.adds_up or readout.kind == "leaky",
            readout.leak,
            self.score,
            ends if readout.sees_membranes else arriving,
            starts,
            lengths,
            sequence,
            order,
            record.scores,
            self.every_step,
            readout.sees_membranes,
            layout.watched,
            self.scratch[number],
            self.tallies[number],
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
