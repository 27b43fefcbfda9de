"""The Lava runtime on one random layer of 140 → 128: mappings, set-up, a stream; and many sessions.

    python benchmarks/lava.py [--sessions 200]

Mappings are timed in interleaved rounds of open sessions. Compare by the ratios within one run:
absolute times vary with the machine.
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

from hardware.cell import Cell, GateParameters
from hardware.encoding import Encoder
from hardware.lava import LavaSession
from hardware.program import Layer, Program
from hardware.readout import Readout

CHANNELS, NEURONS, OUTPUTS = 140, 128, 10
STEPS, ROUNDS = 100, 5
INPUT_ACTIVITY = 0.1
MAPPINGS = {("structural", 1): 5, ("fused", 1): 10, ("fused", 128): 256}
"""Sequences that each mapping plays in a round, by its name and batch."""


def random_program(rng: np.random.Generator) -> Program:
    """A layer with weights over all of int8, and thresholds at which about a tenth fires."""

    def weights(*shape: int) -> np.ndarray:
        return rng.integers(-127, 128, shape).astype(np.int8)

    layer = Layer(
        name="layer 0",
        cell=Cell(),
        input_weights=weights(3 * NEURONS, CHANNELS),
        recurrent_weights=weights(3 * NEURONS, NEURONS),
        gate=GateParameters(
            input_shift=np.full(3, -1),
            recurrent_shift=np.full(3, 2),
            bias=rng.integers(-2000, 2000, (3, NEURONS)),
            recurrent_bias=np.zeros(NEURONS, dtype=np.int64),
            threshold=np.full(NEURONS, 2500),
        ),
        initial_membrane=np.zeros(NEURONS, dtype=np.int64),
    )
    readout = Readout(weights(OUTPUTS, NEURONS), np.zeros(OUTPUTS, dtype=np.int64), -7, 5.0)
    encoder = Encoder(np.zeros(CHANNELS), np.full(CHANNELS, 32.0), -5, 127)
    return Program(encoder, (layer,), readout, (), max_steps=500)


def events(rng: np.random.Generator, steps: int) -> np.ndarray:
    active = rng.random((steps, CHANNELS)) < INPUT_ACTIVITY
    return np.clip(np.rint(32 * rng.normal(size=active.shape)), -127, 127).astype(int) * active


def seconds(function: object, *arguments: object) -> float:
    start = time.perf_counter()
    function(*arguments)  # type: ignore[operator]
    return time.perf_counter() - start


def mappings(program: Program, rng: np.random.Generator) -> None:
    print(
        f"{CHANNELS} → {NEURONS}, {INPUT_ACTIVITY:.0%} input activity, sequences of {STEPS} steps"
    )
    sessions, set_up = {}, {}
    for mapping, batch in MAPPINGS:
        sessions[mapping, batch] = LavaSession(program, mapping, batch)
        set_up[mapping, batch] = seconds(sessions[mapping, batch].open)
    rates: dict[tuple[str, int], list[float]] = {key: [] for key in MAPPINGS}
    for _ in range(ROUNDS):
        for key, sequences in MAPPINGS.items():
            given = events(rng, sequences * STEPS), np.full(sequences, STEPS)
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
    print(f"\n{'a stream':16} {'median ms':>9} {'p99 ms':>15}")
    for mapping in ("structural", "fused"):
        with LavaSession(program, mapping) as session:
            times = sorted(1000 * seconds(session.step, frame) for frame in events(rng, 500))
        print(f"{mapping:16} {times[250]:9.2f} {times[494]:15.2f}")


def many_sessions(sessions: int) -> int:
    tests = Path(__file__).resolve().parents[1] / "tests" / "hardware" / "lava" / "test_session.py"
    print(f"\n{sessions} sessions one after another")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--timeout=0", "-k", "one_after_another", tests],
        env={**os.environ, "LAVA_SESSIONS": str(sessions)},
    ).returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=0, help="open so many, one after another")
    asked = parser.parse_args()
    rng = np.random.default_rng(0)
    program = random_program(rng)
    mappings(program, rng)
    stream(program, rng)
    return many_sessions(asked.sessions) if asked.sessions else 0


if __name__ == "__main__":
    sys.exit(main())
