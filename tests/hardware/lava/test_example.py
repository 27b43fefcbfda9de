"""A program in a Lava network of one's own, as docs/lava.md shows it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from programs import random_program

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "lava_network.py"


def run(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, str(EXAMPLE), *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_program_trained_by_the_example_agrees_with_a_run(tmp_path: Path) -> None:
    pytest.importorskip("snntorch")
    shown = run(tmp_path)
    assert "structural, fused and hardware.run agree: True" in shown
    assert not shown.startswith("0 spikes")


@pytest.mark.parametrize(
    ("formulation", "encoder", "readout", "emit"),
    [
        ("keep", "send-on-delta", "last", "graded"),
        ("minimal", "rate", "step", "signed"),
        ("output-gated", "graded", "leaky", "state"),
    ],
)
def test_a_program_from_a_file_agrees_with_a_run(
    formulation: str, encoder: str, readout: str, emit: str, tmp_path: Path
) -> None:
    random_program(
        0,
        channels=5,
        hidden=(4, 3),
        formulation=formulation,
        encoder=encoder,
        readout=readout,
        emit=emit,
    ).save(tmp_path / "p.sgru")
    assert "structural, fused and hardware.run agree: True" in run(tmp_path, "p.sgru")


def test_a_program_of_both_directions_is_refused_with_the_remedy(tmp_path: Path) -> None:
    random_program(0, channels=5, hidden=(4,), bidirectional=True).save(tmp_path / "p.sgru")
    done = subprocess.run(
        [sys.executable, str(EXAMPLE), "p.sgru"], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 1
    assert "use hardware.run" in done.stderr
