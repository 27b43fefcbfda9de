"""A search for the inputs and initial membranes that drive every number of a program farthest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from edge_programs import FRAMES
from observed import Numbers, Observed, observe

from hardware.program.model import Program

AT_ONCE = 48
"""Inputs of one generation."""


class Inputs(NamedTuple):
    """Rounded frames (frames, inputs, channels), and initial membranes (inputs, neurons)."""

    frames: Numbers
    starts: dict[str, Numbers]

    def at(self, places: Any) -> Inputs:
        return Inputs(self.frames[:, places], {name: h[places] for name, h in self.starts.items()})

    def put(self, places: Numbers, others: Inputs) -> None:
        self.frames[:, places] = others.frames
        for name, h in self.starts.items():
            h[places] = others.starts[name]


class Search(NamedTuple):
    """What a search has found."""

    farthest: Numbers
    """(numbers,): the greatest value of each, then the greatest of its negative."""

    inputs: Inputs
    """An input for each of these."""

    tried: int


def flat(found: list[Observed], fold: Callable[[Numbers], Numbers]) -> Numbers:
    """Return all numbers of each input in one row, folded over the steps."""
    rows = [fold(values) for seen in found for values in seen.numbers.values()]
    return np.concatenate([row.reshape(len(row), -1) for row in rows], axis=1)


def reached(found: list[Observed]) -> Numbers:
    """Return how far each number comes with each input, upwards and downwards."""
    up, down = flat(found, lambda v: v.max(0)), flat(found, lambda v: v.min(0))
    return np.concatenate([up, -down], axis=1)


def search(seed: int, program: Program, generations: int) -> Search:
    """Keep the best input for every number in both directions, and vary these."""
    rng = np.random.default_rng(seed)
    tried = first_inputs(rng, program)
    seen = reached(observe(program, *tried))
    farthest, best = seen.max(0), tried.at(seen.argmax(0))
    for _ in range(generations):
        tried = varied(rng, program, best)
        seen = reached(observe(program, *tried))
        better = np.flatnonzero(seen.max(0) > farthest)
        farthest[better] = seen.max(0)[better]
        best.put(better, tried.at(seen.argmax(0)[better]))
    return Search(farthest, best, (1 + generations) * AT_ONCE)


def first_inputs(rng: np.random.Generator, program: Program) -> Inputs:
    """Return inputs at the ends: half of them with the signs of some gate's weights, held."""
    limit, channels = program.encoder.limit, program.encoder.channels
    frames = limit * rng.choice([-1, 1], (FRAMES, AT_ONCE, channels))
    if program.encoder.kind == "tokens":
        frames = rng.integers(0, program.encoder.fields + 1, frames.shape)
    frames[:, ::2] = pushing(rng, program, AT_ONCE // 2)
    if program.encoder.kind == "level-crossing":
        frames[1::2] = -frames[::2]  # every level is crossed at every frame
    starts = {
        layer.name: rng.choice([-1, 1], (AT_ONCE, layer.neurons)) << layer.cell.state_fraction
        for layer in program.layers
    }
    return Inputs(frames, starts)


def pushing(rng: np.random.Generator, program: Program, count: int) -> Numbers:
    """Return the inputs (count, channels) that push some neuron of the first level farthest."""
    limit, fields = program.encoder.limit, program.encoder.fields
    rows = np.concatenate([layer.input_weights for layer in program.levels[0]])
    pushed = rows[rng.integers(len(rows), size=count)] * rng.choice([-1, 1], (count, 1))
    if program.encoder.kind not in ("population", "tokens"):
        return limit * np.sign(pushed)
    best = pushed.reshape(count, -1, fields).argmax(-1)  # a value at the centre of this field
    if program.encoder.kind == "tokens":
        return np.where(pushed.reshape(count, -1, fields).max(-1) > 0, best + 1, 0)
    return np.rint(2 * limit * best / (fields - 1)).astype(int) - limit


def varied(rng: np.random.Generator, program: Program, best: Inputs) -> Inputs:
    """Return the offspring of some inputs: spliced in time, pushed at a step, changed at places."""
    limit, count = program.encoder.limit, best.frames.shape[1]
    one, other = rng.integers(count, size=(2, AT_ONCE))
    child, mate = best.at(one), best.at(other)
    frames = child.frames
    cut, shift = rng.integers(FRAMES, size=(2, AT_ONCE))
    late = (np.arange(FRAMES)[:, np.newaxis] >= cut) & (rng.random(AT_ONCE) < 0.5)
    moved = (np.arange(FRAMES)[:, np.newaxis] + shift) % FRAMES
    frames[late] = mate.frames[moved, np.arange(AT_ONCE)][late]
    pushed = rng.random(AT_ONCE) < 0.3
    frames[cut[pushed], pushed] = pushing(rng, program, int(pushed.sum()))
    changed = rng.random(frames.shape) < 0.1
    ends = rng.choice([-limit, 0, limit, 0], frames.shape)
    ends[ends == 0] = rng.integers(-limit, limit + 1, int((ends == 0).sum()))
    if program.encoder.kind == "tokens":
        ends = rng.integers(0, program.encoder.fields + 1, frames.shape)
    frames[changed] = ends[changed]
    for layer in program.layers:
        h, to = child.starts[layer.name], 1 << layer.cell.state_fraction
        swapped = rng.random(AT_ONCE) < 0.2
        h[swapped] = mate.starts[layer.name][swapped]
        changed = rng.random(h.shape) < 0.15
        some = rng.choice([-to, to, 0, int(rng.integers(-to, to + 1))], h.shape)
        h[changed] = some[changed]
    return Inputs(frames, child.starts)
