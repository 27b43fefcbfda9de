"""Sequences that end as soon as their answer is clear.

A call of the kernels costs as much as many frames of a small program. So a call computes several
short sequences as a whole, or a piece of a long one. Each frame is a sequence of the call, which
goes on from the frame before it: then the readout gives scores after each.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hardware.definition.arithmetic import Integers
from hardware.definition.early_exit import EarlyExit
from hardware.engines.event_driven.arrays import Initial, Part
from hardware.engines.event_driven.machine import Machine
from hardware.engines.event_driven.memory import compact, states_of
from hardware.engines.saturation import SATURATIONS
from hardware.sequences.sparse import AnySequences, SparseSequences

OUTSIDE = SATURATIONS.index("word")
"""The place of values outside the word among the counts."""

Scored: TypeAlias = tuple[Integers, int]
"""The scores of a sequence up to the frame that ends it, and the frames used."""

WEIGHTS_AT_ONCE = 2**23
"""Weights of the frames of a call: some hundred microseconds, more than the call itself costs."""


class Counted(NamedTuple):
    """The counts of a machine before a call."""

    clamped: Integers
    saturated: list[tuple[Integers, Integers]]

    @classmethod
    def by(cls, machine: Machine) -> Counted:
        """Return what a machine has counted so far."""
        saturated = [(each.counts.copy(), each.first.copy()) for each in machine.saturated]
        return cls(machine.encoder.clamped.copy(), saturated)

    def has_left_the_word(self, machine: Machine) -> bool:
        """Return whether any value has left the word since."""
        return any(
            each.counts[OUTSIDE] != counts[OUTSIDE]
            for each, (counts, _) in zip(machine.saturated, self.saturated, strict=True)
        )

    def restore(self, machine: Machine) -> None:
        """Forget what was counted since."""
        machine.encoder.clamped[:] = self.clamped
        machine.take_up(self.saturated)


class Stretch(NamedTuple):
    """Frames of sequences, from `begin` to `end`: dense only where they are read."""

    sequences: AnySequences
    begin: int
    end: int

    @property
    def frames(self) -> int:
        """The number of frames."""
        return self.end - self.begin

    def part(self, begin: int, end: int) -> Stretch:
        """Return some of these frames."""
        return self._replace(begin=self.begin + begin, end=min(self.begin + end, self.end))

    def read(self) -> NDArray[np.float32]:
        """Return the frames (frames, channels)."""
        no_sequence = slice(0, 0)
        part = self.sequences.part(no_sequence, slice(self.begin, self.end))
        return compact(part.dense().values if isinstance(part, SparseSequences) else part.values)


def frames_at_once(machine: Machine) -> int:
    """Return how many frames a call computes."""
    program = machine.layout.program
    weights = sum(
        layer.input_weights.size + layer.recurrent_weights.size for layer in program.layers
    )
    return max(WEIGHTS_AT_ONCE // (weights * machine.per_frame), 1)


def until_exit(
    machine: Machine,
    sequences: AnySequences,
    rule: EarlyExit,
    first: int,
    initial: tuple[Initial, ...] | None,
) -> tuple[list[Integers], NDArray[np.int64]]:
    """Return the scores of each sequence up to the frame that ends it, and the frames used."""
    at_once = frames_at_once(machine)
    edges = np.concatenate([[0], np.cumsum(sequences.lengths)])
    scores: list[Integers] = []
    frames: list[int] = []
    while len(scores) < len(sequences):
        number = len(scores)
        last = int(np.searchsorted(edges, edges[number] + at_once, side="right")) - 1
        last = max(last, number + 1)
        some = Stretch(sequences, int(edges[number]), int(edges[last]))
        states = None if initial is None else states_of(initial, slice(number, last))
        ends = edges[number : last + 1] - edges[number]
        counted = Counted.by(machine)
        if some.frames > at_once:
            found = [in_pieces(machine, some, rule, first + number, states, at_once)]
        else:
            found = whole(machine, some.read(), ends, rule, first + number, states)
        if counted.has_left_the_word(machine):
            # Perhaps in a frame that is not used: compute no such frame.
            counted.restore(machine)
            found = []
            for i, (begin, end) in enumerate(pairwise(ends.tolist())):
                own = None if states is None else states_of(states, slice(i, i + 1))
                of_one = some.part(begin, end)
                found.append(in_pieces(machine, of_one, rule, first + number + i, own, 1))
        scores += [of_one for of_one, _ in found]
        frames += [used for _, used in found]
    return scores, np.array(frames, dtype=np.int64)


def whole(
    machine: Machine,
    frames: NDArray[np.float32],
    edges: NDArray[np.int64],
    rule: EarlyExit,
    number: int,
    initial: tuple[Initial, ...] | None,
) -> list[Scored]:
    """Return the scores and the frames used of several sequences, from one call."""
    before = machine.encoder.clamped.copy()
    scores = scored(
        machine, frames, part_of_frames(machine, len(frames), number, edges[:-1]), initial
    )
    found, used = [], np.zeros(len(frames), dtype=np.bool_)
    for begin, end in pairwise(edges.tolist()):
        of_one = kept(machine, scores, begin, end)
        end_at = rule.first(after_frames(machine, of_one))
        count = end - begin if end_at is None else end_at + 1
        used[begin : begin + count] = True
        of_one = kept(machine, of_one, 0, count)
        found.append((of_one if machine.every_step else of_one[-1], count))
    count_clamped(machine, before, frames, used)
    return found


def in_pieces(
    machine: Machine,
    stretch: Stretch,
    rule: EarlyExit,
    number: int,
    initial: tuple[Initial, ...] | None,
    at_once: int,
) -> Scored:
    """Return the scores and the frames used of one sequence, from as many calls as it needs."""
    used, end_at = 0, None
    found: list[Integers] = []
    while used < stretch.frames and end_at is None:
        some = stretch.part(used, used + at_once).read()
        before = machine.encoder.clamped.copy()
        starts = np.zeros(0 if used else 1, dtype=np.int64)
        part = part_of_frames(machine, len(some), number, starts)
        part.order[0] = used * machine.per_frame
        scores = scored(machine, some, part, initial)
        end_at = rule.first(after_frames(machine, scores), used)
        count = len(some) if end_at is None else end_at + 1
        if machine.every_step:
            found.append(kept(machine, scores, 0, count))
        else:
            found = [scores[count - 1]]
        count_clamped(machine, before, some, np.arange(len(some)) < count)
        used += count
    return np.concatenate(found) if machine.every_step else found[-1], used


def part_of_frames(machine: Machine, frames: int, number: int, starts: NDArray[np.int64]) -> Part:
    """Return the part of a call in which each frame is a sequence; real ones begin at `starts`."""
    begins = np.zeros(frames, dtype=np.bool_)
    begins[starts] = True
    lengths, order = np.ones(frames, dtype=np.int64), np.zeros(1, dtype=np.int64)
    return Part(np.arange(frames), lengths, np.array([number]), order, begins)


def scored(
    machine: Machine,
    frames: NDArray[np.float32],
    part: Part,
    initial: tuple[Initial, ...] | None,
) -> Integers:
    """Return the scores after each frame, or after each step where the readout answers there."""
    rows = len(frames) * machine.per_frame if machine.every_step else len(frames)
    scores = np.empty((rows, len(machine.readout.score)), dtype=np.int64)
    machine.score_frames(frames, part, scores, initial)
    return scores


def kept(machine: Machine, scores: Integers, begin: int, end: int) -> Integers:
    """Return the scores of the frames from `begin` to `end`."""
    rows = machine.per_frame if machine.every_step else 1
    return scores[begin * rows : end * rows]


def after_frames(machine: Machine, scores: Integers) -> Integers:
    """Return the scores after the last step of each frame."""
    return scores[machine.per_frame - 1 :: machine.per_frame] if machine.every_step else scores


def count_clamped(
    machine: Machine,
    before: Integers,
    frames: NDArray[np.float32],
    used: NDArray[np.bool_],
) -> None:
    """Take the inputs that were clamped in frames which are not used out of the count."""
    clamped = machine.encoder.clamped
    if not used.all() and (clamped != before).any():
        clamped[:] = before
        machine.layout.program.encoder.rounded(frames[used], clamped=clamped)
