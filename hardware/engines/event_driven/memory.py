"""The memory of a run: what a step leaves to the next, what is sent at each, room to work in."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hardware.engines.event_driven.arrays import Events, Messages, Numbers, Scratch, Synapses, room
from hardware.engines.event_driven.layout import LayerLayout, padded
from hardware.engines.event_driven.wiring import Wires


class LayerState(NamedTuple):
    """What a step of a layer leaves to the next; synapses as in `run_layer`."""

    W: Synapses
    U: Synapses
    M: Synapses
    O: Synapses  # noqa: E741
    e: NDArray[np.int16]
    h: Numbers


def clean_state(layer: LayerLayout, number: type[np.integer]) -> LayerState:
    """A layer before its first step."""
    sums = room((layer.wiring.sums,), number)
    W, U, M, O = (clean_synapses(wires, sums) for wires in layer.wiring)  # noqa: E741
    neurons = layer.neurons
    return LayerState(W, U, M, O, neurons.initial_emission.copy(), neurons.initial_membrane.copy())


def clean_synapses(wires: Wires, sums: Numbers) -> Synapses:
    """Synapses through which nothing has come yet."""
    sources, targets = wires.weights.shape
    return Synapses(
        wires.weights,
        wires.scale,
        wires.edges,
        wires.by_change,
        room((padded(sources),), sums.dtype.type),
        sums[wires.first : wires.first + targets],
        wires.base,
        sums[wires.begin : wires.begin + len(wires.base)],
    )


def scratch_of(inputs: int, neurons: int, number: type[np.integer]) -> Scratch:
    """Room for the work of a layer."""
    sources = padded(max(inputs, neurons))
    return Scratch(
        events=Events(room((sources,), np.int32), room((sources,), number)),
        change=room((sources,), number),
        message=room((padded(neurons),), np.int16),
        rows=room((4, neurons), number),
    )


def messages_of(widths: list[int], by_change: bool, steps: int, sequences: int) -> Messages:
    """Room for what senders of these widths send: those of one level.

    A layer lists, for those that listen to its level, what the layers before it sent at the step;
    and for itself, at the start of a sequence, what it sent before.
    """
    if by_change:
        return lists_of(0, 0)._replace(rows=rows_of(steps, sum(widths)))
    most = steps * sum(np.cumsum(widths)) + sequences * sum(widths)
    return lists_of(steps, int(most))


def rows_of(steps: int, width: int) -> NDArray[np.int16]:
    """A row for each step, of what so many sources send."""
    return room((steps, padded(width)), np.int16)


def lists_of(steps: int, most: int) -> Messages:
    """A list for each step, of at most so many events in all; only what is written takes memory."""
    begin, end = np.empty((2, steps), dtype=np.int64)
    events = Events(np.empty(most, dtype=np.int32), np.empty(most, dtype=np.int16))
    return Messages(events, begin, end, rows_of(0, 0))


def compact(values: NDArray[Any]) -> NDArray[Any]:
    """The same, contiguous and writable: kernels are compiled for no other kind."""
    return np.require(values, requirements=["C", "W"])
