"""Mutations of program files: damage, and what somebody who means harm would write.

Each is a function `(rng, content) → content` of a sound file. What it gives must be refused, or
be the identical program; none makes another sound one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sealing import joined, members_of

Mutation = Callable[[np.random.Generator, bytes], bytes]
MUTATIONS: dict[str, Mutation] = {}
WEIGHTS_MUTATIONS: dict[str, Mutation] = {}
"""Of a safetensors file alone."""

HUGE = (2**31, 2**32, 2**40, 2**63 - 1, 2**63, 2**64, 10**30, 10**60)


def mutation(change: Mutation) -> Mutation:
    MUTATIONS[change.__name__] = change
    return change


def of_weights(change: Mutation) -> Mutation:
    """A mutation of the tensors' member, and so one of the whole file."""

    def whole(rng: np.random.Generator, content: bytes) -> bytes:
        manifest, weights = members_of(content)
        return joined(manifest, change(rng, weights))

    WEIGHTS_MUTATIONS[change.__name__] = change
    MUTATIONS[change.__name__] = whole
    return change


def one_of(rng: np.random.Generator, choices: Any) -> Any:
    # The order of a set is another one in every process.
    choices = sorted(choices) if isinstance(choices, set) else list(choices)
    return choices[int(rng.integers(len(choices)))]


def place_in(rng: np.random.Generator, content: bytes) -> int:
    return int(rng.integers(len(content)))


def some_bytes(rng: np.random.Generator, most: int = 64) -> bytes:
    return rng.bytes(int(rng.integers(1, most)))
