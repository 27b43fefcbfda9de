"""The definition run over sequences, all of them in parallel, in NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hardware.definition.arithmetic import WORD_LIMIT, Integers, shift
from hardware.definition.cell import Product, Watch, step, unwatched
from hardware.definition.readout import Readout
from hardware.definition.token_rows import Rows
from hardware.definition.window import Tally
from hardware.engines.magnitudes import width
from hardware.engines.registry import Recording, one_by_one
from hardware.engines.saturation import (
    QUANTITIES,
    SATURATIONS,
    Beyond,
    Saturations,
    clamped,
    merged,
    ramp,
)
from hardware.program.model import Layer, Program
from hardware.program.start import Carried, Start, carried_at_start
from hardware.sequences.dense import Sequences


def execute(
    program: Program,
    events: Rows,
    lengths: NDArray[np.int64],
    deadline: float | None = None,
    start: Start | None = None,
) -> Recording:
    """Run all sequences level by level; nothing can hang here, so the deadline is not needed."""
    proven = width(program).proven
    watchers = [Watcher(program, number, proven) for number in range(len(program.layers) + 1)]
    emitted, membranes = run_levels(program, events.astype(np.int64), lengths, watchers, start)
    if program.readout.sees_membranes:
        messages = last_membranes(program, membranes, lengths)
    else:
        messages = np.concatenate(emitted[-len(program.levels[-1]) :], axis=1)
    return Recording(
        emitted=tuple(
            e.astype(layer.cell.emission_type)
            for layer, e in zip(program.layers, emitted, strict=True)
        ),
        membranes=tuple(membranes),
        scores=read_out(program.readout, messages, lengths, watchers[-1]),
        saturations=merged([watcher.found for watcher in watchers]),
    )


def connect(program: Program, start: Start | None = None) -> Stepper:
    """Return the program, to be stepped."""
    return Stepper(program, start)


class Stepper:
    """Runs a program whose state stays between calls: each step is a run of one step."""

    start: Start
    encoder: Integers
    tally: Tally
    beyond: Beyond | None

    def __init__(self, program: Program, start: Start | None) -> None:
        self.program = program
        self.first = carried_at_start(program, start)
        self.load(self.first)
        self.proven = width(program).proven
        self.clamped_inputs = np.zeros(program.encoder.channels, dtype=np.int64)

    def step(self, frame: NDArray[np.float32]) -> Integers | None:
        if not self.program.encoder.takes(frame):
            return None
        program, one = self.program, np.ones(1, dtype=np.int64)
        events, self.encoder = program.encoder.encode(
            frame[np.newaxis], self.encoder, self.clamped_inputs
        )
        for seen in events.astype(np.int64):
            layers = range(len(program.layers) + 1)
            watchers = [Watcher(program, number, self.proven) for number in layers]
            steps = int(self.tally.steps[0])
            e, h = run_levels(program, seen[np.newaxis], one, watchers, self.start)
            self.start = Start(tuple(e), tuple(h))
            at_end = program.readout.sees_membranes
            messages = last_membranes(program, h, one) if at_end else e[-1]
            read_out(program.readout, messages, one, watchers[-1], self.tally)
            first = merged([watcher.found for watcher in watchers]).first
            if self.beyond is None and first is not None:
                self.beyond = first._replace(order=steps, step=steps)
        return self.tally.score[0].copy()

    def block(self, frames: NDArray[np.float32]) -> Integers:
        return one_by_one(self, frames, self.program.readout.outputs)

    def run(self, sequences: Sequences) -> Integers:
        """Return scores of whole sequences, as in `Trace.scores`; the next step starts clean."""
        self.reset()
        events, steps = self.program.encode(sequences, self.clamped_inputs)
        found = execute(self.program, events, steps, start=self.first.start.repeated(len(steps)))
        self.beyond = None if found.saturations is None else found.saturations.first
        return found.scores

    def carried(self) -> Carried:
        (score,), (window,), (steps,) = self.tally
        return Carried(self.start, self.encoder, score.copy(), int(steps), window.copy())

    def load(self, carried: Carried) -> None:
        self.start, self.encoder, self.tally = carried.start, carried.encoder, carried.tally
        self.beyond = None

    def reset(self) -> None:
        self.load(self.first)

    def overflow(self) -> Saturations | None:
        if self.beyond is None:
            return None
        layers = len(self.program.layers) + 1
        return Saturations(np.zeros((layers, len(SATURATIONS)), np.int64), self.beyond)

    def clamped(self) -> Integers:
        return self.clamped_inputs

    def close(self) -> None:
        """Do nothing: a stepper holds only memory."""


class Watcher:
    """Counts what saturates in one layer, or in the readout behind them."""

    def __init__(self, program: Program, number: int, proven: bool) -> None:
        is_layer = number < len(program.layers)
        self.number = number
        self.proven = proven
        self.cell = program.layers[number].cell if is_layer else None
        self.found = Saturations(np.zeros((len(program.layers) + 1, len(SATURATIONS)), np.int64))

    def at(self, sequences: NDArray[np.int64], order: int, steps: NDArray[np.int64]) -> Watch:
        """Return a watcher of the rows of these sequences, each at its step."""

        def watch(quantity: str, gate: str, values: Integers) -> None:
            counts = self.found.counts[self.number]
            if quantity == "pre-activation":
                assert self.cell is not None
                candidate = gate == "candidate"
                function = ramp(self.cell, "tanh" if candidate else "sigmoid")
                counts[SATURATIONS.index("candidate" if candidate else "gate")] += clamped(
                    function, values
                )
            if self.proven or max(values.max(initial=0), -values.min(initial=0)) <= WORD_LIMIT:
                return
            rows, neurons = np.nonzero(np.abs(values) > WORD_LIMIT)
            counts[SATURATIONS.index("word")] += len(rows)
            first = np.lexsort((neurons, sequences[rows]))[0]
            row, neuron = rows[first], neurons[first]
            beyond = Beyond(
                layer=self.number,
                sequence=int(sequences[row]),
                order=order,
                quantity=QUANTITIES.index(quantity),
                gate=self.cell.gates.index(gate) if self.cell is not None and gate else 0,
                neuron=int(neuron),
                step=int(steps[row]),
                value=int(values[row, neuron]),
            )
            self.found = replace(self.found, first=min(beyond, self.found.first or beyond))

        return watch


def synapses(weights: NDArray[np.int8], messages: Rows) -> Integers:
    """`messages · weightsᵀ` in integers; float64 holds every partial sum, and is fast."""
    return by_source(messages, weights.T.astype(np.float64))


def by_source(messages: Rows, weights: NDArray[np.float64]) -> Integers:
    products: NDArray[np.float64] = messages.astype(np.float64) @ weights
    return products.astype(np.int64)


def product_of(layer: Layer) -> Product:
    """`U(gate, message)` of a layer."""
    weights = {
        gate: layer.recurrent_rows(gate).T.astype(np.float64)
        for gate in layer.cell.row.recurrent_gates
    }
    return lambda gate, message: by_source(message, weights[gate])


def run_layer(
    layer: Layer,
    arriving: Rows,
    lengths: NDArray[np.int64],
    watcher: Watcher | None = None,
    before: tuple[Integers, Integers] | None = None,
) -> tuple[Integers, Integers]:
    """Emissions and membranes of a layer at every step.

    Those of a backward layer are in the order of its input: its last step comes first. `before` is
    the emission and the membrane of each sequence before its first step, if not the layer's own.
    """
    input_current = synapses(layer.input_weights, arriving)
    U = product_of(layer)
    emitted = np.zeros((len(arriving), layer.neurons), dtype=np.int64)
    membranes = np.zeros_like(emitted)
    longest_first = np.argsort(-lengths, kind="stable")
    starts = (np.cumsum(lengths) - lengths)[longest_first]
    ends = starts + lengths[longest_first] - 1

    if before is None:
        e = np.tile(layer.initial_emission, (len(lengths), 1))
        h = np.tile(layer.initial_membrane, (len(lengths), 1))
    else:
        e, h = (values[longest_first] for values in before)
    for t in range(int(lengths.max(initial=0))):
        alive = int((lengths > t).sum())
        rows = ends[:alive] - t if layer.backward else starts[:alive] + t
        watch = watcher.at(longest_first, t, rows - starts[:alive]) if watcher else unwatched
        e, h = step(layer.cell, layer.gate, input_current[rows], U, e[:alive], h[:alive], watch)
        watch("membrane", "", h)
        emitted[rows], membranes[rows] = e, h
    return emitted, membranes


def run_levels(
    program: Program,
    events: Rows,
    lengths: NDArray[np.int64],
    watchers: Sequence[Watcher],
    start: Start | None = None,
) -> tuple[list[Integers], list[Integers]]:
    """Return the emissions and membranes of every layer, level by level."""
    emitted: list[Integers] = []
    membranes: list[Integers] = []
    arriving: Rows = events
    for level in program.levels:
        for layer in level:
            number = len(emitted)
            before = None if start is None else (start.emitted[number], start.membranes[number])
            e, h = run_layer(layer, arriving, lengths, watchers[number], before)
            emitted.append(e)
            membranes.append(h)
        arriving = np.concatenate(emitted[-len(level) :], axis=1)
    return emitted, membranes


def last_membranes(
    program: Program, membranes: Sequence[Integers], lengths: NDArray[np.int64]
) -> Integers:
    """The last level's membranes after each direction's last step, on the gate grid."""
    level = program.levels[-1]
    ends = np.cumsum(lengths) - 1
    starts = np.cumsum(lengths) - lengths
    return np.concatenate(
        [
            shift(
                h[starts if layer.backward else ends],
                layer.cell.gate_fraction - layer.cell.state_fraction,
            )
            for layer, h in zip(level, membranes[-len(level) :], strict=True)
        ],
        axis=1,
    )


def read_out(
    readout: Readout,
    messages: Integers,
    lengths: NDArray[np.int64],
    watcher: Watcher,
    tally: Tally | None = None,
) -> Integers:
    """Scores from what the readout sees: of each sequence, or of each step where it answers there.

    Messages are those of every step, or for the last membrane one of each sequence. A `tally`
    continues; without one every sequence begins.
    """
    products = synapses(readout.weights, messages)
    starts, longest = np.cumsum(lengths) - lengths, int(lengths.max(initial=0))
    tally = readout.tally(len(lengths), longest) if tally is None else tally
    every_step = np.zeros_like(products)
    for t in range(longest):
        once = readout.sees_membranes
        sequences = np.flatnonzero(lengths == t + 1 if once else lengths > t)
        rows = sequences if once else starts[sequences] + t
        watch = watcher.at(sequences, t, np.full_like(sequences, t))
        watch("accumulator", "", products[rows])
        watch("score", "", readout.step(tally, products[rows], sequences))
        every_step[rows] = tally.score[sequences]
    return every_step if readout.answers_every_step else tally.score
