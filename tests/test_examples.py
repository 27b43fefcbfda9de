"""The examples of training loops end with a program that equals its network."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from shortened import shortened, sizes

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


@sizes
@pytest.mark.parametrize("name", ["own_training_loop.py", "snntorch_loop.py"])
def test_a_loop_of_ones_own_trains_a_network_that_converts(
    name: str, whole: bool, tmp_path: Path
) -> None:
    if name.startswith("snntorch"):
        pytest.importorskip("sklearn")
    source = (EXAMPLES / name).read_text()
    code = source if whole else shortened(source)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr
    assert "differing values between torch, events and Lava: 0\n" in done.stdout
    accuracy = re.search(r"accuracy: ([\d.]+)%", done.stdout)
    assert accuracy is not None
    assert float(accuracy[1]) > (60 if whole else 20)  # chance is 10 or 11
