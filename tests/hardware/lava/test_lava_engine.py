"""Lava itself against the definition."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from programs import random_program, random_sequences

from hardware import compare
from hardware.definition.cell import Cell
from hardware.definition.formulation import FORMULATIONS
from hardware.errors import MissingPackageError, SettingError
from hardware.lava import compat
from hardware.lava.session import LavaSession
from hardware.program.model import Program
from hardware.runs.run import run

SUPPORT = Path(__file__).resolve().parents[2] / "support"

PROGRAMS: dict[str, dict[str, Any]] = {
    "torch": {"hidden": (6, 3), "activation": "table"},
    "smallest": {"channels": 1, "hidden": (1,), "emit": "signed"},
    "keep, changes": {"formulation": "keep", "emit": "graded", "encoder": "send-on-delta"},
    "keep, changes of spikes": {
        "formulation": "keep", "emit": "signed-on-change", "hidden": (4, 3), "bidirectional": True,
    },
    "output-gated, last": {
        "formulation": "output-gated", "hidden": (4, 4), "readout": "last", "encoder": "population",
    },
    "write, its state": {"formulation": "write", "emit": "state", "activation": "table"},
    "minimal": {
        "formulation": "minimal", "hidden": (4, 3), "emit": "graded", "initial": True,
        "encoder": "level-crossing",
    },
    "both directions": {
        "formulation": "forget", "emit": "state", "hidden": (4, 3), "bidirectional": True,
        "initial": True, "readout": "leaky", "encoder": "rate",
    },
}  # fmt: skip


TRIED = {settings.get("formulation", Cell().formulation) for settings in PROGRAMS.values()}
PROGRAMS |= {name: {"formulation": name} for name in FORMULATIONS if name not in TRIED}


@pytest.mark.parametrize("kind", PROGRAMS)
@pytest.mark.parametrize(("mapping", "batch"), [("structural", 1), ("fused", 3)])
def test_lava_equals_the_default_engine_in_every_bit(kind: str, mapping: str, batch: int) -> None:
    program = random_program(0, **PROGRAMS[kind])
    sequences = random_sequences(0, program.encoder.channels, [4, 1, 7, 2])
    on_lava = run(program, sequences, engine="lava", mapping=mapping, batch=batch)
    comparison = compare(run(program, sequences), on_lava)
    assert comparison.equal, str(comparison.first)


def always_firing(program: Program) -> Program:
    """The program with candidates pushed to 1 and thresholds so low that every neuron fires."""
    layers = []
    for layer in program.layers:
        bias = np.zeros_like(layer.gate.bias)
        bias[layer.cell.candidate] = 10**6
        gate = replace(layer.gate, threshold=np.full(layer.neurons, 1), bias=bias)
        layers.append(replace(layer, gate=gate))
    return replace(program, layers=tuple(layers))


@pytest.mark.parametrize("mapping", ["structural", "fused"])
def test_a_spike_in_the_last_step_does_not_leak_into_the_next_sequence(mapping: str) -> None:
    program = always_firing(random_program(6, hidden=(5, 4)))
    sequences = random_sequences(6, 3, [3, 4, 2])
    together = run(program, sequences, engine="lava", mapping=mapping)
    ends = together.starts + together.lengths - 1
    assert together.emitted[0][ends].all(), "the test needs spikes in the last step"
    assert together.emitted[1][ends].all()
    comparison = compare(run(program, sequences), together)
    assert comparison.equal, str(comparison.first)


def test_an_unknown_option_is_an_error_that_names_those_there_are() -> None:
    with pytest.raises(SettingError, match="option of lava: 'maping': did you mean 'mapp"):
        run(random_program(0), random_sequences(0, 3, [2]), engine="lava", maping="fused")
    with pytest.raises(SettingError, match="unknown option of events: 'mapping'"):
        run(random_program(0), random_sequences(0, 3, [2]), mapping="fused")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mapping": "fussed"}, "unknown mapping 'fussed': did you mean 'fused'"),
        ({"batch": 0, "mapping": "fused"}, "batch is 0, expected a whole number from 1"),
        ({"batch": True, "mapping": "fused"}, "batch is True, expected a whole number from 1"),
        ({"batch": 8}, "batch is 8, but the structural mapping runs one sequence at a time"),
        ({"deadline": float("nan")}, "deadline is nan, expected a number of seconds above 0"),
        ({"deadline": 0}, "deadline is 0, expected"),
        ({"deadline": "5"}, "deadline is '5', expected"),
        ({"record": ("emited",)}, "unknown recording 'emited': did you mean 'emitted'"),
        ({"record": ("emitted.1",)}, r"unknown recording 'emitted\.1'"),
    ],
)
def test_a_session_that_cannot_be_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        LavaSession(random_program(0), **options)


@pytest.mark.parametrize("deadline", [float("inf"), -1.0])
def test_a_run_that_could_hang_is_refused(deadline: float) -> None:
    program, sequences = random_program(0), random_sequences(0, 3, [2])
    with pytest.raises(SettingError, match=f"deadline is {deadline}, expected a number of seco"):
        run(program, sequences, engine="lava", deadline=deadline)
    events, steps = program.encode(sequences)
    with pytest.raises(SettingError, match=f"deadline is {deadline}, expected a number of seco"):
        LavaSession(program).run(events, steps, deadline)
    with pytest.raises(SettingError, match=f"deadline is {deadline}, expected a number of seco"):
        LavaSession(program).step(events[0], deadline)


def test_without_lava_the_error_is_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(compat, "LAVA_VERSION", "9.9.9")
    with pytest.raises(MissingPackageError, match=r"pip install .*lava-nc==9\.9\.9"):
        run(random_program(0), random_sequences(0, 3, [2]), engine="lava")


def test_lava_says_nothing_on_the_terminal_and_is_not_led_astray_by_files_there(
    tmp_path: Path,
) -> None:
    (tmp_path / "lava.py").write_text("raise SystemExit('the wrong Lava')\n")
    (tmp_path / "hardware.py").write_text("raise SystemExit('the wrong hardware')\n")
    code = (
        "import sys; sys.path[0] = sys.argv[1]\n"
        "from programs import random_program, random_sequences\n"
        "from hardware import run\n"
        "run(random_program(0), random_sequences(0, 3, [2]), engine='lava')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(SUPPORT)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=os.environ,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
