"""The definition run over sequences: `hardware.cell.step`, all sequences abreast, in NumPy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hardware.arithmetic import Integers, shift
from hardware.cell import Product, step
from hardware.engines.registry import Recording
from hardware.program import Layer, Program
from hardware.readout import Readout


def execute(
    program: Program,
    events: Integers,
    lengths: NDArray[np.int64],
    deadline: float | None = None,
) -> Recording:
    """Run all sequences level by level; nothing can hang here, so the deadline is not needed."""
    emitted, membranes = run_levels(program, events, lengths)
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
        scores=read_out(program.readout, messages, lengths),
    )


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
    """What a layer emits and its membranes at every step, each sequence from a clean state.

    Those of a backward layer are in the order of its input: its last step comes first.
    """
    input_current = synapses(layer.input_weights, arriving)
    U = product_of(layer)
    emitted = np.zeros((len(arriving), layer.neurons), dtype=np.int64)
    membranes = np.zeros_like(emitted)
    longest_first = np.argsort(-lengths, kind="stable")
    starts = (np.cumsum(lengths) - lengths)[longest_first]
    ends = starts + lengths[longest_first] - 1

    e = np.tile(layer.initial_emission, (len(lengths), 1))
    h = np.tile(layer.initial_membrane, (len(lengths), 1))
    for t in range(int(lengths.max(initial=0))):
        alive = int((lengths > t).sum())
        rows = ends[:alive] - t if layer.backward else starts[:alive] + t
        e, h = step(layer.cell, layer.gate, input_current[rows], U, e[:alive], h[:alive])
        emitted[rows], membranes[rows] = e, h
    return emitted, membranes


def run_levels(
    program: Program, events: Integers, lengths: NDArray[np.int64]
) -> tuple[list[Integers], list[Integers]]:
    """What every layer emits and its membranes, level by level."""
    emitted, membranes = [], []
    arriving = events
    for level in program.levels:
        ran = [run_layer(layer, arriving, lengths) for layer in level]
        emitted += [e for e, _ in ran]
        membranes += [h for _, h in ran]
        arriving = np.concatenate([e for e, _ in ran], axis=1)
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


def read_out(readout: Readout, messages: Integers, lengths: NDArray[np.int64]) -> Integers:
    """Scores from what the readout sees: of each sequence, or of each step where it answers there.

    Messages are those of every step, or for the last membrane one of each sequence.
    """
    products = synapses(readout.weights, messages)
    if readout.sees_membranes or readout.answers_every_step:
        return readout.current(products)
    if readout.kind == "sum":
        starts = np.cumsum(lengths) - lengths
        return np.add.reduceat(readout.current(products), starts, axis=0)
    longest_first = np.argsort(-lengths, kind="stable")
    starts = (np.cumsum(lengths) - lengths)[longest_first]
    scores = np.zeros((len(lengths), readout.outputs), dtype=np.int64)
    for t in range(int(lengths.max(initial=0))):
        alive = int((lengths > t).sum())
        scores[:alive] = readout.step(scores[:alive], products[starts[:alive] + t])
    return scores[np.argsort(longest_first)]
