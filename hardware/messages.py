"""Who sends a message at which step of a trace, over each set of synapses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.arithmetic import Integers
from hardware.cell import step
from hardware.engines.reference import product_of, synapses
from hardware.errors import InputError
from hardware.program import Layer, Program
from hardware.program_file import digest
from hardware.projections import Projection, projections, turns
from hardware.trace import Trace

Sent = NDArray[np.bool_]
"""(steps, sources): where a message is sent."""


def check_owner(trace: Trace, program: Program) -> None:
    if trace.program_digest != digest(program):
        raise InputError("this trace is of another program: run this one again")


def messages(trace: Trace, program: Program) -> Iterator[tuple[Projection, Sent]]:
    """Every projection in the order of `projections`, with the messages that travel over it.

    What travels is what is emitted. Where a product waits for another it is also `r ⊙ e`, or what
    h would emit: each step is computed once more for these, from the state before it.
    """
    ways = iter(projections(program))
    seen: NDArray[Any] = trace.events
    by_change, number = program.encoder.sends_changes, 0
    for level in program.levels:
        emissions = []
        for layer in level:
            emitted, membranes = trace.emitted[number], trace.membranes[number]
            number += 1
            emissions.append(emitted)
            yield next(ways), is_sent(seen, trace, by_change, layer.backward)
            for sent in _recurrent(layer, trace, seen, emitted, membranes):
                yield next(ways), sent
        seen = emissions[0] if len(level) == 1 else np.concatenate(emissions, axis=1)
        by_change = level[0].cell.sends_changes
    if program.readout.sees_membranes:
        sent = np.zeros(seen.shape, dtype=np.bool_)
        sent[np.cumsum(trace.lengths) - 1] = True
    else:
        sent = is_sent(seen, trace, by_change)
    yield next(ways), sent


def is_sent(values: NDArray[np.integer], trace: Trace, by_change: bool, back: bool = False) -> Sent:
    """Where a message is sent: for each value that is not 0, or for each that changes.

    `back` is for values in the order of a backward layer, whose first step is the last.
    """
    sent: Sent = values != 0
    if by_change:
        changes = values[1:] != values[:-1]
        sent[slice(None, -1) if back else slice(1, None)] = changes
        firsts = np.cumsum(trace.lengths) - 1 if back else trace.starts
        sent[firsts] = values[firsts] != 0
    return sent


def emissions(trace: Trace, layer: Layer, number: int) -> Sent:
    """Where the layer of this number emits: a spike, or a value of the state that is sent."""
    return is_sent(trace.emitted[number], trace, layer.cell.sends_changes, layer.backward)


def at_work(trace: Trace, layer: Layer, number: int) -> Sent:
    """Where a neuron's update does something.

    It is idle where the membrane is 0 before and after it and nothing is emitted.
    """
    moved = trace.membranes[number] != 0
    was = before(moved, trace, layer.initial_membrane != 0, layer.backward)
    emitted: Sent = trace.emitted[number] != 0
    return emitted | moved | was


def per_source(sent: Sent, trace: Trace) -> NDArray[np.int64]:
    """(sequences, sources): how often each source sends in each sequence."""
    # One sum for each sequence, in narrow integers, is thirty times faster than reduceat.
    narrow = np.uint16 if trace.lengths.max(initial=0) < 2**16 else np.uint64
    parts = np.split(sent.view(np.uint8), trace.starts[1:])
    return np.stack([part.sum(axis=0, dtype=narrow) for part in parts]).astype(np.int64)


def in_all(sent: Sent, trace: Trace) -> NDArray[np.int64]:
    """(sequences,): how often anything is sent in each sequence."""
    parts = np.split(sent, trace.starts[1:])
    return np.array([np.count_nonzero(part) for part in parts], dtype=np.int64)


def before(
    values: NDArray[Any], trace: Trace, first: NDArray[Any], back: bool = False
) -> NDArray[Any]:
    """What each value was one step before (one step later for a backward layer)."""
    shifted = np.roll(values, -1 if back else 1, axis=0)
    shifted[np.cumsum(trace.lengths) - 1 if back else trace.starts] = first
    return shifted


def _recurrent(
    layer: Layer,
    trace: Trace,
    seen: NDArray[np.integer],
    emitted: NDArray[np.integer],
    membranes: NDArray[np.int64],
) -> list[Sent]:
    """Messages over U, for each of the cell's turns."""
    cell, back = layer.cell, layer.backward
    if cell.products_in_turn == 1:
        # A message of the last step meets its synapses too: no chip knows it was the last.
        return [is_sent(emitted, trace, cell.sends_changes, back)]
    product = product_of(layer)
    sent: dict[str, Sent] = {}

    def listening(gate: str, message: Integers) -> Integers:
        sent[gate] = is_sent(message, trace, cell.sends_changes, back)
        return product(gate, message)

    step(
        cell,
        layer.gate,
        synapses(layer.input_weights, seen.astype(np.int64)),
        listening,
        before(emitted.astype(np.int64), trace, layer.initial_emission, back),
        before(membranes, trace, layer.initial_membrane, back),
    )
    return [sent[gates[0]] for gates in turns(cell)]
