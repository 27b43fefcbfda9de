"""The parent's side of a Lava session: start a child, wait no longer than a deadline, clean up."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hardware.errors import EngineError, MissingPackageError
from hardware.files import read_json, write_json
from hardware.lava.child import OUTCOME, POLL_SECONDS, sweep
from hardware.lava.compat import problem
from hardware.program import Program

LOG_LINES = 8
KILL_SECONDS = 5.0
LONGEST_SOCKET_FOLDER = 72
"""A socket's path may have 107 characters, of which a manager adds 32 to its folder."""


def run_in_child(
    program: Program,
    frames: NDArray[np.int32],
    resets: NDArray[np.int32],
    deadline: float,
) -> dict[str, NDArray[np.int32]]:
    """Play all ticks in one Lava session; what was recorded, by name, a row for each tick."""
    missing = problem()
    if missing is not None:
        raise MissingPackageError(missing)
    ticks = len(frames)
    widths = {"scores": program.readout.outputs}
    for i, layer in enumerate(program.layers):
        widths[f"emitted.{i}"] = widths[f"membranes.{i}"] = layer.neurons

    with tempfile.TemporaryDirectory(prefix="sgru-") as name:
        folder = Path(name)
        program.save(folder / "program.sgru")
        np.save(folder / "frames.npy", frames)
        np.save(folder / "resets.npy", resets)
        for recording, width in widths.items():
            np.lib.format.open_memmap(  # type: ignore[no-untyped-call]
                folder / f"{recording}.npy", mode="w+", dtype=np.int32, shape=(ticks, width)
            )
        prefix = (
            f"/sg{secrets.token_hex(3)}_"  # 10 characters: Python allows 14, four name the block
        )
        request = {
            "ticks": ticks,
            "recordings": list(widths),
            "shared_memory_prefix": prefix,
            "parent": os.getpid(),
        }
        write_json(folder / "request.json", request)
        _supervise(folder, prefix, deadline)
        return {recording: np.load(folder / f"{recording}.npy") for recording in widths}


def _supervise(folder: Path, prefix: str, deadline: float) -> None:
    package_root = str(Path(__file__).resolve().parents[2])
    search = os.pathsep.join(filter(None, (package_root, os.environ.get("PYTHONPATH"))))
    environment = {**os.environ, "PYTHONPATH": search, "OMP_NUM_THREADS": "1"}
    if len(str(folder)) < LONGEST_SOCKET_FOLDER:
        # What Lava's managers keep in the temporary folder then goes away with this session's own.
        environment["TMPDIR"] = str(folder)
    with (folder / "log.txt").open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "hardware.lava.child", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )
        try:
            child.wait(timeout=deadline)
        except subprocess.TimeoutExpired:
            raise EngineError(
                f"Lava did not finish within its deadline of {deadline:g} s: raise the deadline, "
                f"or run fewer sequences{_tail(folder)}"
            ) from None
        finally:
            _end_group(child)
            sweep(prefix)
    outcome = read_json(folder / OUTCOME) if (folder / OUTCOME).exists() else None
    if outcome is None:
        raise EngineError(f"the Lava child ended with code {child.returncode}{_tail(folder)}")
    if not outcome["ok"]:
        raise EngineError(f"Lava failed in phase {outcome['phase']!r}:\n{outcome['error'].strip()}")


def _end_group(child: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the session and see it gone: the child leads a group of its own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    give_up = time.monotonic() + KILL_SECONDS
    while _group_lives(child.pid) and time.monotonic() < give_up:
        time.sleep(POLL_SECONDS)


def _group_lives(group: int) -> bool:
    """Whether any process of the group still runs; the dead who wait to be collected do not."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, process_group = stat.read_text().rpartition(")")[2].split()[:3]
            if int(process_group) == group and state != "Z":
                return True
    return False


def _tail(folder: Path) -> str:
    lines = (folder / "log.txt").read_text(errors="replace").strip().splitlines()[-LOG_LINES:]
    return "; the end of its log:\n" + "\n".join(lines) if lines else ""
