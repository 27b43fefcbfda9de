"""Steps per second of each engine on random layers of usual sizes, in interleaved rounds.

Compare by the ratios within one run: absolute times vary with the machine. A step's share of
reading, rounding and recording is in every figure; `stream` records nothing, and `sparse stream` is
given only the values that are not 0.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from itertools import pairwise, repeat

import mappings
import numpy as np

from hardware import Program, Sequences, Session, SparseSequences, count, run, stream
from hardware.definition.cell import Cell, GateParameters
from hardware.definition.encoder import Encoder
from hardware.definition.readout import Readout
from hardware.program.model import Layer

NETWORKS = {"140 → 128": (140, 128), "700 → 256 → 256": (700, 256, 256), "64 → 1,024": (64, 1024)}
ACTIVITIES = (0.1, 0.01)
OUTPUTS, STEPS, ROUNDS = 10, 100, 3
SEQUENCES = {"lava": 10, "numpy": 20, "events": 100, "stream": 400}
ROWS = 1000
"""Sequences of a batch session."""

TIMES = 5
"""How often a stream gets its sequences, one after another."""

ONE = 1 << 12


def random_program(sizes: tuple[int, ...], threshold: int) -> Program:
    """Layers with weights spread over 8 bits as trained ones are."""
    rng = np.random.default_rng(0)

    def weights(*shape: int) -> np.ndarray:
        return np.clip(np.rint(rng.normal(0, 32, shape)), -127, 127).astype(np.int8)

    layers = []
    for i, (inputs, neurons) in enumerate(pairwise(sizes)):
        gate = GateParameters(
            input_shift=np.full(3, 2 if i else 0),
            recurrent_shift=np.full(3, 2),
            bias=rng.integers(-ONE // 2, ONE // 2, (3, neurons)),
            recurrent_bias=np.zeros(neurons, dtype=np.int64),
            threshold=np.full(neurons, threshold),
        )
        layers.append(
            Layer(
                name=f"layer {i}",
                cell=Cell(),
                input_weights=weights(3 * neurons, inputs),
                recurrent_weights=weights(3 * neurons, neurons),
                gate=gate,
                initial_membrane=np.zeros(neurons, dtype=np.int64),
            )
        )
    return Program(
        encoder=Encoder(np.zeros(sizes[0]), np.full(sizes[0], 32.0), -5, 127),
        layers=tuple(layers),
        readouts=(Readout(weights(OUTPUTS, sizes[-1]), np.zeros(OUTPUTS, np.int64), -7, 5.0),),
        max_steps=STEPS,
    )


def firing(program: Program, sequences: Sequences) -> float:
    return float(np.concatenate(run(program, sequences).emitted, axis=1).mean())


def program_that_fires(sizes: tuple[int, ...], activity: float, sequences: Sequences) -> Program:
    """The program at whose threshold about this share of the neurons fires at a step."""
    low, high = 1, ONE - 1
    while high - low > 1:
        middle = (low + high) // 2
        if firing(random_program(sizes, middle), sequences) > activity:
            low = middle
        else:
            high = middle
    return random_program(sizes, high)


def sparse_sequences(channels: int, activity: float) -> Sequences:
    rng = np.random.default_rng(1)
    sequences = max(SEQUENCES.values())
    values = rng.normal(size=(sequences * STEPS, channels))
    values *= rng.random(values.shape) < activity
    return Sequences(values.astype(np.float32), np.full(sequences, STEPS))


def contestants(
    program: Program, sequences: Sequences, lava: bool
) -> dict[str, tuple[int, Callable[[], object]]]:
    """What is timed, and the steps that each does."""
    part = {name: sequences.take(range(n)) for name, n in SEQUENCES.items()}
    sparse, cores = SparseSequences.of(part["stream"]), len(os.sched_getaffinity(0))

    def streamed(given: Sequences | SparseSequences, threads: int) -> list[np.ndarray]:
        return list(stream(program, repeat(given, TIMES), threads=threads))

    timed: dict[str, tuple[int, Callable[[], object]]] = {}
    if lava:
        timed["lava"] = SEQUENCES["lava"] * STEPS, lambda: run(program, part["lava"], "lava")
    timed["numpy"] = SEQUENCES["numpy"] * STEPS, lambda: run(program, part["numpy"], "numpy")
    for threads in sorted({1, cores}):
        label = f"{threads} thread" + "s" * (threads > 1)
        timed[f"events, {label}"] = (
            SEQUENCES["events"] * STEPS,
            lambda t=threads: run(program, part["events"], threads=t),
        )
        for name, given in (("stream", part["stream"]), ("sparse stream", sparse)):
            timed[f"{name}, {label}"] = (
                SEQUENCES["stream"] * STEPS * TIMES,
                lambda g=given, t=threads: streamed(g, t),
            )
    return timed


def rates(timed: dict[str, tuple[int, Callable[[], object]]]) -> dict[str, list[float]]:
    """Steps per second of each, round after round."""
    for name, (_, call) in timed.items():
        if name != "lava":
            call()
    found: dict[str, list[float]] = {name: [] for name in timed}
    for _ in range(ROUNDS):
        for name, (steps, call) in timed.items():
            start = time.perf_counter()
            call()
            found[name].append(steps / (time.perf_counter() - start))
    return found


def step_times(program: Program, frames: np.ndarray) -> str:
    """A session's time for one frame."""
    seconds = []
    with Session(program) as session:
        for i, frame in enumerate(frames):
            if i % STEPS == 0:
                session.reset()
            start = time.perf_counter()
            session.step(frame)
            seconds.append(time.perf_counter() - start)
    median, slow = np.percentile(1e6 * np.array(seconds[STEPS:]), [50, 99])
    return f"session: {median:.1f} µs a step, 99 % within {slow:.1f} µs"


