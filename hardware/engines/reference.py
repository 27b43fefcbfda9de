"""The definition run over sequences: `hardware.cell.step`, all sequences abreast, in NumPy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hardware.arithmetic import Integers
from hardware.cell import Product, step
from hardware.program import Layer


def synapses(weights: NDArray[np.int8], messages: Integers) -> Integers:
    """`messages · weightsᵀ` in integers; float64 holds every partial sum, and is fast."""
    return (messages.astype(np.float64) @ weights.T.astype(np.float64)).astype(np.int64)


def product_of(layer: Layer) -> Product:
    """`U(gate, message)` of a layer."""
    rows = dict(
        zip(layer.cell.gates, np.split(layer.recurrent_weights, len(layer.cell.gates)), strict=True)
    )
    return lambda gate, message: synapses(rows[gate], message)


def run_layer(
    layer: Layer, arriving: Integers, lengths: NDArray[np.int64]
) -> tuple[Integers, Integers]:
    """What a layer emits and its membranes at every frame, each sequence from a clean state."""
    input_current = synapses(layer.input_weights, arriving)
    U = product_of(layer)
    emitted = np.zeros((len(arriving), layer.neurons), dtype=np.int64)
    membranes = np.zeros_like(emitted)
    longest_first = np.argsort(-lengths, kind="stable")
    starts = (np.cumsum(lengths) - lengths)[longest_first]

    e = np.zeros((len(lengths), layer.neurons), dtype=np.int64)
    h = np.zeros_like(e)
    for t in range(int(lengths.max(initial=0))):
        alive = int((lengths > t).sum())
        rows = starts[:alive] + t
        e, h = step(layer.cell, layer.gate, input_current[rows], U, e[:alive], h[:alive])
        emitted[rows], membranes[rows] = e, h
    return emitted, membranes
