"""A GRU of Keras or ONNX, or a saved one of torch, is imported where torch is not installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx_models import gru_model
from safetensors.numpy import save_file

BLOCK = """
import sys
class NoTorch:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("torch", "snntorch", "tensorboard"):
            raise AssertionError(f"something asked for {name}")
sys.meta_path.insert(0, NoTorch())
from pathlib import Path
from conversion import deploy
from conversion.foreign.files import read_gru
gru = read_gru(Path(sys.argv[1]), None)
program = deploy(gru, 3.0).program
program.save(sys.argv[2])
"""


def saved(kind: str, folder: Path) -> Path:
    """A GRU of 3 channels and 4 units with a head, as a file of this kind."""
    rng, path = np.random.default_rng(0), folder / f"gru.{kind}"
    if kind == "onnx":
        onnx.save(gru_model(), path)
        return path
    shapes = {
        "weight_ih_l0": (12, 3),
        "weight_hh_l0": (12, 4),
        "bias_ih_l0": (12,),
        "bias_hh_l0": (12,),
        "head.weight": (2, 4),
        "head.bias": (2,),
    }
    save_file({name: rng.normal(0, 0.3, shape) for name, shape in shapes.items()}, path)
    return path


@pytest.mark.parametrize("kind", ["onnx", "safetensors"])
def test_importing_a_gru_never_asks_for_torch(kind: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BLOCK, saved(kind, tmp_path), tmp_path / "p.sgru"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "p.sgru").is_file()
