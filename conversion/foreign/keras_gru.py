"""Keras' GRU, from the arrays that `get_weights()` gives; TensorFlow is not needed.

Keras' gates are in the order z, r, h; z keeps the old state. Matrices are (inputs, 3 · units).
With `reset_after` (the default since TensorFlow 2) the bias has two rows, the input's and the
recurrent one; without it there is one bias, and the reset comes before the product.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conversion.foreign.gru import ForeignGRU, GRULayer
from hardware.errors import InputError

Array = NDArray[Any]
Directions = Array | Sequence[Array]
"""The array of a layer, or the forward's and the backward's of a bidirectional one."""

Layers = Array | Sequence[Directions]
"""The array of a single layer, or a list with those of each."""

ORDER = ("update", "reset", "candidate")
NAMES = ("kernel", "recurrent_kernel", "bias")


def from_keras_weights(
    kernel: Layers,
    recurrent_kernel: Layers,
    bias: Layers | None = None,
    *,
    reset_after: bool = True,
    head: Sequence[Array] | None = None,
    reads: str = "last",
) -> ForeignGRU:
    """Return a GRU with Keras' own activations, sigmoid and tanh.

    A single layer is given by its arrays, stacked ones by a list of each kind of array, and a
    bidirectional layer by a pair (forward, backward) in that list. `head` is a Dense layer's
    kernel and bias. `reads` is the input of the head: the `last` state, the `mean` over time, or
    every `step`.
    """
    kernels, recurrent = _levels(kernel), _levels(recurrent_kernel)
    biases = [[None] * len(level) for level in kernels] if bias is None else _levels(bias)
    shapes = [[len(level) for level in part] for part in (kernels, recurrent, biases)]
    if not shapes[0] == shapes[1] == shapes[2] or any(n not in (1, 2) for n in shapes[0]):
        raise InputError(
            f"kernels, recurrent kernels and biases are of layers with {shapes[0]}, {shapes[1]} "
            f"and {shapes[2]} directions: expected the same for each, 1 or 2"
        )
    levels = [
        [
            _layer(*parts, reset_after, f"layer {i}{' backward' if backward else ''}")
            for backward, parts in enumerate(zip(*level, strict=True))
        ]
        for i, level in enumerate(zip(kernels, recurrent, biases, strict=True))
    ]
    dense = None if head is None else (np.asarray(head[0]).T, head[1] if len(head) > 1 else None)
    return ForeignGRU.of(levels, dense, reads, reset_after=reset_after, origin="Keras GRU")


def from_keras_arrays(arrays: Mapping[str, Array], reads: str = "last") -> ForeignGRU:
    """From named arrays: `kernel`, `recurrent_kernel`, `bias`, `head_kernel`, `head_bias`.

    Layers of a stack end in `_0`, `_1`, …, backward ones in `_backward` after that. Whether the
    reset comes after the product is read off the bias; without one, `reset_after` says it.
    """
    left = dict(arrays)
    head = [left.pop(name) for name in ("head_kernel", "head_bias") if name in left]
    said = left.pop("reset_after", None)
    stacked = "kernel" not in left
    levels: dict[str, list[list[Array | None]]] = {name: [] for name in NAMES}
    for i in range(len(left)):
        layer = f"_{i}" if stacked else ""
        suffixes = [layer + d for d in ("", "_backward") if f"kernel{layer}{d}" in left]
        if not suffixes or (i and not stacked):
            break
        for name in NAMES:
            levels[name].append([left.pop(f"{name}{suffix}", None) for suffix in suffixes])
    if left or not levels["kernel"]:
        raise InputError(
            f"the arrays are {', '.join(sorted(arrays))}: expected kernel, recurrent_kernel, bias, "
            f"head_kernel and head_bias, with _0, _1, … for stacked layers and then _backward for "
            f"backward ones"
        )
    biases = [bias for level in levels["bias"] for bias in level if bias is not None]
    if said is None and not biases:
        raise InputError("without a bias, the array reset_after must say true or false")
    return from_keras_weights(
        levels["kernel"],  # type: ignore[arg-type]
        levels["recurrent_kernel"],  # type: ignore[arg-type]
        levels["bias"] if biases else None,  # type: ignore[arg-type]
        reset_after=biases[0].ndim == 2 if said is None else _truth(said),
        head=head or None,
        reads=reads,
    )


def _levels(given: Layers) -> list[list[Any]]:
    """A list of layers, each a list of one direction or two."""
    layers = [given] if hasattr(given, "ndim") else list(given)
    return [[layer] if hasattr(layer, "ndim") else list(layer) for layer in layers]


def _truth(said: Array) -> bool:
    """Return the value of the array reset_after."""
    if said.size != 1:
        raise InputError(
            f"the array reset_after has shape {said.shape}, expected one true or false"
        )
    value = said.item()
    if value not in (0, 1):
        raise InputError(f"the array reset_after is {value}, expected true or false")
    return bool(value)


def _layer(
    kernel: Array, recurrent: Array | None, bias: Array | None, reset_after: bool, name: str
) -> GRULayer:
    if recurrent is None:
        raise InputError(f"{name}: no recurrent kernel")
    if np.ndim(recurrent) != 2:
        raise InputError(
            f"{name}: the recurrent kernel has shape {np.shape(recurrent)}, expected "
            f"(units, 3 · units)"
        )
    width = np.shape(recurrent)[1]
    expected = (2, width) if reset_after else (width,)
    if bias is not None and np.shape(bias) != expected:
        raise InputError(
            f"{name}: the bias has shape {np.shape(bias)}, expected {expected} with "
            f"reset_after={reset_after}: Keras' layer says which it is in its configuration"
        )
    inside, outside = (None, None) if bias is None else bias if reset_after else (bias, None)
    return GRULayer.of(np.asarray(kernel).T, np.asarray(recurrent).T, inside, outside, ORDER, name)
