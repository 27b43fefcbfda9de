"""Seeds that follow from the seed of a search."""

from __future__ import annotations

import hashlib


def seed_for(seed: int, use: int | str) -> int:
    """Return the seed for one use; other uses have unrelated seeds."""
    drawn = hashlib.sha256(f"{seed} {use}".encode()).digest()
    return int.from_bytes(drawn[:4], "big")
