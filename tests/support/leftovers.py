"""What a Lava session may leave behind: processes, shared memory, folders, open files, threads."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

SHARED_MEMORY = Path("/dev/shm")


def processes_of(parent: int) -> list[str]:
    """Command lines of the children that a process has started, and of theirs; not the dead."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().decode().split("\0")
        except OSError:
            continue
        if str(parent) in command and any("child" in part for part in command):
            found.append(" ".join(command))
    return found


def blocks_of(token: str) -> list[Path]:
    return list(SHARED_MEMORY.glob(f"*{token}*"))


def folders_of(token: str) -> list[Path]:
    return list(Path(tempfile.gettempdir()).glob(f"*{token}*"))


def open_files() -> list[str]:
    """What every descriptor of this process leads to."""
    found = []
    for entry in Path("/proc/self/fd").iterdir():
        try:
            found.append(str(entry.readlink()))
        except OSError:
            continue  # the one through which this folder is read
    return sorted(found)


def gone(found: object, seconds: float = 2.0) -> bool:
    """Whether what a function finds is nothing, now or soon."""
    give_up = time.monotonic() + seconds
    while found() and time.monotonic() < give_up:  # type: ignore[operator]
        time.sleep(0.02)
    return not found()  # type: ignore[operator]
