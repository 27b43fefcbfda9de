"""The two mappings of Lava on one random layer, in interleaved rounds of open sessions.

    python benchmarks/mappings.py [--sessions 200]

Compare by the ratios within one run: absolute times vary with the machine.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from networks import INPUT_ACTIVITY, NETWORKS, random_network, sparse_sequences

from hardware import Program
from hardware.lava import LavaSession

NETWORK = "140 → 128"
STEPS, ROUNDS, FRAMES = 100, 5, 500
MAPPINGS = {("structural", 1): 5, ("fused", 1): 10, ("fused", 128): 256}
"""Sequences that each mapping plays in a round, by its name and batch."""


def seconds(function: object, *arguments: object) -> float:
    start = time.perf_counter()
    function(*arguments)  # type: ignore[operator]
    return time.perf_counter() - start


def events(
    program: Program, rng: np.random.Generator, sequences: int
) -> tuple[np.ndarray, np.ndarray]:
    channels = program.encoder.channels
    return program.encode(sparse_sequences(rng, channels, sequences, STEPS))


def compare(program: Program, rng: np.random.Generator) -> None:
    """Set-up, and sample-steps per second beside those of the structural mapping."""
    print(f"Lava, {NETWORK}, {INPUT_ACTIVITY:.0%} of inputs active, sequences of {STEPS} steps")
    sessions, set_up = {}, {}
    for mapping, batch in MAPPINGS:
        sessions[mapping, batch] = LavaSession(program, mapping, batch)
        set_up[mapping, batch] = seconds(sessions[mapping, batch].open)
    rates: dict[tuple[str, int], list[float]] = {key: [] for key in MAPPINGS}
    for _ in range(ROUNDS):
        for key, sequences in MAPPINGS.items():
            given = events(program, rng, sequences)
            rates[key].append(sequences * STEPS / seconds(sessions[key].run, *given))
    print(f"{'mapping':16} {'set-up s':>9} {'sample-steps/s':>15} {'best':>9} {'ratio':>7}")
    for (mapping, batch), found in rates.items():
        ratios = [a / b for a, b in zip(found, rates["structural", 1], strict=True)]
        print(
            f"{mapping + ' × ' + str(batch):16} {set_up[mapping, batch]:9.2f} "
            f"{statistics.median(found):15,.0f} {max(found):9,.0f} "
            f"{statistics.median(ratios):6.1f}×"
        )
        sessions[mapping, batch].close()


def stream(program: Program, rng: np.random.Generator) -> None:
    """Milliseconds that a session takes for one frame."""
    print(f"{'a stream':16} {'median ms':>9} {'p99 ms':>15}")
    frames, _ = events(program, rng, FRAMES // STEPS)
    for mapping in ("structural", "fused"):
        with LavaSession(program, mapping) as session:
            times = [1000 * seconds(session.step, frame) for frame in frames]
        median, slow = np.percentile(times, [50, 99])
        print(f"{mapping:16} {median:9.2f} {slow:15.2f}")


def main() -> None:
    rng = np.random.default_rng(0)
    program = random_network(rng, *NETWORKS[NETWORK])
    compare(program, rng)
    stream(program, rng)


def many_sessions(sessions: int) -> int:
    """Open so many one after another, and see that nothing grows."""
    tests = Path(__file__).resolve().parents[1] / "tests" / "hardware" / "lava" / "test_session.py"
    print(f"\n{sessions} sessions one after another")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--timeout=0", "-k", "one_after_another", tests],
        env={**os.environ, "LAVA_SESSIONS": str(sessions)},
    ).returncode


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=0, help="open so many, one after another")
    asked = parser.parse_args()
    main()
    sys.exit(many_sessions(asked.sessions) if asked.sessions else 0)
