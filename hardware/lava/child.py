"""The child of a Lava session: it builds the network, runs it on request, and reports the result.

Requests and answers are lines of JSON: requests on standard input, answers on a pipe of their own.
A process model that fails makes Lava hang, so the child watches every actor itself and reports the
first fault. It makes the session's folder, and removes it if the parent is gone.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import sys
import threading
import time
import traceback
from functools import partial
from pathlib import Path
from queue import Empty
from typing import Any

from hardware.lava import unnamed
from hardware.lava.errors import LavaError
from hardware.lava.leftovers import claim
from hardware.lava.shared_arrays import tick_reached
from hardware.program.model import Program

WATCH_SECONDS = 0.05
HEARTBEAT_SECONDS = 0.2
DYING_SECONDS = 1.0
"""Seconds that a process may take to give the traceback of its error."""

CHANNEL_SLOTS = 4
"""Messages that a channel holds: a barrier ends every tick, so no process is ever further ahead."""

PR_SET_PDEATHSIG = 1
PROGRAM = "program.sgru"


def main(folder: str, parent: str, answers: str) -> None:
    """Serve one session; ends the process."""
    session = Child(Path(folder), int(parent), int(answers))
    claim(session.folder)
    threading.Thread(target=session.beat, daemon=True).start()
    try:
        session.serve()
    finally:
        session.leave()


def end_with(parent: int) -> None:
    """Have the kernel end this process when its parent ends; end now if the parent is gone."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


class Child:
    """One session: its network, once it is built, and the channels to the parent."""

    def __init__(self, folder: Path, parent: int, answers: int) -> None:
        self.folder, self.parent, self.answers = folder, parent, answers
        self.busy, self.speaking = False, threading.Lock()
        self.phase = "import"
        self.source: Any = None
        self.names: dict[int, str] = {}
        self.since: float | None = None

    def say(self, **answer: Any) -> None:
        with self.speaking:  # a long traceback would not go out in one piece
            os.write(self.answers, json.dumps(answer).encode() + b"\n")

    def beat(self) -> None:
        """Show the parent that the child lives; where the parent is gone, leave nothing behind."""
        while os.getppid() == self.parent:
            if self.busy:
                try:
                    self.say(alive=True)
                except OSError:
                    break
            time.sleep(HEARTBEAT_SECONDS)
        self.leave()

    def leave(self) -> None:
        """End at once, with all processes: a session that has failed cannot be stopped in order."""
        shutil.rmtree(self.folder, ignore_errors=True)
        os.killpg(0, signal.SIGKILL)

    def serve(self) -> None:
        self.say(ready=True)
        for line in sys.stdin:
            request = json.loads(line)
            self.busy = True
            try:
                getattr(self, request.pop("do"))(**request)
                answer: dict[str, Any] = {"ok": True}
            except BaseException as error:
                answer = {"ok": False, **self.fields_of(error)}
            self.busy = False
            self.say(**answer)
            if self.phase == "stop":
                return

    def open(self, structural: bool, batch: int | None, record: list[str]) -> None:
        """Build the network and start its processes."""
        os.register_at_fork(after_in_child=partial(end_with, os.getpid()))
        from hardware.lava.compat import import_lava

        import_lava()
        unnamed.use_for_channels()
        from lava.magma.core.run_configs import Loihi2SimCfg

        from hardware.lava.network import Options, build

        self.phase = "build"
        program = Program.load(self.folder / PROGRAM)
        self.source = build(program, Options(self.folder, not structural, batch, record))
        config = Loihi2SimCfg(select_tag="fixed_pt", select_sub_proc_model=structural)
        self.source.create_runtime(config, compile_config={"pypy_channel_size": CHANNEL_SLOTS})
        runtime = self.source.runtime
        processes = [p.name for p in runtime._executable.proc_builders]
        for i, actor in enumerate(runtime._messaging_infrastructure.actors):
            self.names[actor.pid] = processes[i] if i < len(processes) else "runtime service"
        self.phase = "run"

    def run(self, ticks: int) -> None:
        """Run this number of ticks, unless a process fails."""
        from lava.magma.core.run_conditions import RunSteps
        from lava.magma.runtime.mgmt_token_enums import MGMT_RESPONSE, enum_equal

        self.source.run(condition=RunSteps(num_steps=ticks, blocking=False))
        (port,) = self.source.runtime.service_to_runtime
        while True:
            try:
                port._queue.get(timeout=WATCH_SECONDS, peek=True)
                break
            except Empty:
                self.look_for_fault()
        if not enum_equal(port.peek(), MGMT_RESPONSE.DONE):
            while True:
                self.look_for_fault()
                time.sleep(WATCH_SECONDS)
        self.source.wait()

    def look_for_fault(self) -> None:
        """Raise the error of an actor, or an error if one has died.

        When one raises, Lava ends some others in order, perhaps before it can tell what it raised.
        """
        actors = self.source.runtime._messaging_infrastructure.actors
        for actor in actors:
            if actor.exception is not None:
                error, trace = actor.exception
                step = getattr(error, "tick", None)
                name = self.names[actor.pid]
                raise LavaError(f"failed: {error}", self.phase, name, step, trace.strip())
        dead = [actor for actor in actors if not actor.is_alive()]
        self.since = self.since or time.monotonic() if dead else None
        for actor in dead:
            if actor.exitcode or time.monotonic() - (self.since or 0.0) > DYING_SECONDS:
                reason = f"lost a process, which ended with code {actor.exitcode}"
                raise LavaError(reason, self.phase, self.names[actor.pid])

    def stop(self) -> None:
        """End every process in order; Lava can only end what has run."""
        self.phase = "stop"
        if self.source is not None and self.source.runtime._is_started:
            self.source.stop()

    def fields_of(self, error: BaseException) -> dict[str, Any]:
        """Return an error as the answer for the parent."""
        if not isinstance(error, LavaError):
            reason = f"failed: {type(error).__name__}: {error}"
            error = LavaError(reason, self.phase, "child", trace=traceback.format_exc())
        return {
            "reason": error.reason,
            "phase": self.phase,
            "process": error.process,
            "step": error.step or tick_reached(self.folder),
            "trace": error.trace,
        }
