"""SIGKILL at any moment, of any process, leaves nothing once the next session has started."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from leftovers import gone, group_of, orphans
from programs import random_program

from hardware.lava.child import PROGRAM
from hardware.lava.session import LavaSession

SUPPORT = Path(__file__).resolve().parents[2] / "support"
KILLS = 10
"""Kills of each kind of victim; there are six."""

LATEST = 1.2
"""Seconds from the begin of a phase to the latest kill; the run takes much longer."""

DEADLINE, LATE = 6, 20.0
"""Seconds that a build may take, and that a parent may take to see that another was killed."""

PARENT = """
import sys; sys.path.insert(0, sys.argv[1])
import numpy as np
from programs import random_program
from hardware.lava.session import LavaSession
session = LavaSession(random_program(0, hidden=(4,)), deadline=float(sys.argv[2])).open()
session.run(np.zeros((27000, 3), dtype=int), np.full(30, 900))
"""


def an_actor(_: int, child: int) -> list[int]:
    return [random.choice(group_of(child)[1:] or [child])]


VICTIMS: dict[str, Callable[[int, int], list[int]]] = {
    "the parent": lambda parent, child: [parent],
    "the child": lambda parent, child: [child],
    "the child's group": lambda parent, child: [-child],
    "the child and the parent": lambda parent, child: [child, parent],
    "all processes": lambda parent, child: [parent, -child],
    "an actor": an_actor,
}
"""Process ids for a parent's and its child's; a negative one is a process group's."""


PHASES = ("start", "build")
"""They begin when there is a child, and when it is asked to build; the run follows."""


def kill(victim: str, phase: str, moment: float, temporary: Path) -> None:
    """Start a session; kill a victim this long after a phase begins; see every process gone."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(SUPPORT), str(DEADLINE)],
        env={**os.environ, "TMPDIR": str(temporary)},
        stderr=subprocess.DEVNULL,
    )
    try:
        child = seen(lambda: child_of(parent.pid))
        if phase == "build":
            seen(lambda: list(temporary.glob(f"sgru-*/{PROGRAM}")))
        time.sleep(moment)
        for pid in VICTIMS[victim](parent.pid, child):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        assert parent.wait(timeout=LATE) != 0, "nothing was killed"
        assert gone(lambda: group_of(child)), group_of(child)
    finally:
        parent.kill()
        parent.wait()


def seen(find: Callable[[], Any]) -> Any:
    """Wait until there is something to find, and return it."""
    give_up = time.monotonic() + LATE
    while time.monotonic() < give_up:
        found = find()
        if found:
            return found
        time.sleep(0.005)
    raise AssertionError("there is nothing")


def child_of(parent: int) -> int | None:
    """Return the child of a parent, once it leads its own process group."""
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            _, above, group = entry.read_text().rpartition(")")[2].split()[:3]
            if int(above) == parent and group == entry.parent.name:
                return int(group)
    return None


def kill_and_start_the_next(
    kills: list[tuple[str, str, float]], temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = orphans()
    for victim, phase, moment in kills:
        kill(victim, phase, moment, temporary)
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    with LavaSession(random_program(0, hidden=(4,)), "fused") as session:
        assert session.supervisor is not None
        assert list(temporary.iterdir()) == [session.supervisor.folder]
        assert gone(lambda: orphans() - before), orphans() - before
    assert list(temporary.iterdir()) == []


def test_what_is_killed_leaves_nothing_once_the_next_session_has_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kills = [
        ("all processes", "start", 0.2),
        ("the child and the parent", "build", 0.2),
        ("the parent", "build", 0.3),
    ]
    kill_and_start_the_next(kills, tmp_path, monkeypatch)


@pytest.mark.long
@pytest.mark.parametrize("victim", VICTIMS)
def test_what_is_killed_at_random_moments_leaves_nothing_once_the_next_session_has_started(
    victim: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kills = [(victim, PHASES[i % 2], random.uniform(0, LATEST)) for i in range(KILLS)]
    kill_and_start_the_next(kills, tmp_path, monkeypatch)
