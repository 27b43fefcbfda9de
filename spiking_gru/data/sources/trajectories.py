"""Generated trajectories in the plane: walkers that turn, balls that bounce."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spiking_gru.data.npz import Arrays

SEEN, PREDICTED = 8, 12
TRAINING, TEST = 4000, 1000
TURN = 0.05
"""Deviation of the step of a walker's turning rate, in radians."""

POSITION_NOISE = 0.02
GRAVITY = 0.01
FASTEST_BALL = 0.1
"""Largest first velocity of a ball along each axis, in boxes a step."""

Positions = NDArray[np.float64]
"""(trajectories, positions, 2)."""


def walkers() -> Arrays:
    """A frame is the displacement of a step: 7 in, 12 later positions out, relative to the last."""
    return _arrays(walker_positions(TRAINING + TEST), with_place=False)


def balls() -> Arrays:
    """A frame is the displacement of a step and the place reached: the walls are at 0 and 1."""
    return _arrays(ball_positions(TRAINING + TEST), with_place=True)


def walker_positions(count: int, seed: int = 0) -> Positions:
    """Return walks of constant speed, 0.5 to 1.5, whose turning rate is a random walk."""
    rng = np.random.default_rng(seed)
    steps = SEEN + PREDICTED
    speed = rng.uniform(0.5, 1.5, (count, 1))
    first = rng.uniform(0, 2 * np.pi, (count, 1))
    rate = np.cumsum(rng.normal(0, TURN, (count, steps)), axis=1)
    heading = first + np.cumsum(rate, axis=1)
    moves = speed[:, :, None] * np.stack([np.cos(heading), np.sin(heading)], axis=2)
    return np.cumsum(moves, axis=1) + rng.normal(0, POSITION_NOISE, (count, steps, 2))


def ball_positions(count: int, seed: int = 0) -> Positions:
    """Return balls in a unit box that fall and bounce without loss."""
    rng = np.random.default_rng(seed)
    place = rng.uniform(0, 1, (count, 2))
    velocity = rng.uniform(-FASTEST_BALL, FASTEST_BALL, (count, 2))
    positions = [place]
    for _ in range(SEEN + PREDICTED - 1):
        velocity = velocity - [0, GRAVITY]
        place = place + velocity
        outside = (place < 0) | (place > 1)
        place = np.where(place < 0, -place, np.where(place > 1, 2 - place, place))
        velocity = np.where(outside, -velocity, velocity)
        positions.append(place)
    return np.stack(positions, axis=1)


def _arrays(positions: Positions, with_place: bool) -> Arrays:
    seen, future = positions[:, :SEEN], positions[:, SEEN:]
    moves = np.diff(seen, axis=1)
    frames = np.concatenate([moves, seen[:, 1:]], axis=2) if with_place else moves
    targets = (future - seen[:, -1:]).reshape(len(positions), -1)
    arrays: Arrays = {}
    for part, chosen in (("train", slice(TRAINING)), ("test", slice(TRAINING, None))):
        arrays[f"{part}_values"] = frames[chosen].reshape(-1, frames.shape[2])
        arrays[f"{part}_lengths"] = np.full(len(frames[chosen]), SEEN - 1)
        arrays[f"{part}_targets"] = targets[chosen]
    return arrays
