"""Steps per second of each engine on one random layer of 140 → 128, in interleaved rounds.

Compare by the ratios within one run: absolute times vary with the machine.
"""

from __future__ import annotations

import statistics
import time

import numpy as np

from hardware import Program, Sequences, run
from hardware.cell import Cell, GateParameters
from hardware.engines import ENGINES
from hardware.program import Encoder, Layer, Readout

CHANNELS, NEURONS, OUTPUTS = 140, 128, 10
SEQUENCES, STEPS, ROUNDS = 20, 100, 3
INPUT_ACTIVITY = 0.1


def random_program(rng: np.random.Generator) -> Program:
    """A layer with weights over all of int8, and thresholds at which about a tenth fires."""

    def weights(*shape: int) -> np.ndarray:
        return rng.integers(-127, 128, shape).astype(np.int8)

    gate = GateParameters(
        input_shift=np.full(3, -1),
        recurrent_shift=np.full(3, 2),
        bias=rng.integers(-2000, 2000, (3, NEURONS)),
        recurrent_bias=np.zeros(NEURONS, dtype=np.int64),
        threshold=np.full(NEURONS, 2500),
    )
    layer = Layer(
        "layer 0", Cell(), weights(3 * NEURONS, CHANNELS), weights(3 * NEURONS, NEURONS), gate
    )
    readout = Readout(weights(OUTPUTS, NEURONS), np.zeros(OUTPUTS, dtype=np.int64), -7, 5.0)
    encoder = Encoder(np.zeros(CHANNELS), np.full(CHANNELS, 32.0), -5, 127)
    names = tuple(f"class {i}" for i in range(OUTPUTS))
    return Program(encoder, (layer,), readout, names, max_steps=500)


def sparse_sequences(rng: np.random.Generator) -> Sequences:
    values = rng.normal(size=(SEQUENCES * STEPS, CHANNELS))
    values *= rng.random(values.shape) < INPUT_ACTIVITY
    return Sequences(values.astype(np.float32), np.full(SEQUENCES, STEPS))


def main() -> None:
    rng = np.random.default_rng(0)
    program, sequences = random_program(rng), sparse_sequences(rng)
    seconds: dict[str, list[float]] = {name: [] for name in ENGINES}
    firing = run(program, sequences).emitted[0].mean()
    print(f"{CHANNELS} → {NEURONS}, {INPUT_ACTIVITY:.0%} input activity, {firing:.0%} firing")
    for _ in range(ROUNDS):
        for name, times in seconds.items():
            start = time.perf_counter()
            run(program, sequences, engine=name)
            times.append(time.perf_counter() - start)
    steps = SEQUENCES * STEPS
    print(f"{'engine':8} {'steps/s best':>14} {'steps/s median':>15} {'against lava':>13}")
    for name, times in seconds.items():
        median = statistics.median(times)
        ratio = statistics.median(seconds["lava"]) / median
        print(f"{name:8} {steps / min(times):14,.0f} {steps / median:15,.0f} {ratio:12.1f}×")


if __name__ == "__main__":
    main()
