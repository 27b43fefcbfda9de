"""A seed for each purpose of each phase of a training run."""

from __future__ import annotations

from hashlib import sha256


def phase_seed(seed: int, phase: str, purpose: str) -> int:
    """Return the first 8 bytes of the SHA-256 of `SEED/PHASE/PURPOSE`, little-endian.

    No phase sees what another has drawn, so the choice of baselines does not change the network.
    """
    digest = sha256(f"{seed}/{phase}/{purpose}".encode()).digest()
    return int.from_bytes(digest[:8], "little")
