"""Parts of a trace: its layers, the states of sequences before and after, early exits.

Traces of earlier releases have none of them.
"""

from __future__ import annotations

import json
from collections.abc import MutableMapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hardware.errors import InputError, name_fault
from hardware.files.disk import one_line
from hardware.files.strict_json import parse

Rows = Sequence[NDArray[np.integer]]


class TracedLayer(NamedTuple):
    """A layer of the program that was run."""

    name: str
    backward: bool


def last_rows(
    layers: Sequence[TracedLayer], values: Rows, lengths: NDArray[np.int64]
) -> dict[str, NDArray[np.int64]]:
    """Return the values (sequences, neurons) of each layer after each sequence's last step."""
    if len(layers) != len(values):
        raise InputError(
            "the trace names no layers, as those of earlier releases: run the program again"
        )
    ends = np.cumsum(lengths) - 1
    return {
        layer.name: of_layer[ends - lengths + 1 if layer.backward else ends].astype(np.int64)
        for layer, of_layer in zip(layers, values, strict=True)
    }


def as_text(layers: Sequence[TracedLayer]) -> str:
    """Return the description of layers in a file."""
    return json.dumps([[layer.name, layer.backward] for layer in layers])


def of_text(text: str, count: int) -> tuple[TracedLayer, ...]:
    """Return that many layers from their description; an InputError for any other text."""
    try:
        found = parse(text.encode())
        layers = tuple(TracedLayer(name, backward) for name, backward in found)
    except (ValueError, TypeError, RecursionError):
        layers = None
    if layers is None or not all(
        isinstance(layer.name, str) and isinstance(layer.backward, bool) for layer in layers
    ):
        raise InputError(
            f"layers are {one_line(text)[:60]!r}, expected a list of names and directions"
        )
    for fault in filter(None, (name_fault(layer.name) for layer in layers)):
        raise InputError(f"layers: {fault}")
    fits = len(layers) in (0, count) or not count
    if not fits or len({layer.name for layer in layers}) != len(layers):
        raise InputError(f"names {len(layers)} layers, expected a name of its own for {count}")
    return layers


def popped_initial(
    tensors: MutableMapping[str, NDArray[Any]], count: int
) -> tuple[NDArray[np.int64], ...] | None:
    """Take the initial membranes of every layer from tensors; None where there is none of any."""
    names = [f"layers.{i}.initial" for i in range(count)]
    return tuple(tensors.pop(n) for n in names) if set(names) & tensors.keys() else None


def check_initial(
    initial: Sequence[NDArray[Any]] | None, membranes: Rows, lengths: NDArray[np.int64]
) -> None:
    """Refuse initial membranes that are not those of these sequences and layers."""
    for i, (found, of_layer) in enumerate(zip(initial or (), membranes, strict=False)):
        expected = (len(lengths), of_layer.shape[1])
        if found.shape != expected or found.dtype != np.int64:
            raise InputError(
                f"initial membranes of layer {i} have shape {found.shape} of {found.dtype}, "
                f"expected {expected} of int64"
            )


def check_exits(exits: NDArray[Any] | None, lengths: NDArray[np.int64]) -> None:
    """Refuse frames that are not those which sequences of these steps have used."""
    if exits is None:
        return
    if exits.shape != lengths.shape or exits.dtype != np.int64:
        raise InputError(
            f"exits have shape {exits.shape} of {exits.dtype}, expected {lengths.shape} of int64"
        )
    wrong = (exits < 1) | (exits > lengths) | (lengths % np.maximum(exits, 1) != 0)
    if wrong.any():
        i = int(wrong.argmax())
        raise InputError(f"exits of sequence {i} are {exits[i]}, but it has {lengths[i]} steps")


def same_initial(a: Rows | None, b: Rows | None) -> bool:
    """Return whether two runs have begun alike."""
    if a is None or b is None:
        return a is b
    return len(a) == len(b) and all(map(np.array_equal, a, b))
