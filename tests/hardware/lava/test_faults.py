"""Whatever goes wrong in a Lava session is an error in time, and leaves nothing behind."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from leftovers import gone, processes_of
from programs import random_program

from hardware.lava import supervisor
from hardware.lava.errors import LavaError
from hardware.lava.session import LavaSession

SUPPORT = Path(__file__).resolve().parents[2] / "support"
LENGTHS = np.array([5, 3])
EVENTS = np.arange(24).reshape(8, 3) - 12
FIRST, MIDDLE, LAST = 1, 5, 10  # ticks: 8 steps, and one more for each of two sets of synapses
DEADLINE = 0.5
LATE = 2.0

program = random_program(0, hidden=(4,))


def with_fault(
    monkeypatch: pytest.MonkeyPatch, fault: str, process: str = "layer 0", tick: int = 0
) -> None:
    script = str(SUPPORT / "faulty_child.py")
    monkeypatch.setattr(supervisor, "CHILD", (sys.executable, script, fault, process, str(tick)))


@pytest.mark.parametrize(
    ("mapping", "process", "tick"),
    [
        ("fused", "layer 0", FIRST),
        ("fused", "layer 0", MIDDLE),
        ("fused", "layer 0", LAST),
        ("structural", "layer 0.frames", FIRST),
        ("structural", "layer 0.neurons", MIDDLE),
        ("structural", "readout.scores", LAST),
    ],
)
def test_a_model_that_raises_is_an_error_with_its_process_step_and_traceback(
    monkeypatch: pytest.MonkeyPatch, mapping: str, process: str, tick: int
) -> None:
    with_fault(monkeypatch, "raise", process, tick)
    with LavaSession(program, mapping) as session:
        start = time.monotonic()
        with pytest.raises(LavaError, match="as the test asks for") as caught:
            session.run(EVENTS, LENGTHS, deadline=20)
        assert time.monotonic() - start < LATE
    error = caught.value
    assert (error.phase, error.process, error.step) == ("run", process, tick)
    assert 'faulty_child.py", line' in error.trace
    assert "ValueError: as the test asks for" in error.trace


@pytest.mark.parametrize(
    ("fault", "code", "tick"),
    [("kill", -9, FIRST), ("kill", -9, MIDDLE), ("bus", -7, LAST)],
)
def test_a_process_that_is_killed_is_an_error_that_names_it(
    monkeypatch: pytest.MonkeyPatch, fault: str, code: int, tick: int
) -> None:
    with_fault(monkeypatch, fault, tick=tick)
    with LavaSession(program, "fused") as session:
        start = time.monotonic()
        with pytest.raises(LavaError, match=f"lost a process, which ended with code {code}") as it:
            session.run(EVENTS, LENGTHS, deadline=20)
        assert time.monotonic() - start < LATE
    assert (it.value.phase, it.value.process) == ("run", "layer 0")
    assert it.value.step in (tick - 1, tick)


@pytest.mark.parametrize(
    ("fault", "tick"), [("stop", FIRST), ("stop", MIDDLE), ("sleep", MIDDLE), ("sleep", LAST)]
)
def test_a_process_that_hangs_is_an_error_at_the_deadline(
    monkeypatch: pytest.MonkeyPatch, fault: str, tick: int
) -> None:
    with_fault(monkeypatch, fault, tick=tick)
    with LavaSession(program, "fused") as session:
        start = time.monotonic()
        with pytest.raises(
            LavaError, match="did not finish within its deadline of 0.5 s"
        ) as caught:
            session.run(EVENTS, LENGTHS, deadline=DEADLINE)
        assert DEADLINE <= time.monotonic() - start < DEADLINE + LATE
    assert caught.value.phase == "run"
    assert caught.value.step in (tick - 1, tick)


def test_a_model_that_raises_while_it_is_built_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with_fault(monkeypatch, "raise")
    with pytest.raises(LavaError, match="as the test asks for") as caught:
        LavaSession(program, "fused", deadline=20).open()
    assert caught.value.phase == "build"


@pytest.mark.parametrize("fault", ["kill", "sleep"])
def test_a_process_that_is_not_built_is_an_error_at_the_deadline(
    monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    with_fault(monkeypatch, fault)
    start = time.monotonic()
    # Long enough for the child to say that it is there, on a busy machine too.
    with pytest.raises(LavaError, match="did not finish within its deadline of 6 s") as caught:
        LavaSession(program, "fused", deadline=6.0).open()
    assert time.monotonic() - start < 6 + 6 + LATE  # the child's start, and the build
    assert caught.value.phase == "open"


def test_no_room_for_shared_memory_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with_fault(monkeypatch, "memory")
    with (
        pytest.raises(LavaError, match="OSError.*Cannot allocate memory") as caught,
        LavaSession(program),
    ):
        pytest.fail("it has room")
    assert caught.value.phase == "build"


def test_no_room_for_a_run_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with LavaSession(program, "fused") as session:
        with monkeypatch.context() as patch:
            patch.setattr(os, "posix_fallocate", full)
            with pytest.raises(LavaError, match="found no room.*No space left"):
                session.run(EVENTS, LENGTHS)
        assert session.run(EVENTS, LENGTHS)["scores"].shape == (2, 2)


def test_no_room_for_a_session_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(LavaError, match="found no room.*No space left") as caught:
        LavaSession(program, "fused").open()
    assert (caught.value.phase, caught.value.process) == ("open", "parent")


def test_a_child_that_cannot_start_is_an_error_with_the_end_of_its_log(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(supervisor, "CHILD", (sys.executable, "-c", "child = no_such_name"))
    with pytest.raises(LavaError, match="(?s)ended with code 1.*NameError: name 'no_such_name'"):
        LavaSession(program, "fused", deadline=20).open()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_a_child_that_is_killed_or_stopped_is_an_error(
    monkeypatch: pytest.MonkeyPatch, how: signal.Signals
) -> None:
    monkeypatch.setattr(supervisor, "SILENCE_SECONDS", 0.5)
    with LavaSession(program, "fused") as session:
        assert session.supervisor is not None
        os.kill(session.supervisor.child.pid, how)
        start = time.monotonic()
        with pytest.raises(LavaError, match="ended with code -9|was silent for"):
            session.run(EVENTS, LENGTHS, deadline=20)
        assert time.monotonic() - start < LATE


def test_after_an_error_a_session_is_closed_and_can_be_used_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = LavaSession(program, "fused")
    with monkeypatch.context() as patch:
        with_fault(patch, "raise", tick=MIDDLE)
        with pytest.raises(LavaError):
            session.run(EVENTS, LENGTHS)
    assert session.supervisor is None
    with session:
        assert session.run(EVENTS, LENGTHS)["scores"].shape == (2, 2)


PARENT = """
import signal, sys, time; sys.path.insert(0, sys.argv[1])
# What runs in the background of a shell has been started with interrupts ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
import numpy as np
from programs import random_program
from hardware.lava.session import LavaSession
import hardware.lava.supervisor as supervisor
lengths = np.full(30, 900)
session = LavaSession(random_program(0, hidden=(4,)))
if sys.argv[2] == "between":  # the child is started, and has not answered yet
    supervisor.Supervisor._wait = lambda *_: (print("there", flush=True), time.sleep(99))
if sys.argv[2] == "start":
    print("there", flush=True)
session.open()
if sys.argv[2] == "run":
    print("there", flush=True)
session.run(np.zeros((lengths.sum(), 3), dtype=int), lengths)
"""


@pytest.mark.parametrize(
    ("how", "phase"),
    [
        (signal.SIGINT, "start"),
        (signal.SIGINT, "run"),
        (signal.SIGTERM, "run"),
        (signal.SIGKILL, "between"),
        (signal.SIGKILL, "start"),
        (signal.SIGKILL, "run"),
    ],
)
def test_a_parent_that_is_interrupted_or_killed_leaves_nothing_behind(
    how: signal.Signals, phase: str, tmp_path: Path
) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(SUPPORT), phase],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert parent.stdout is not None
    try:
        assert parent.stdout.readline() == b"there\n"
        time.sleep(0.3)
        parent.send_signal(how)
        parent.wait(timeout=LATE)
    finally:
        parent.kill()
        parent.stdout.close()
    assert gone(lambda: processes_of(parent.pid)), processes_of(parent.pid)
    assert gone(lambda: list(tmp_path.iterdir())), list(tmp_path.iterdir())
