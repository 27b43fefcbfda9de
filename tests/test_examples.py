"""The examples of training loops end with a program that equals its network."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


@pytest.mark.parametrize("name", ["own_training_loop.py", "snntorch_loop.py"])
def test_a_loop_of_ones_own_trains_a_network_that_converts(name: str, tmp_path: Path) -> None:
    if name.startswith("snntorch"):
        pytest.importorskip("sklearn")
    source = (EXAMPLES / name).read_text()
    shorter = source.replace("EPOCHS, QUANTISED_EPOCHS = 8, 3", "EPOCHS, QUANTISED_EPOCHS = 3, 1")
    assert shorter != source
    done = subprocess.run(
        [sys.executable, "-c", shorter], cwd=tmp_path, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr
    assert "differing values between torch, events and Lava: 0\n" in done.stdout
    accuracy = re.search(r"accuracy: ([\d.]+)%", done.stdout)
    assert accuracy is not None
    assert float(accuracy[1]) > 60
