"""Lava sessions in a notebook: cells run on a kernel, in the thread of its event loop."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from leftovers import gone, processes_of

SUPPORT = Path(__file__).resolve().parents[2] / "support"

SET_UP = f"""
import os, signal, sys; sys.path.insert(0, {str(SUPPORT)!r})
import asyncio; asyncio.get_running_loop()
import numpy as np
from programs import random_program
from hardware.lava import LavaSession, supervisor
program = random_program(0, hidden=(4,))
events, lengths = np.arange(24).reshape(8, 3) - 12, np.array([5, 3])
session = LavaSession(program)
"""
RUN_AND_STEP = """
scores = session.run(events, lengths)["scores"]
session.reset()
*_, last = [session.step(frame) for frame in events[:5]]
assert (last == scores[0]).all()
"""
FAIL = f"""
session.close()
good, bad = supervisor.CHILD, {str(SUPPORT / "faulty_child.py")!r}
supervisor.CHILD = (sys.executable, bad, "raise", "layer 0.neurons", "5")
try:
    session.run(events, lengths)
finally:
    supervisor.CHILD = good
"""
LONG_RUN = """
session.open()
print("running", flush=True)
session.run(np.zeros((30000, 3), dtype=int), np.full(300, 100))
"""
LEAVE = "session.close(); print(os.getpid())"


class Kernel:
    """A kernel that runs cells, interrupted where one says that it is running."""

    def __init__(self) -> None:
        from jupyter_client.manager import start_new_kernel

        self.manager, self.client = start_new_kernel(kernel_name="python3")
        self.said = ""

    def run(self, cell: str) -> str:
        """The name of the error that a cell ends with, or ok."""
        self.said = ""
        answer = self.client.execute_interactive(cell, timeout=60, output_hook=self._hear)
        return answer["content"].get("ename", answer["content"]["status"])

    def _hear(self, message: dict[str, Any]) -> None:
        text = message["content"].get("text", "")
        self.said += text
        if text == "running\n":
            time.sleep(0.5)
            self.manager.interrupt_kernel()

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kernel]:
    pytest.importorskip("ipykernel")
    pytest.importorskip("jupyter_client")
    with tempfile.TemporaryDirectory() as temporary:
        monkeypatch.setenv("TMPDIR", temporary)
        monkeypatch.setenv("IPYTHONDIR", temporary)
        kernel = Kernel()
        yield kernel
        kernel.close()


def test_a_notebook_can_run_step_fail_be_interrupted_and_go_on(kernel: Kernel) -> None:
    for cell, answer in (
        (SET_UP, "ok"),
        (RUN_AND_STEP, "ok"),
        (FAIL, "LavaError"),
        (RUN_AND_STEP, "ok"),
        (LONG_RUN, "KeyboardInterrupt"),
        (RUN_AND_STEP, "ok"),
        (LEAVE, "ok"),
    ):
        assert kernel.run(cell) == answer
    assert gone(lambda: processes_of(int(kernel.said)))
    assert not list(Path(os.environ["TMPDIR"]).glob("sgru-*"))
