"""Which lane carries which sequence, and how many ticks a run takes."""

from __future__ import annotations

import heapq
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hardware.lava.clock import FIRST, LAST, STEP
from hardware.program.model import Program

NONE = -1


class Plan(NamedTuple):
    """A slot for each step of all lanes; sequences follow one another without a gap."""

    rows: NDArray[np.int64]
    """(slots, lanes): the row of the frame; NONE where the lane has ended."""

    clock: NDArray[np.int64]
    """(slots, lanes): the clock message that goes with the frame."""

    ends: NDArray[np.int64]
    """(slots, lanes): the number of the sequence that ends here; NONE where none does."""

    begins: NDArray[np.int64]
    """(sequences of a lane, lanes): the number of each sequence; 0 beyond the last of a lane."""

    lanes: tuple[NDArray[np.int64], ...]
    """The lengths of the sequences of each lane."""


def plan(lengths: NDArray[np.int64], lanes: int) -> Plan:
    """Give each sequence, longest first, to the lane that is free first; one lane keeps order."""
    order = np.argsort(-lengths, kind="stable") if lanes > 1 else np.arange(len(lengths))
    free = [(0, lane) for lane in range(lanes)]
    carried: list[list[int]] = [[] for _ in range(lanes)]
    for sequence in order:
        load, lane = heapq.heappop(free)
        carried[lane].append(int(sequence))
        heapq.heappush(free, (load + int(lengths[sequence]), lane))
    slots = max(load for load, _ in free)
    starts = np.cumsum(lengths) - lengths
    rows = np.full((slots, lanes), NONE, dtype=np.int64)
    ends = np.full((slots, lanes), NONE, dtype=np.int64)
    clock = np.zeros((slots, lanes), dtype=np.int64)
    for lane, sequences in enumerate(carried):
        slot = 0
        for sequence in sequences:
            length = int(lengths[sequence])
            rows[slot : slot + length, lane] = starts[sequence] + np.arange(length)
            clock[slot : slot + length, lane] = STEP
            clock[slot, lane] |= FIRST
            clock[slot + length - 1, lane] |= LAST
            ends[slot + length - 1, lane] = sequence
            slot += length
    begins = np.zeros((max(map(len, carried)), lanes), dtype=np.int64)
    for lane, sequences in enumerate(carried):
        begins[: len(sequences), lane] = sequences
    return Plan(rows, clock, ends, begins, tuple(lengths[sequences] for sequences in carried))


def one_step(first: bool) -> Plan:
    """Return the plan of a single step of a stream."""
    clock = np.full((1, 1), STEP | LAST | (FIRST if first else 0), dtype=np.int64)
    zero = np.zeros((1, 1), dtype=np.int64)
    return Plan(zero, clock, zero, zero, (np.ones(1, dtype=np.int64),))


def ticks(program: Program, plan: Plan) -> int:
    """Return the ticks after which the last score of a plan is there.

    With both directions a buffer keeps what a level emits until a sequence has ended, then sends it
    to the next level, or to the readout.
    """
    if not program.bidirectional:
        return int(program.ticks(np.array(len(plan.rows))))
    return 1 + max(_end_in_lane(program, lengths) for lengths in plan.lanes)


def _end_in_lane(program: Program, lengths: NDArray[np.int64]) -> int:
    """Return the tick at which a lane's last score is there, from 0."""
    period = program.period
    starts = np.concatenate([[0], np.cumsum(period * lengths)[:-1]]) if len(lengths) else lengths
    for _ in program.levels:
        free = 0
        for i, length in enumerate(lengths):
            free = max(int(starts[i] + period * length) + 1, free)
            starts[i] = free
            free += period * int(length)
    return int(starts[-1] + period * (lengths[-1] - 1)) + 1 if len(lengths) else 0


def reversed_rows(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rows of all frames, each sequence from its last frame to its first."""
    ends, starts = np.cumsum(lengths), np.cumsum(lengths) - lengths
    return np.repeat(starts + ends - 1, lengths) - np.arange(lengths.sum())


def changes(values: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the difference of each value to the one before it; a sequence begins from zero."""
    before = np.roll(values, 1, axis=0)
    before[np.cumsum(lengths) - lengths] = 0
    return values - before
