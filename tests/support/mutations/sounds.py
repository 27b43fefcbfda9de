"""WAV files that are damaged, or whose headers lie."""

from __future__ import annotations

import struct

import numpy as np

from mutations.damage import DAMAGE
from mutations.registry import Mutation, one_of

SOUND_MUTATIONS: dict[str, Mutation] = {change.__name__: change for change in DAMAGE}

SIZES = (0, 1, 15, 16, 2**16, 2**31 - 1, 2**31, 2**32 - 1)


def _places(content: bytes) -> dict[bytes, int]:
    """Where the chunks begin."""
    found, place = {}, 12
    while place + 8 <= len(content):
        name, length = struct.unpack("<4sI", content[place : place + 8])
        found[name] = place
        place += 8 + length + length % 2
    return found


def _changed(content: bytes, place: int, new: bytes) -> bytes:
    return content[:place] + new + content[place + len(new) :]


def a_length_that_lies(rng: np.random.Generator, content: bytes) -> bytes:
    place = one_of(rng, tuple(_places(content).values()))
    return _changed(content, place + 4, struct.pack("<I", one_of(rng, SIZES)))


def a_format_that_lies(rng: np.random.Generator, content: bytes) -> bytes:
    kind, place = one_of(rng, (("<H", 0), ("<H", 2), ("<I", 4), ("<H", 12), ("<H", 14)))
    value = one_of(rng, (0, 1, 2, 3, 8, 16, 24, 32, 64, 0xFFFE, 0xFFFF))
    return _changed(content, _places(content)[b"fmt "] + 8 + place, struct.pack(kind, value))


def chunks_in_another_order(rng: np.random.Generator, content: bytes) -> bytes:
    places = sorted(_places(content).values())
    ends = [*places[1:], len(content)]
    parts = [content[a:b] for a, b in zip(places, ends, strict=True)]
    order = rng.permutation(len(parts)).tolist()
    return content[:12] + b"".join(parts[i] for i in order) + parts[0] * int(rng.integers(2))


for change in (a_length_that_lies, a_format_that_lies, chunks_in_another_order):
    SOUND_MUTATIONS[change.__name__] = change
