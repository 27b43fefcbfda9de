"""Lava against the events engine, and what happens when Lava fails."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from programs import random_program, random_sequences

from hardware import compare
from hardware.errors import EngineError, MissingPackageError
from hardware.inference import run
from hardware.lava import compat
from hardware.lava.supervisor import run_in_child
from hardware.program import Program

SHARED_MEMORY = Path("/dev/shm")


@pytest.fixture(autouse=True)
def _leaves_nothing_behind() -> object:
    """Every test here ends without a process of its own or a shared block left."""
    before = set(SHARED_MEMORY.glob("sg*_*"))
    yield
    assert children() == []
    assert set(SHARED_MEMORY.glob("sg*_*")) == before


def children() -> list[str]:
    """Command lines of Lava children that are still alive."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = entry.read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if "hardware.lava.child" in command:
            found.append(command)
    return found


@pytest.mark.parametrize(
    ("seed", "channels", "hidden", "lengths", "activation"),
    [
        (0, 3, (5,), [4, 1, 7], "hard"),
        (1, 1, (1,), [1], "hard"),
        (2, 4, (6, 3), [5, 2, 9, 1], "table"),
        (3, 2, (4, 4, 4), [3, 6], "hard"),
        (4, 12, (40,), [12, 3, 20], "table"),
    ],
)
def test_lava_equals_the_events_engine_in_every_bit(
    seed: int, channels: int, hidden: tuple, lengths: list, activation: str
) -> None:
    program = random_program(seed, channels, hidden, activation=activation)
    sequences = random_sequences(seed, channels, lengths)
    comparison = compare(run(program, sequences), run(program, sequences, engine="lava"))
    assert comparison.equal, str(comparison.first)


def always_firing(program: Program) -> Program:
    """The program with candidates pushed to 1 and thresholds so low that every neuron fires."""
    layers = []
    for layer in program.layers:
        bias = np.zeros_like(layer.gate.bias)
        bias[-1] = 10**6
        gate = replace(layer.gate, threshold=np.full(layer.neurons, 1), bias=bias)
        layers.append(replace(layer, gate=gate))
    return replace(program, layers=tuple(layers))


def test_a_spike_in_the_last_step_does_not_leak_into_the_next_sequence() -> None:
    program = always_firing(random_program(6, hidden=(5, 4)))
    sequences = random_sequences(6, 3, [3, 4, 2])
    together = run(program, sequences, engine="lava")
    ends = together.starts + together.lengths - 1
    assert together.emitted[0][ends].all(), "the test needs spikes in the last step"
    assert together.emitted[1][ends].all()
    comparison = compare(run(program, sequences), together)
    assert comparison.equal, str(comparison.first)


def test_a_deadline_that_passes_is_an_error_in_time() -> None:
    program, sequences = random_program(0), random_sequences(0, 3, [500] * 20)
    start = time.monotonic()
    with pytest.raises(EngineError, match=r"did not finish within its deadline of 1\.5 s"):
        run(program, sequences, engine="lava", deadline=1.5)
    assert time.monotonic() - start < 4


def test_a_model_that_raises_in_the_middle_is_an_error_with_its_own_traceback() -> None:
    frames = np.zeros((9, 3), dtype=np.int32)
    resets = np.zeros((5, 1), dtype=np.int32)  # ends before the frames do
    with pytest.raises(EngineError, match=r"(?s)phase 'run'.*frame_source.*IndexError"):
        run_in_child(random_program(0), frames, resets, deadline=20)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("phase", ["start", "run"])
def test_a_killed_parent_leaves_nothing_behind(how: signal.Signals, phase: str) -> None:
    # pytest's own folders are too deep for the sockets of Lava's managers.
    with tempfile.TemporaryDirectory() as name:
        kill_a_parent(how, phase, Path(name))


def kill_a_parent(how: signal.Signals, phase: str, tmp_path: Path) -> None:
    """Kill a process in the middle of a Lava run, and see what is left of it."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from programs import random_program, random_sequences\n"
        "from hardware import run\n"
        "run(random_program(0), random_sequences(0, 3, [900] * 30), engine='lava')\n"
    )
    support = str(Path(__file__).resolve().parents[2] / "support")
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    parent = subprocess.Popen([sys.executable, "-c", code, support], env=environment)
    while not children() or (phase == "run" and len(children()) < 8):
        assert parent.poll() is None
        time.sleep(0.02)
    parent.send_signal(how)
    parent.wait()
    give_up = time.monotonic() + 5
    while time.monotonic() < give_up and (children() or list(tmp_path.iterdir())):
        time.sleep(0.05)
    assert children() == []
    assert list(tmp_path.iterdir()) == []


def test_without_lava_the_error_is_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(compat, "LAVA_VERSION", "9.9.9")
    with pytest.raises(MissingPackageError, match=r"pip install .*lava-nc==9\.9\.9"):
        run(random_program(0), random_sequences(0, 3, [2]), engine="lava")


def test_lava_says_nothing_on_the_terminal() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from programs import random_program, random_sequences\n"
        "from hardware import run\n"
        "run(random_program(0), random_sequences(0, 3, [2]), engine='lava')\n"
    )
    support = str(Path(__file__).resolve().parents[2] / "support")
    done = subprocess.run(
        [sys.executable, "-c", code, support], capture_output=True, text=True, env=os.environ
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
