"""Every snippet of docs/import.md does what it says, one after another in one folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from onnx_models import gru_model, saved

from hardware import Program

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "import.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)


def blocks(language: str) -> list[str]:
    return [text for name, text in BLOCKS if name == language]


def run(command: list[str], folder: Path) -> str:
    scripts = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_snippets_run_in_order_and_the_commands_after_them(tmp_path: Path) -> None:
    model = gru_model(channels=12, units=(8,), reads="mean", outputs=9)
    saved(model, tmp_path).rename(tmp_path / "gru.onnx")
    torch_one, keras, onnx, calibrate, by_hand, standardised = blocks("python")
    # Weights nobody trained name no speaker rightly, so there is no accuracy to lose.
    printed = run([sys.executable, "-c", torch_one + keras + onnx + calibrate + by_hand], tmp_path)
    assert printed.splitlines()[0].startswith("(0.0,) 0.")
    for name in ("mine.sgru", "by_hand.sgru"):
        program = Program.load(tmp_path / name)
        assert len(program.classes) == 9
        assert program.layers[0].cell.emit == "graded"
    after = onnx + calibrate.partition("calibration =")[0] + standardised
    run([sys.executable, "-c", after + "assert mine.deviation.min() != 1"], tmp_path)

    (commands,) = blocks("sh")
    for line in commands.splitlines():
        run([sys.executable, "-m", "spiking_gru", *line.split()[1:]], tmp_path)
    assert (tmp_path / "runs" / "mine" / "report.html").is_file()
