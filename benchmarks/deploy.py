"""One frame, a sequence, a batch, many sessions: our engines and what else runs a GRU on a CPU.

All contestants run in turn, round after round, in one process on one thread; times are the least
and the median of the rounds. Compare the ratios of one run: times vary with the machine.
`python benchmarks/deploy.py` prints the tables, `--page` writes them into docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from functools import cache, partial
from itertools import cycle, repeat
from pathlib import Path
from typing import NamedTuple

import numpy as np
import rivals
import torch
from engines import program_that_fires, sparse_sequences
from torch import nn

from conversion import deploy, from_torch_gru
from hardware import Program, Sequences, Session, SparseSequences, stream

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
BEGIN, END = "<!-- written by benchmarks/deploy.py -->", "<!-- end -->"

SIZES = ((12, 64), (140, 128), (700, 512))
ACTIVITIES = (0.1, 0.01)
STEPS, BATCH, ROUNDS = 100, 64, 9
ROWS, CALLS = 1000, 200
TIMES = 20
"""Batches of a stream."""

LEAST_S = 2e-3
"""A call is repeated within a round until it takes that long."""

Call = Callable[[], object]


class Contestant(NamedTuple):
    """A call that is timed, and its number of steps."""

    name: str
    call: Call
    steps: int


def seconds_of(contestants: list[Contestant], rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Seconds of a step, round after round: each contestant once, then each again."""
    times = {}
    for name, call, _ in contestants:
        call()
        start = time.perf_counter()
        call()
        times[name] = max(1, round(LEAST_S / (time.perf_counter() - start)))
    found: dict[str, list[float]] = {name: [] for name, *_ in contestants}
    for _ in range(rounds):
        for name, call, steps in contestants:
            start = time.perf_counter()
            for _ in range(times[name]):
                call()
            found[name].append((time.perf_counter() - start) / times[name] / steps)
    return found


def table(title: str, tables: dict[str, dict[str, list[float]]]) -> Iterator[str]:
    """Lines of Markdown: µs of a step, least / median (the least as a share of ONNX Runtime)."""
    yield f"| {title} | {' | '.join(tables)} |"
    yield "|---" * (len(tables) + 1) + "|"
    for name in next(iter(tables.values())):
        cells = []
        for found in tables.values():
            least, median = min(found[name]), statistics.median(found[name])
            share = least / min(found[ONNX])
            cells.append(f"{1e6 * least:.3g} / {1e6 * median:.3g} ({share:.2g})")
        yield f"| {name} | {' | '.join(cells)} |"


ONNX = "ONNX Runtime, float32"


def spiking(channels: int, hidden: int, activity: float) -> tuple[Program, Sequences]:
    """A layer of `torch` with hard σ and tanh, at whose threshold this share of neurons fires."""
    sequences = sparse_sequences(channels, activity)
    return program_that_fires((channels, hidden), activity, sequences.take(range(10))), sequences


def imported(channels: int, hidden: int, emit: str) -> tuple[Program, Sequences]:
    """An ordinary GRU with look-up tables that sends all its state, or every change of it."""
    torch.manual_seed(0)
    gru = from_torch_gru(nn.GRU(channels, hidden), nn.Linear(hidden, 10))
    values = np.random.default_rng(1).normal(size=(BATCH * STEPS, channels)).astype(np.float32)
    sequences = Sequences(values, np.full(BATCH, STEPS))
    return deploy(gru, sequences, emit=emit, encoder="graded").program, sequences


@cache
def programs(channels: int, hidden: int) -> dict[str, tuple[Program, Sequences]]:
    """Our contestants by name, with their sequences."""
    found = {
        f"spiking, {share:.0%} active": spiking(channels, hidden, share) for share in ACTIVITIES
    }
    return found | {
        "imported GRU, all states sent": imported(channels, hidden, "state"),
        "imported GRU, every change sent": imported(channels, hidden, "graded"),
    }


