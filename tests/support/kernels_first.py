"""Compiles the kernels that most tests need, each in one of pytest's workers.

Without this, on a new machine every worker would compile every kernel at the same time.
"""

from __future__ import annotations

import fcntl
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from programs import random_program, random_sequences

from hardware import run, stream
from hardware.kernels.files import writable_folder


def record() -> None:
    run(random_program(0), random_sequences(0, 3, [2]))


def score() -> None:
    list(stream(random_program(0), random_sequences(0, 3, [2])))


def train() -> None:
    if find_spec("torch") is None:
        return
    import torch
    from networks import random_network

    with torch.random.fork_rng():
        network = random_network(0).train()
        network(torch.randn(3, 2, 3), torch.tensor([3, 2])).sum().backward()


JOBS: tuple[Callable[[], None], ...] = (record, score, train)
"""Longest first."""


def compile_together(worker: int) -> None:
    """Do the jobs that no other worker does; return when all are done."""
    folder = writable_folder()
    if folder is None:
        return
    first = worker % len(JOBS)
    jobs = JOBS[first:] + JOBS[:first]
    for wait in (fcntl.LOCK_NB, 0):
        for job in jobs:
            with lock_of(folder, job).open("w") as lock, suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | wait)
                job()  # quick if the kernels are there


def lock_of(folder: Path, job: Callable[[], None]) -> Path:
    """Return a file next to the kernels, so that runs which share kernels share it."""
    return folder / f"tests-{job.__name__}-{sys.implementation.cache_tag}.lock"
