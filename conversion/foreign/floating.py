"""A foreign GRU in floating point: the reference for its program."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from conversion.foreign.gru import Doubles, ForeignGRU, GRULayer, Head
from hardware.sequences.dense import Sequences


def scores(gru: ForeignGRU, sequences: Sequences) -> Doubles:
    """(sequences, outputs), or (steps, outputs) where the head reads every step."""
    return answers(gru.head, states(gru, sequences), sequences)


def answers(head: Head, all_states: list[Doubles], sequences: Sequences) -> Doubles:
    """Return the answers of the head to the last level's states."""
    lengths = sequences.lengths
    starts, ends = sequences.starts, np.cumsum(lengths) - 1
    if head.row.answers_every_step:
        seen = np.concatenate(all_states, axis=1)
    elif head.row.averages:
        sums = np.add.reduceat(np.concatenate(all_states, axis=1), starts)
        seen = sums / lengths[:, np.newaxis]
    else:
        seen = np.concatenate(
            [h[starts if backward else ends] for backward, h in enumerate(all_states)], axis=1
        )
    return seen @ head.weights.T + head.bias


def predictions(gru: ForeignGRU, sequences: Sequences) -> NDArray[np.int64]:
    """The class of the largest score; the last step's where every step is answered."""
    found = scores(gru, sequences)
    if gru.head.row.answers_every_step:
        found = found[np.cumsum(sequences.lengths) - 1]
    return found.argmax(axis=1)


def states(gru: ForeignGRU, sequences: Sequences) -> list[Doubles]:
    """The last level's states (steps, units), forward and backward where both are there."""
    x = (sequences.values.astype(np.float64) - gru.mean) / gru.deviation
    for level in gru.levels:
        directions = [
            _layer(layer, x, sequences.lengths, gru.reset_after, bool(backward))
            for backward, layer in enumerate(level)
        ]
        x = np.concatenate(directions, axis=1)
    return directions


def _layer(
    layer: GRULayer, x: Doubles, lengths: NDArray[np.int64], reset_after: bool, backward: bool
) -> Doubles:
    """All sequences in parallel, the longest first, each from a state of 0."""
    W, U = layer.input_weights, layer.recurrent_weights
    current = np.einsum("si,gui->sgu", x, W, optimize=True) + layer.input_bias
    all_states = np.zeros((len(x), layer.units))
    longest_first = np.argsort(-lengths, kind="stable")
    starts = (np.cumsum(lengths) - lengths)[longest_first]
    ends = starts + lengths[longest_first] - 1
    h = np.zeros((len(lengths), layer.units))
    for t in range(int(lengths.max(initial=0))):
        alive = int((lengths > t).sum())
        rows = ends[:alive] - t if backward else starts[:alive] + t
        h, p, d = h[:alive], current[rows], layer.recurrent_bias
        r = sigmoid(p[:, 0] + h @ U[0].T + d[0])
        z = sigmoid(p[:, 1] + h @ U[1].T + d[1])
        if reset_after:
            c = np.tanh(p[:, 2] + r * (h @ U[2].T + d[2]))
        else:
            c = np.tanh(p[:, 2] + (r * h) @ U[2].T + d[2])
        h = z * h + (1 - z) * c
        all_states[rows] = h
    return all_states


def sigmoid(p: Doubles) -> Doubles:
    """σ(p) = (1 + tanh(p/2)) / 2, which no p makes overflow."""
    return 0.5 * (1 + np.tanh(0.5 * p))
