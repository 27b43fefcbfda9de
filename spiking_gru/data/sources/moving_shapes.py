"""Moving shapes, seen by a simulated event camera: the class is the direction.

A disc, square or diamond of radius 3 to 6 moves over a torus of 32 × 32 pixels, at 0.8 to 1.6
pixels a frame. A pixel that the shape enters between two frames is an event of the first channel
map, one that it leaves an event of the second. 0.2 % of all places have an event of noise.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hardware.sequences.sparse import SparseSequences
from spiking_gru.data.recordings import Recordings

SIDE = 32
FRAMES = 13
CHANNELS = 2 * SIDE * SIDE
NOISE = 0.002
"""Share of all places that have an event of noise."""

TRAINING, TEST = 1500, 500
DIRECTIONS = (
    "east",
    "north-east",
    "north",
    "north-west",
    "west",
    "south-west",
    "south",
    "south-east",
)
"""Classes: 0 to 315 degrees."""

Maps = NDArray[np.bool_]


def moving_shapes(training: int = TRAINING) -> Recordings:
    """Return clips of a training and a test part, each with its own seed."""
    made = [clips(training, seed=0), clips(TEST, seed=1)]
    return Recordings(
        SparseSequences.joined([sequences for sequences, _ in made]),
        np.concatenate([labels for _, labels in made]).tolist(),
        parts=["train"] * training + ["test"] * TEST,
        classes=DIRECTIONS,
    )


def clips(count: int, seed: int) -> tuple[SparseSequences, NDArray[np.int64]]:
    """Return clips and the direction of each."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % len(DIRECTIONS)
    rng.shuffle(labels)
    frames: list[NDArray[np.int64]] = []
    columns: list[NDArray[np.int64]] = []
    for i, label in enumerate(labels.tolist()):
        frame, column = np.nonzero(events(label, rng))
        frames.append(frame + i * FRAMES)
        columns.append(column)
    return (
        SparseSequences.from_events(
            np.concatenate(frames),
            np.concatenate(columns),
            lengths=np.full(count, FRAMES),
            channels=CHANNELS,
        ),
        labels,
    )


def events(direction: int, rng: np.random.Generator) -> Maps:
    """Return the places of a clip's events, (frames, channels)."""
    angle = 2 * np.pi * direction / len(DIRECTIONS)
    speed, radius = rng.uniform(0.8, 1.6), rng.uniform(3, 6)
    shape = int(rng.integers(len(SHAPES)))
    place = rng.uniform(0, SIDE, 2)
    step = speed * np.array([np.cos(angle), -np.sin(angle)])
    seen = inside(shape, radius, place + np.arange(FRAMES + 1)[:, np.newaxis] * step)
    before, now = seen[:-1], seen[1:]
    found: Maps = np.stack([now & ~before, before & ~now], axis=1).reshape(FRAMES, CHANNELS)
    return found | (rng.random((FRAMES, CHANNELS)) < NOISE)


SHAPES = (
    lambda x, y, radius: x * x + y * y <= radius * radius,
    lambda x, y, radius: np.maximum(x, y) <= radius,
    lambda x, y, radius: x + y <= radius,
)
"""Disc, square and diamond, by the distances from the centre along x and y."""


def inside(shape: int, radius: float, places: NDArray[np.float64]) -> Maps:
    """Return which pixels (…, y, x) a shape covers whose centre (x, y) is at each of the places."""
    half = SIDE / 2
    away = np.abs((np.arange(SIDE) - places[..., np.newaxis] + half) % SIDE - half)
    covered: Maps = SHAPES[shape](away[..., 0, np.newaxis, :], away[..., 1, :, np.newaxis], radius)
    return covered
