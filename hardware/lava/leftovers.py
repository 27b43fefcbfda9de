"""Leftovers of a session, and how to find them: a folder, shared blocks, semaphores.

All carry the session's token in their names. The folder holds a lock for as long as any process of
the session lives, so that a later session can tell a dead one's from a living one's.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import tempfile
import time
from pathlib import Path

SHARED_MEMORY = Path("/dev/shm")
FOLDER, LOCK = "sgru-", "lock"
TOKEN = "[0-9a-f]" * 6
YOUNG_SECONDS = 60.0
"""Seconds that a folder may exist before its session has locked it."""


def new_token() -> str:
    return secrets.token_hex(3)


def folder_of(token: str) -> Path:
    return Path(tempfile.gettempdir()) / f"{FOLDER}{token}"


def prefix_of(token: str) -> str:
    """Return the prefix of the names of a session's shared blocks; Python allows 14 characters."""
    return f"/sg{token}_"


def claim(folder: Path) -> None:
    """Make the folder and lock it for as long as this process or one it forks lives."""
    folder.mkdir(mode=0o700)
    fcntl.flock(os.open(folder / LOCK, os.O_RDWR | os.O_CREAT), fcntl.LOCK_EX)


def sweep(prefix: str) -> None:
    """Remove a session's blocks of shared memory and its semaphores."""
    name = prefix.lstrip("/")
    for pattern in (f"{name}*", f"sem.{name}*"):
        for block in SHARED_MEMORY.glob(pattern):
            block.unlink(missing_ok=True)


def sweep_the_dead() -> None:
    """Remove the leftovers of sessions whose processes were all killed at once."""
    for folder in Path(tempfile.gettempdir()).glob(FOLDER + TOKEN):
        try:
            if time.time() - folder.stat().st_mtime < YOUNG_SECONDS or _locked(folder):
                continue
        except OSError:
            continue  # another's, or gone in the meantime
        sweep(prefix_of(folder.name.removeprefix(FOLDER)))
        shutil.rmtree(folder, ignore_errors=True)


def _locked(folder: Path) -> bool:
    if not (folder / LOCK).exists():
        return False
    with (folder / LOCK).open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
