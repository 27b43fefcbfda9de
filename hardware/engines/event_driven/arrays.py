"""The arguments of the events engine's kernels: settings, weights by source, state, scratch.

`layout` makes the constant parts from a program, `memory` the parts that change in a run.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[Any]
"""int32, or int64 in a program that needs it."""

LINE = 64
"""Bytes of a cache line. A vector that crosses a line is read twice."""


def room(shape: tuple[int, ...], number: type[np.generic]) -> NDArray[Any]:
    """Return zeros that begin with a cache line."""
    size = np.dtype(number).itemsize * math.prod(shape)
    memory = np.zeros(size + LINE, dtype=np.uint8)
    start = -memory.ctypes.data % LINE
    return memory[start : start + size].view(number).reshape(shape)


def owned(values: ArrayLike, number: type[np.generic]) -> NDArray[Any]:
    """Return a contiguous, writable copy: the only kind that kernels are compiled for."""
    copy = room(np.shape(values), number)
    copy[...] = values
    return copy


SLOTS = 16
"""Sequences of dense messages that are computed in step: enough to use each weight often."""

STEPS_AHEAD = 8
"""Steps whose dense messages are multiplied together."""

SIGMOID, TANH = range(2)
"""Rows of `Neurons.ramps` and `Neurons.tables`."""

INPUT_ACCUMULATOR, RECURRENT_ACCUMULATOR, WITH_BIAS, RESET_PRODUCT, PRE_ACTIVATION = range(5)
MEMBRANE, ACCUMULATOR, SCORE = 5, 6, 7
"""Places in `hardware.engines.saturation.QUANTITIES`."""


class Events(NamedTuple):
    """Lists of sources that send, and of the values that they send."""

    sources: NDArray[np.int32]
    values: Numbers  # int16; changes have the type of the accumulators


class Batch(NamedTuple):
    """Events that arrive together: those from `begin` to `end`."""

    events: Events
    begin: int
    end: int
    column: int
    """The number of the first source; a receiver counts from 0."""


class Messages(NamedTuple):
    """The messages of every step: lists, or rows where they are dense or tell changes."""

    events: Events
    begin: NDArray[np.int64]  # (steps,): where the list of each step begins among the events
    end: NDArray[np.int64]  # (steps,)
    rows: NDArray[np.int16]  # (steps, padded sources), or no rows
    dense: bool
    """Whether rows are multiplied whole, because most sources send."""


class Part(NamedTuple):
    """The sequences of one call."""

    starts: NDArray[np.int64]  # (sequences,): the first row of each
    lengths: NDArray[np.int64]  # (sequences,)
    sequence: NDArray[np.int64]  # (1,): the number of the first sequence

    order: NDArray[np.int64]  # (1,): steps that have been computed before
    begins: NDArray[np.bool_]
    """(sequences,): whether a sequence begins from its initial state; else the last one goes on."""


def part_of(
    starts: NDArray[np.int64], lengths: NDArray[np.int64], sequence: int, order: int
) -> Part:
    """Return a part of which all sequences begin, or go on after `order` steps."""
    begins = np.full(len(lengths), order == 0)
    return Part(starts, lengths, np.array([sequence]), np.array([order]), begins)


class Synapses(NamedTuple):
    """Synapses by source. Their weights are added to the accumulators of a layer."""

    weights: NDArray[np.int8]  # (sources, targets): one event adds one row
    packed: NDArray[np.int8]  # (panels, pairs of sources, PANEL, 2): the same, for dense messages
    runs: NDArray[np.int64]  # (runs, 4): first column, first accumulator, length, left shift
    by_change: bool
    """Whether accumulators are kept, and messages tell by how much a source has changed."""

    held: Numbers  # (padded sources,): the last value of each source
    base: Numbers  # accumulators that start again in every step start with this; none: they go on
    first: int
    """The place of the first accumulator that starts again."""

    quiet: NDArray[np.int64]  # (spans, 2): accumulators that start again, without synapses


class Rules(NamedTuple):
    """The settings of a layer, as its loops ask for them."""

    backward: bool
    resets_after: bool
    resets_before: bool
    writes: bool
    has_output: bool
    output_waits: bool
    spiking: bool
    signed: bool
    by_delta: bool
    subtracts: bool
    clears: bool
    table: bool
    joined: bool
    """Whether one accumulator takes everything that a gate receives; see `joint_sums`."""

    watched: bool
    """Whether values could leave the word, so that each is checked."""

    reset_gate: int
    mixing_gate: int
    candidate: int
    output_gate: int
    gate_fraction: int
    to_gate_grid: int
    """Fraction bits of the gate grid minus those of the state grid."""

    event_fraction: int


class Neurons(NamedTuple):
    """The constants of a layer's neurons."""

    rules: Rules
    bias: Numbers  # (gates, neurons)
    recurrent_bias: Numbers  # (neurons,)
    threshold: Numbers  # (neurons,)
    initial_membrane: Numbers  # (neurons,)
    initial_emission: NDArray[np.int16]  # (padded neurons,)
    shifts: Numbers  # (gates, 4): left, right of W x; left, right of the recurrent term
    inside_shift: Numbers  # (2,): left, right of U e + d before r multiplies it
    joined_shift: Numbers  # (gates,): right, from a joint sum to its place on the ramp
    ramps: Numbers  # (2, 4): right shift, offset, low, high of σ and of tanh
    tables: NDArray[np.int16]  # (2, 256)


