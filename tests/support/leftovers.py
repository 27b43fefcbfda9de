"""What a Lava session may leave behind: processes, shared memory, folders, open files, threads."""

from __future__ import annotations

import os
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


def group_of(leader: int) -> list[int]:
    """Processes of a group that still run, its leader first."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, group = entry.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(group) == leader and state != "Z":
            found.append(int(entry.parent.name))
    return sorted(found)


def named_memory(pid: int | str) -> set[str]:
    """Files of /dev/shm, also deleted ones, that a process has mapped or open."""
    process = Path("/proc") / str(pid)
    found = set()
    try:
        found |= {
            line.split(maxsplit=5)[-1] for line in (process / "maps").read_text().splitlines()
        }
        found |= {str(entry.readlink()) for entry in (process / "fd").iterdir()}
    except OSError:
        pass  # it has just ended, or is another user's
    return {path for path in found if path.startswith(f"{SHARED_MEMORY}/")}


def orphans() -> set[str]:
    """Files of ours in /dev/shm that no process has mapped or open."""
    files = {str(file) for file in SHARED_MEMORY.iterdir() if _ours(file)}
    if files:
        for entry in Path("/proc").glob("[0-9]*"):
            files -= named_memory(entry.name)
    return {file for file in files if Path(file).exists()}


def _ours(file: Path) -> bool:
    try:
        return file.stat().st_uid == os.getuid()
    except OSError:
        return False


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