def row_times(program: Program, frames: np.ndarray) -> str:
    """The time of a row, in steps of all rows of a batch session."""
    seconds = []
    with Session(program, batch=ROWS) as session:
        for _ in range(STEPS):
            frames = np.roll(frames, 1, axis=0)
            start = time.perf_counter()
            session.step(frames[:ROWS])
            seconds.append(time.perf_counter() - start)
    median, slow = np.percentile(1e6 * np.array(seconds[1:]) / ROWS, [50, 99])
    return f"batch of {ROWS:,}: {median:.1f} µs a row, 99 % within {slow:.1f} µs"


def sessions_only() -> None:
    for name, sizes in NETWORKS.items():
        for activity in ACTIVITIES:
            sequences = sparse_sequences(sizes[0], activity)
            program = program_that_fires(sizes, activity, sequences.take(range(10)))
            print(f"{name}, {activity:.0%} active: {step_times(program, sequences.values[:2000])}")
            print(f"{name}, {activity:.0%} active: {row_times(program, sequences.values[:2000])}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", action="store_true", help="time sessions only")
    if parser.parse_args().sessions:
        sessions_only()
        return
    for name, sizes in NETWORKS.items():
        best: dict[float, dict[str, float]] = {}
        for activity in ACTIVITIES:
            sequences = sparse_sequences(sizes[0], activity)
            program = program_that_fires(sizes, activity, sequences.take(range(10)))
            trace = run(program, sequences.take(range(SEQUENCES["events"])))
            operations = count(trace, program).synaptic_operations.sum() / trace.lengths.sum()
            fires = float(np.concatenate(trace.emitted, axis=1).mean())
            print(f"{name}: {activity:.0%} of inputs, {fires:.1%} of neurons active at a step")
            lava = name == "140 → 128" and activity == 0.1
            found = rates(contestants(program, sequences, lava))
            print(f"{'':24} {'steps/s best':>13} {'median':>11} {'Gsyn/s best':>12}", end="")
            print(f" {'× lava' if lava else '× numpy':>9}")
            base = statistics.median(found["lava" if lava else "numpy"])
            for engine, values in found.items():
                median = statistics.median(values)
                print(
                    f"{engine:24} {max(values):13,.0f} {median:11,.0f} "
                    f"{max(values) * operations / 1e9:12.2f} {median / base:9.1f}"
                )
            best[activity] = {name: max(values) for name, values in found.items()}
            print(step_times(program, sequences.values[:2000]))
        few, many = min(ACTIVITIES), max(ACTIVITIES)
        ratios = (
            f"{name} {best[few][name] / best[many][name]:.1f} ×"
            for name in best[few]
            if name.endswith("stream, 1 thread")
        )
        print(f"{few:.0%} against {many:.0%}: {', '.join(ratios)} the speed\n")
    mappings.main()


if __name__ == "__main__":
    main()
