"""What the kernels of the events engine work on: settings, weights by source, state, room.

`layout` makes them of a program, `machine` of a run.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[Any]
"""int32, or int64 in a program that needs it."""

LINE = 64
"""Bytes of a line of the cache: a vector that lies across two of them is read twice."""


def room(shape: tuple[int, ...], number: type[np.generic]) -> NDArray[Any]:
    """Zeros that begin with a line of the cache."""
    size = np.dtype(number).itemsize * math.prod(shape)
    memory = np.zeros(size + LINE, dtype=np.uint8)
    start = -memory.ctypes.data % LINE
    return memory[start : start + size].view(number).reshape(shape)


def owned(values: ArrayLike, number: type[np.generic]) -> NDArray[Any]:
    """A copy whose memory is ours and in order: kernels are compiled for no other kind."""
    copy = room(np.shape(values), number)
    copy[...] = values
    return copy


SIGMOID, TANH = range(2)
"""Rows of `Neurons.ramps` and `Neurons.tables`."""

OUTPUT = 3
"""The place of the output gate."""

INPUT_ACCUMULATOR, RECURRENT_ACCUMULATOR, RESET_PRODUCT, PRE_ACTIVATION, MEMBRANE = range(5)
ACCUMULATOR, SCORE = 5, 6
"""Places in `hardware.engines.saturation.QUANTITIES`."""


class Events(NamedTuple):
    """Sources that send something, and what they send: lists, one behind the other."""

    sources: NDArray[np.int32]
    values: Numbers  # int16, but for changes


class Messages(NamedTuple):
    """What is sent at each step: lists, or rows where a receiver asks what has changed."""

    events: Events
    begin: NDArray[np.int64]  # (steps,): where the list of each step begins among the events
    end: NDArray[np.int64]  # (steps,)
    rows: NDArray[np.int16]  # (steps, padded sources), or no rows


class Synapses(NamedTuple):
    """Synapses by source, and what has arrived through them."""

    weights: NDArray[np.int8]  # (sources, gates · neurons): what one event adds is one row
    scale: Numbers  # (runs,): by how much weights are shifted left as they are added
    edges: NDArray[np.int64]  # (runs + 1,): the targets of which run have that scale
    by_change: bool
    """Whether sums are kept and messages say by how much a source has changed."""

    held: Numbers  # (padded sources,): what each source sent last
    sums: Numbers  # (gates · neurons,): what rows are added to
    base: Numbers  # what those sums are before anything arrives that begin anew in each step
    begin: Numbers  # where these are


class Rules(NamedTuple):
    """The settings of a layer, as its loops ask for them."""

    backward: bool
    reset_inside: bool
    """r ⊙ (U e + d): the reset stands behind the product."""

    reset_before: bool
    """U (r ⊙ e): the reset stands before it."""

    update_keeps: bool
    """z keeps the old state; else it writes the new one."""

    output_gated: bool
    spiking: bool
    signed: bool
    graded: bool
    subtract: bool
    zero: bool
    table: bool
    joined: bool
    """Whether one sum takes all that a gate hears; see `joint_sums`."""

    watched: bool
    """Whether values could leave the word, so that each is looked at."""

    update_gate: int
    candidate: int
    gate_fraction: int
    to_gate_grid: int
    """Fraction bits of the gate grid less those of the state grid."""

    event_fraction: int


class Neurons(NamedTuple):
    """What the neurons of a layer hold."""

    bias: Numbers  # (gates, neurons)
    recurrent_bias: Numbers  # (neurons,)
    threshold: Numbers  # (neurons,)
    initial_membrane: Numbers  # (neurons,)
    initial_emission: NDArray[np.int16]  # (padded neurons,)
    shifts: Numbers  # (gates, 4): left, right of W x; left, right of the recurrent term
    inside_shift: Numbers  # (2,): left, right of U e + d before r multiplies it
    joined_shift: Numbers  # (gates,): right, from a joined sum to its place on the ramp
    ramps: Numbers  # (2, 4): of σ and tanh: right shift, offset, low, high
    tables: Numbers  # (2, 256)


class Scratch(NamedTuple):
    """Room to work in; what is in it means nothing afterwards."""

    events: Events
    change: Numbers  # (padded sources,)
    message: NDArray[np.int16]  # (padded neurons,)
    rows: Numbers  # (4, neurons)


class Tally(NamedTuple):
    """Saturations of a part of a run."""

    counts: NDArray[np.int64]  # clamps of σ, clamps of tanh, values outside the word
    first: NDArray[np.int64]  # sequence, order, quantity, gate, neuron, step, value; −1 for none
    limit: int
    """The largest magnitude that the word holds."""
