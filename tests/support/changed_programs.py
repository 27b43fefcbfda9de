"""Program files with a random change in the manifest or in a tensor, and every checksum right."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np
from sealing import sealed, taken_apart

NAMES = [
    "torch", "minimal", "forget", "keep", "graded", "state", "binary", "latency", "rate",
    "send-on-delta", "last", "step", "leaky", "count", "table", "zero", "encoder", "layer 0",
]  # fmt: skip
VALUES: list[Any] = [
    *NAMES, *range(-1, 17), -64, -65, 31, -31, 32, 64, 65, 256, 257, 16_383, 16_384, 32_767,
    32_768, 2**31 - 1, 2**31, 10**31, 1.0, 0.1, 1e300, True, False, None, "", "x", "é", "\n",
    "\u00a0", "\u200d", "x" * 200, "x" * 201, [], {}, ["x"], ["a", "b"], [0.5, 2], [True], "0" * 64,
    "F" * 64,
]  # fmt: skip
NUMBERS = [
    0, 1, -1, 127, -127, -128, 31, 32, -31, -32, 256, 4096, 16_384, 100_000, 2**31 - 1, -(2**31),
    1e100, 1.1e100, np.nan, np.inf,
]  # fmt: skip
TYPES = ["f8", "f4", "i4", "i1", "i2", "u1"]


def changed(content: bytes, rng: np.random.Generator) -> bytes:
    """Return the file with one change, or two."""
    manifest, tensors = taken_apart(content)
    del manifest["sha256"], manifest["manifest_sha256"]
    for _ in range(rng.integers(1, 3)):
        if rng.random() < 0.6:
            change_field(manifest, rng)
        else:
            change_tensor(tensors, rng)
    return sealed(manifest, tensors)


def places(part: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every field and every item: what holds it, and its key there."""
    keys = list(part) if isinstance(part, dict) else range(len(part))
    for key in keys:
        yield part, key
        if isinstance(part[key], dict | list):
            yield from places(part[key])


def change_field(manifest: dict[str, Any], rng: np.random.Generator) -> None:
    """Give a field another value, take it away, or put one more next to it."""
    options = list(places(manifest))
    part, key = options[rng.integers(len(options))]
    value = copy.deepcopy(VALUES[rng.integers(len(VALUES))])
    how = rng.integers(6)
    if how == 0:
        del part[key]
    elif how == 1 and isinstance(part, dict):
        part[f"{key}x"] = value
    elif how == 1:
        part.append(copy.deepcopy(part[key]))
    else:
        part[key] = value


def change_tensor(tensors: dict[str, np.ndarray], rng: np.random.Generator) -> None:
    """Give a tensor another value, shape, type or name, or take it away."""
    name = sorted(tensors)[rng.integers(len(tensors))]
    array = tensors.pop(name)
    how = rng.integers(12)
    if how == 0:
        return
    if how == 1:
        name += "x"
    elif how == 2:
        with np.errstate(invalid="ignore"):
            array = array.astype(TYPES[rng.integers(len(TYPES))])
    elif how == 3:
        array = [array.ravel(), array[np.newaxis], array[:-1]][rng.integers(3)]
    elif how == 4:
        array = np.concatenate([array, array])
    elif array.size:
        with np.errstate(all="ignore"):
            number = np.array(NUMBERS[rng.integers(len(NUMBERS))], "f8").astype(array.dtype)
        array.reshape(-1)[rng.integers(array.size)] = number
    tensors[name] = array
