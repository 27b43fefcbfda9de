"""A process that works on a search; others see whether it is alive by a lock on its file."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

FOLDER = "workers"


class Worker(NamedTuple):
    """A process that works on the trials in a folder."""

    name: str
    """Host, process and a random part: the name of its file."""


@contextmanager
def working_on(folder: Path) -> Iterator[Worker]:
    """Be a worker, as long as the block runs; the system releases the lock if the process dies."""
    name = f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:8]}"
    path = folder / FOLDER / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield Worker(name)
        finally:
            path.unlink(missing_ok=True)


def is_alive(folder: Path, name: str) -> bool:
    """Return whether a worker is at work; the file of a dead one is removed."""
    path = folder / FOLDER / name
    with suppress(FileNotFoundError), path.open("r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        path.unlink(missing_ok=True)
    return False


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Wait until no other process is in the block."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
