"""The folder of a session: all that a session could leave behind is in it.

The processes of a session hold the folder's lock, and the kernel frees it when the last of them is
dead. A sweep removes a folder only while it holds the lock itself. So it can tell a dead session's
folder from a living one's, at any age and in every PID namespace.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
import tempfile
from pathlib import Path

FOLDER, LOCK = "sgru-", "lock"
TOKEN = "[0-9a-f]" * 6


def new_folder() -> Path:
    """Return the path of a new session's folder; `claim` makes it."""
    return Path(tempfile.gettempdir()) / f"{FOLDER}{secrets.token_hex(3)}"


def claim(folder: Path) -> int:
    """Make the folder; return its lock, held as long as this process or one it forks lives."""
    folder.mkdir(mode=0o700)
    while True:
        try:
            return _lock(folder, fcntl.LOCK_EX)
        except FileNotFoundError:  # a sweep found the folder before it was locked
            folder.mkdir(mode=0o700, exist_ok=True)


def sweep_the_dead() -> None:
    """Remove the folders of this user's sessions whose processes are all dead."""
    for folder in Path(tempfile.gettempdir()).glob(FOLDER + TOKEN):
        with contextlib.suppress(OSError):  # its session lives, or it is gone by now
            if folder.lstat().st_uid == os.getuid():
                lock = _lock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
                os.close(lock)


def _lock(folder: Path, how: int) -> int:
    """Return the lock of a folder; raise an `OSError` if another has it or has removed it."""
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, how)
        if not os.path.samestat(os.fstat(lock), (folder / LOCK).stat()):
            raise FileNotFoundError(folder / LOCK)
    except BaseException:
        os.close(lock)
        raise
    return lock