def of_a_frame(channels: int, hidden: int) -> dict[str, list[float]]:
    """A step of a session, next to one frame of the rivals."""
    contestants = []
    for name, (program, sequences) in programs(channels, hidden).items():
        session, frames = Session(program), list(sequences.values[:STEPS])

        def steps(session: Session = session, frames: list[np.ndarray] = frames) -> None:
            for frame in frames:
                session.step(frame)
            session.reset()

        contestants.append(Contestant(name, steps, STEPS))
    contestants += [
        Contestant(ONNX, rivals.onnx_gru(channels, hidden, 1, 1), 1),
        Contestant("torch, eager", rivals.torch_gru(channels, hidden, 1, 1), 1),
        Contestant("torch, int8", rivals.torch_gru(channels, hidden, 1, 1, int8=True), 1),
    ]
    return seconds_of(contestants)


def streamed(program: Program, events: SparseSequences) -> None:
    """A stream on one thread of the same batch, again and again."""
    for _ in stream(program, repeat(events, TIMES), threads=1):
        pass


def of_sequences(channels: int, hidden: int, batch: int) -> dict[str, list[float]]:
    """A step of `Session.run`, next to one batch of the rivals: all are ready before.

    Batches of spiking programs are also a stream of events, which opens the engine as well.
    """
    steps, contestants = batch * STEPS, []
    for name, (program, sequences) in programs(channels, hidden).items():
        session, part = Session(program), sequences.take(range(batch))
        contestants.append(Contestant(name, partial(session.run, part), steps))
        if batch > 1 and name.startswith("spiking"):
            events = SparseSequences.of(part)
            given = partial(streamed, program, events)
            contestants.append(Contestant(f"{name}, as events", given, TIMES * steps))
    contestants += [
        Contestant(ONNX, rivals.onnx_gru(channels, hidden, STEPS, batch), steps),
        Contestant("torch, eager", rivals.torch_gru(channels, hidden, STEPS, batch), steps),
        Contestant(
            "torch, int8", rivals.torch_gru(channels, hidden, STEPS, batch, int8=True), steps
        ),
    ]
    return seconds_of(contestants)


def of_rows(channels: int, hidden: int) -> Iterator[str]:
    """Lines of Markdown: percentiles of one call that gives every one of many rows a frame."""
    contestants: list[Contestant] = []
    for name, (program, sequences) in programs(channels, hidden).items():
        session = Session(program, batch=ROWS)
        frames = sequences.values[np.arange(STEPS * ROWS) % len(sequences.values)]
        blocks = cycle(list(frames.reshape(STEPS, ROWS, channels)))

        def step(session: Session = session, blocks: Iterator[np.ndarray] = blocks) -> None:
            if session.elapsed[0] == STEPS:
                session.reset()
            session.step(next(blocks))

        contestants.append(Contestant(name, step, 1))
    contestants += [
        Contestant(ONNX, rivals.onnx_gru(channels, hidden, 1, ROWS), 1),
        Contestant("torch, eager", rivals.torch_gru(channels, hidden, 1, ROWS), 1),
    ]
    for name, seconds in seconds_of(contestants, CALLS).items():
        half, most = np.percentile(1e3 * np.array(seconds), [50, 99])
        yield f"| {name} | {half:.3g} | {most:.3g} | {1e3 * half / ROWS:.3g} |"


def all_tables() -> Iterator[str]:
    """Every table, as it is measured."""
    names = {f"{channels} → {hidden}": (channels, hidden) for channels, hidden in SIZES}
    yield from table("one frame", {name: of_a_frame(*size) for name, size in names.items()})
    for batch in (1, BATCH):
        of = "one sequence" if batch == 1 else f"batch of {batch}"
        found = {name: of_sequences(*size, batch) for name, size in names.items()}
        yield ""
        yield from table(f"{of}, {STEPS} frames", found)
    middle = SIZES[1]
    yield ""
    yield f"| {ROWS:,} rows, {middle[0]} → {middle[1]} | median ms | 99 % ms | median µs a frame |"
    yield "|---|---|---|---|"
    yield from of_rows(*middle)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", action="store_true", help="write docs/benchmarks.md")
    options = parser.parse_args()
    torch.set_num_threads(1)
    lines = []
    for line in all_tables():
        print(line, flush=True)
        lines.append(line)
    if options.page:
        before, rest = PAGE.read_text("utf-8").split(BEGIN)
        after = rest.split(END)[1]
        PAGE.write_text(f"{before}{BEGIN}\n\n" + "\n".join(lines) + f"\n\n{END}{after}", "utf-8")


if __name__ == "__main__":
    main()
