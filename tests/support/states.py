"""Initial states of random programs, and the engines that take them."""

from __future__ import annotations

from typing import Any

import numpy as np

from hardware.program.model import Program

LAVA: list[dict[str, Any]] = [
    {"mapping": "structural"},
    {"mapping": "fused"},
    {"mapping": "fused", "batch": 2},
]

STEPPERS: list[tuple[str, dict[str, Any]]] = [("numpy", {}), ("events", {})]

LAVA_STEPPERS: list[tuple[str, dict[str, Any]]] = [
    ("lava", {"mapping": "structural"}),
    ("lava", {"mapping": "fused"}),
]


def random_states(program: Program, seed: int, sequences: int) -> dict[str, np.ndarray]:
    """Return membranes of each sequence, some of them at ±1."""
    rng = np.random.default_rng(seed)
    found = {}
    for layer in program.layers:
        one = 1 << layer.cell.state_fraction
        wide = rng.integers(-2 * one, 2 * one + 1, (sequences, layer.neurons))
        found[layer.name] = np.clip(wide, -one, one)
    return found