class Initial(NamedTuple):
    """The state of a layer before the first step of each sequence; no rows for the layer's own."""

    emission: NDArray[np.int16]  # (sequences, padded neurons)
    membrane: Numbers  # (sequences, neurons)


class Products(NamedTuple):
    """Memory for the sums of dense messages, by column of the packed weights."""

    sums: NDArray[np.int32]  # (slots, columns): of messages that arrive now
    blocks: NDArray[np.int32]  # (slots, STEPS_AHEAD, columns): of messages of the next steps
    spans: NDArray[np.int64]  # (slots, 2): the rows whose sums a block has, from and to
    places: NDArray[np.int64]  # (STEPS_AHEAD,): rows that are multiplied


class Slots(NamedTuple):
    """Which sequence each slot computes."""

    order: NDArray[np.int64]  # (slots,): the slots, those at work first
    sequence: NDArray[np.int64]  # (slots,)
    step: NDArray[np.int64]  # (slots,): in the order of computation


class Listing(NamedTuple):
    """Memory to list the events of a row of values."""

    events: Events
    change: Numbers  # (padded sources,)


class Scratch(NamedTuple):
    """Memory to work in. Its content means nothing after a step."""

    listing: Listing
    message: NDArray[np.int16]  # (slots, padded neurons)
    rows: Numbers  # (slots, 6, neurons)
    products: Products
    slots: Slots


class LayerState(NamedTuple):
    """The state of a layer from step to step, and its synapses by the message they receive.

    Each slot has the state of one sequence. Sequences of dense messages are computed in step, one
    in each slot. All others are computed one after another, in slot 0.
    """

    input: Synapses
    emission: Synapses
    reset: Synapses  # r ⊙ e
    output: Synapses  # what h would emit before its output gate
    accumulators: Numbers  # (slots, …): the recurrent part, then gates · neurons of the input
    e: NDArray[np.int16]  # (slots, padded neurons)
    h: Numbers  # (slots, neurons)
    scratch: Scratch


class Sent(NamedTuple):
    """Where a layer leaves what it computes."""

    messages: Messages  # those of its level
    column: int
    """The place of its first neuron in its level."""

    end: NDArray[np.int64]  # (1,): the end of the lists of its level so far
    membranes: Numbers  # (steps, neurons), or no rows
    ends: NDArray[np.int16]  # (sequences, padded sources): last membranes on the gate grid


class Reading(NamedTuple):
    """The settings of a readout."""

    bias: NDArray[np.int64]  # (outputs,)
    shift: Numbers  # (2,): left, right
    keeps: bool
    """Whether a step adds to the score before it."""

    leak: int
    slides: bool
    tumbles: bool
    window: int
    every_step: bool
    once: bool
    """Whether it receives the membranes at the end of a sequence, not the messages of each step."""

    watched: bool


class ReadoutState(NamedTuple):
    """The state of the readout from step to step."""

    synapses: Synapses
    accumulators: Numbers  # (outputs,)
    score: NDArray[np.int64]  # (outputs,)
    window: NDArray[np.int64]  # (words, outputs): a ring of currents, or the sum so far
    steps: NDArray[np.int64]  # (1,): steps of the sequence so far
    scratch: Scratch


class Encoding(NamedTuple):
    """The settings of an encoder."""

    offset: NDArray[np.float64]  # (channels,)
    gain: NDArray[np.float64]  # (channels,)
    limit: int
    threshold: int
    steps: int
    fields: int
    kind: int
    """A place in `encoding.KINDS`; −1 for a kind without a kernel."""

    responses: NDArray[np.int16]  # (2 · limit + 1, fields); no rows without receptive fields


class EncoderState(NamedTuple):
    """The state of an encoder from frame to frame, and memory to work in."""

    held: NDArray[np.int64]  # (channels,): the value last sent, remainder or level
    rounded: NDArray[np.int16]  # (2, padded sources)
    tail: NDArray[np.float32]  # (LANES,): the last channels of a frame, and zeros behind them
    clamped: NDArray[np.int64]  # (channels,): inputs clamped so far


class SaturationCounts(NamedTuple):
    """Saturations of a layer or of the readout."""

    counts: NDArray[np.int64]  # clamps of σ, clamps of tanh, values outside the word
    first: NDArray[np.int64]  # sequence, order, quantity, gate, neuron, step, value; −1 for none
    limit: int
    """The largest magnitude that the word holds."""

    counting: bool
    """Whether saturations are counted, and values outside the word are looked for."""
