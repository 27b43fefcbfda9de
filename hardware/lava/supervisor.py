"""The parent's side of a Lava session: start a child, wait no longer than a deadline, clean up."""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from weakref import WeakSet

from hardware.errors import MissingPackageError
from hardware.lava.child import HEARTBEAT_SECONDS
from hardware.lava.compat import problem
from hardware.lava.errors import LavaError
from hardware.lava.leftovers import new_folder, sweep_the_dead
from hardware.lava.shared_arrays import tick_reached

LOG_LINES = 8
KILL_SECONDS = 1.0
STOP_SECONDS = 2.0
SILENCE_SECONDS = 25 * HEARTBEAT_SECONDS
"""A child at work that is silent for this time is stopped or dead."""

KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(2**25), "MALLOC_TRIM_THRESHOLD_": str(2**28)}
"""glibc's malloc would return a batch's arrays to the kernel in every tick, and fault them in again
in the next, which takes longer than to compute what is in them."""

START = (
    "import sys; sys.path[:] = filter(None, sys.path); "
    "from hardware.lava.child import main; main(*sys.argv[1:])"
)
CHILD = (sys.executable, "-c", START)
"""The child's command. With `-m`, files in the current folder could take the place of modules."""


OPEN: WeakSet[Supervisor] = WeakSet()
"""Supervisors whose child lives. A caller that ends stops them before Python unloads modules."""


@atexit.register
def _end_all() -> None:
    for supervisor in list(OPEN):
        supervisor.end()


class Supervisor:
    """A child, from its start to its end; every fault is a `LavaError` and ends the child."""

    def __init__(self, deadline: float) -> None:
        missing = problem()
        if missing is not None:
            raise MissingPackageError(missing)
        sweep_the_dead()
        self.folder = new_folder()
        self.owner, self.received = os.getpid(), b""
        self.log = tempfile.TemporaryFile()  # noqa: SIM115, closed when the session ends
        self.answers, for_child = _pipe()
        try:
            self.child = subprocess.Popen(
                [*CHILD, str(self.folder), str(os.getpid()), str(for_child)],
                stdin=subprocess.PIPE,
                stdout=self.log,
                stderr=subprocess.STDOUT,
                env=self._environment(),
                pass_fds=(for_child,),
                start_new_session=True,
            )
        except BaseException:
            os.close(self.answers)
            self.log.close()
            raise
        finally:
            os.close(for_child)
        self.alive = True
        OPEN.add(self)
        try:
            self._wait("start", deadline)
        except BaseException:
            self.end()
            raise

    def ask(self, do: str, deadline: float, **request: Any) -> None:
        """Send the child a request, and wait until it is done."""
        if not self.alive or self.owner != os.getpid():
            raise LavaError("is not there: the session is closed, or of another process", do)
        try:
            self._tell({"do": do, **request})
            self._wait(do, deadline)
        except BaseException:
            self.end()
            raise

    def stop(self) -> None:
        """End the session in order where that is possible, by force where it is not."""
        if self.alive and self.owner == os.getpid():
            with contextlib.suppress(LavaError):
                self.ask("stop", STOP_SECONDS)
            self.end()

    def end(self) -> None:
        """Kill the process group, then remove the session's folder."""
        if not self.alive or self.owner != os.getpid():
            return
        self.alive = False
        OPEN.discard(self)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait()
        assert self.child.stdin is not None
        with contextlib.suppress(OSError):
            self.child.stdin.close()
        os.close(self.answers)
        self.log.close()
        _see_gone(self.child.pid)
        shutil.rmtree(self.folder, ignore_errors=True)

    def __del__(self) -> None:
        if getattr(self, "alive", False):
            self.end()

    def _environment(self) -> dict[str, str]:
        package_root = str(Path(__file__).resolve().parents[2])
        search = os.pathsep.join(filter(None, (package_root, os.environ.get("PYTHONPATH"))))
        environment = {**os.environ, "PYTHONPATH": search, "OMP_NUM_THREADS": "1", **KEEP_MEMORY}
        # What a library keeps in the temporary folder goes away with the session's.
        environment["TMPDIR"] = str(self.folder)
        return environment

    def _tell(self, request: dict[str, Any]) -> None:
        assert self.child.stdin is not None
        try:
            self.child.stdin.write(json.dumps(request).encode() + b"\n")
            self.child.stdin.flush()
        except OSError:
            pass  # it is gone: its last words or its exit status say why

    def _wait(self, phase: str, deadline: float) -> None:
        """Wait for the answer, for the child's end, its silence, or the deadline."""
        now = heard = time.monotonic()
        end = now + deadline
        readable = select.poll()
        readable.register(self.answers, select.POLLIN)
        while True:
            ended = self.child.poll() is not None
            if readable.poll(max(0.0, min(end - now, HEARTBEAT_SECONDS)) * 1000):
                answer = os.read(self.answers, 65536)
                if answer:
                    self.received += answer
                    heard, ended = time.monotonic(), False
            while b"\n" in self.received:
                line, self.received = self.received.split(b"\n", 1)
                if self._settles(json.loads(line)):
                    return
            now = time.monotonic()
            if ended:
                raise self._fault(f"ended with code {self.child.returncode}", phase)
            if now > end:
                raise self._fault(
                    f"did not finish within its deadline of {deadline:g} s: raise the deadline, "
                    f"or run fewer sequences", phase,
                )  # fmt: skip
            if phase != "start" and now - heard > SILENCE_SECONDS:
                raise self._fault(f"was silent for {now - heard:.1f} s", phase)

    def _settles(self, answer: dict[str, Any]) -> bool:
        if "alive" in answer:
            return False
        if not answer.get("ok", answer.get("ready")):
            raise LavaError(
                answer["reason"],
                answer["phase"],
                answer["process"],
                answer["step"],
                answer["trace"],
            )
        return True

    def _fault(self, reason: str, phase: str) -> LavaError:
        self.log.seek(0)
        lines = self.log.read().decode(errors="replace").strip().splitlines()[-LOG_LINES:]
        trace = "\n".join(["the end of its log:", *lines]) if lines else ""
        return LavaError(reason, phase, "child", tick_reached(self.folder), trace)


def _pipe() -> tuple[int, int]:
    """Return the two ends of a pipe; neither is standard input, output or error."""
    ends = os.pipe()
    try:
        read, write = (fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 3) for end in ends)
    finally:
        for end in ends:
            os.close(end)
    return read, write


def _see_gone(group: int) -> None:
    give_up = time.monotonic() + KILL_SECONDS
    while _group_lives(group) and time.monotonic() < give_up:
        time.sleep(0.005)


def _group_lives(group: int) -> bool:
    """Return whether any process of the group still runs; a zombie does not."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, process_group = stat.read_text().rpartition(")")[2].split()[:3]
            if int(process_group) == group and state != "Z":
                return True
    return False
