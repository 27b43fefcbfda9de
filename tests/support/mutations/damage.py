"""Damage: to the file as it is, and to each member with the zip's own checksum made right."""

from __future__ import annotations

import numpy as np
from sealing import joined, members_of

from mutations.registry import (
    MUTATIONS,
    WEIGHTS_MUTATIONS,
    Mutation,
    mutation,
    one_of,
    place_in,
    some_bytes,
)


def flipped_bits(rng: np.random.Generator, content: bytes) -> bytes:
    damaged = bytearray(content)
    for _ in range(int(rng.integers(1, 9))):
        damaged[place_in(rng, content)] ^= 1 << int(rng.integers(8))
    return bytes(damaged)


def cut_short(rng: np.random.Generator, content: bytes) -> bytes:
    return content[: place_in(rng, content)]


def bytes_put_in(rng: np.random.Generator, content: bytes) -> bytes:
    place = one_of(rng, (0, len(content), place_in(rng, content)))
    return content[:place] + some_bytes(rng) + content[place:]


def bytes_taken_out(rng: np.random.Generator, content: bytes) -> bytes:
    place = place_in(rng, content)
    return content[:place] + content[place + int(rng.integers(1, 64)) :]


def bytes_written_over(rng: np.random.Generator, content: bytes) -> bytes:
    place, size = place_in(rng, content), int(rng.integers(1, 64))
    fill = one_of(rng, (b"\0" * size, b"\xff" * size, rng.bytes(size), content[:size]))
    return content[:place] + fill + content[place + size :]


def regions_swapped(rng: np.random.Generator, content: bytes) -> bytes:
    a, b, c, d = sorted(place_in(rng, content) for _ in range(4))
    return content[:a] + content[c:d] + content[b:c] + content[a:b] + content[d:]


DAMAGE: tuple[Mutation, ...] = (
    flipped_bits, cut_short, bytes_put_in, bytes_taken_out, bytes_written_over, regions_swapped,
)  # fmt: skip

for change in DAMAGE:
    MUTATIONS[change.__name__] = change

    def in_weights(rng: np.random.Generator, content: bytes, change: Mutation = change) -> bytes:
        manifest, weights = members_of(content)
        return joined(manifest, change(rng, weights))

    def in_manifest(rng: np.random.Generator, content: bytes, change: Mutation = change) -> bytes:
        manifest, weights = members_of(content)
        return joined(change(rng, manifest), weights)

    WEIGHTS_MUTATIONS[change.__name__] = change
    MUTATIONS[f"{change.__name__} in the tensors"] = in_weights
    MUTATIONS[f"{change.__name__} in the manifest"] = in_manifest


@mutation
def another_file(rng: np.random.Generator, content: bytes) -> bytes:
    manifest, weights = members_of(content)
    empty_zip = b"PK\5\6" + bytes(18)
    others = (b"", b"PK", b"PK\3\4", empty_zip, b"\x80\x04.", b"[]", manifest, weights)
    return one_of(rng, (*others, some_bytes(rng)))
