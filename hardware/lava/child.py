"""One Lava session, run in a process of its own: `python -m hardware.lava.child FOLDER`.

The folder holds the program, the ticks to play and the files to record into. What happened is
written to `outcome.json`. A process model that fails makes Lava hang, so this process watches
every actor itself and ends on the first fault.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
import time
import traceback
from multiprocessing import shared_memory
from pathlib import Path
from typing import Any

from hardware.files import read_json, write_json
from hardware.program import Program

POLL_SECONDS = 0.01
PARENT_SECONDS = 0.2
SHARED_MEMORY = Path("/dev/shm")
OUTCOME = "outcome.json"


class ActorError(Exception):
    """A Lava actor that raised or died; carries its own traceback."""


def main(folder: Path) -> None:
    request = read_json(folder / "request.json")
    threading.Thread(target=_follow_parent, args=(folder, request), daemon=True).start()
    shared_memory._SHM_NAME_PREFIX = request["shared_memory_prefix"]  # type: ignore[attr-defined]
    phase = "import"
    try:
        from hardware.lava.network import build

        phase = "build"
        recordings = {name: folder / f"{name}.npy" for name in request["recordings"]}
        program = Program.load(folder / "program.sgru")
        source = build(program, folder / "frames.npy", folder / "resets.npy", recordings)
        phase = "run"
        _run(source, request["ticks"])
        phase = "stop"
        source.stop()
        outcome: dict[str, Any] = {"ok": True}
    except BaseException as error:
        text = str(error) if isinstance(error, ActorError) else traceback.format_exc()
        outcome = {"ok": False, "phase": phase, "error": text}
    write_json(folder / OUTCOME, outcome)
    sys.stdout.flush()
    # A failed Lava session cannot be stopped in order: leave at once, the parent ends the group.
    os._exit(0 if outcome["ok"] else 1)


def _follow_parent(folder: Path, request: dict[str, Any]) -> None:
    """When the process that asked for this session is gone, leave nothing of it behind."""
    while os.getppid() == request["parent"]:
        time.sleep(PARENT_SECONDS)
    sweep(request["shared_memory_prefix"])
    shutil.rmtree(folder, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


def sweep(prefix: str) -> None:
    """Remove a session's blocks of shared memory."""
    for block in SHARED_MEMORY.glob(f"{prefix.lstrip('/')}*"):
        block.unlink(missing_ok=True)


def _run(source: Any, ticks: int) -> None:
    from lava.magma.core.run_conditions import RunSteps
    from lava.magma.core.run_configs import Loihi2SimCfg

    config = Loihi2SimCfg(select_tag="fixed_pt")
    source.run(condition=RunSteps(num_steps=ticks, blocking=False), run_cfg=config)
    runtime = source.runtime
    while not all(port.probe() for port in runtime.service_to_runtime):
        for actor in runtime._messaging_infrastructure.actors:
            if actor.exception is not None:
                raise ActorError(actor.exception[1])
            if not actor.is_alive():
                raise ActorError(f"the Lava process {actor.name} died")
        time.sleep(POLL_SECONDS)
    source.wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
