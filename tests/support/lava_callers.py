"""A caller of Lava, for tests of callers of every kind."""

from __future__ import annotations

from programs import random_program, random_sequences

from hardware import compare
from hardware.runs.run import run


def run_and_compare(seed: int) -> None:
    """Exit with an error where Lava differs from the events engine."""
    program, sequences = random_program(seed, hidden=(4,)), random_sequences(seed, 3, [3, 2])
    comparison = compare(
        run(program, sequences), run(program, sequences, engine="lava", mapping="fused")
    )
    assert comparison.equal, str(comparison.first)
