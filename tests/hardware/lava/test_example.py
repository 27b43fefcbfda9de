"""The layer in a Lava network of one's own, as docs/lava.md shows it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from programs import random_program

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "lava_network.py"


@pytest.mark.parametrize("formulation", [None, "keep", "minimal"])
def test_the_example_runs_and_both_models_agree(formulation: str | None, tmp_path: Path) -> None:
    arguments = []
    if formulation is not None:
        program = random_program(0, channels=5, hidden=(4,), formulation=formulation)
        program.save(tmp_path / "p.sgru")
        arguments = [str(tmp_path / "p.sgru")]
    done = subprocess.run(
        [sys.executable, str(EXAMPLE), *arguments],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "structural and fused the same in every tick: True" in done.stdout
    assert not done.stdout.startswith("0 spikes") or formulation is not None
