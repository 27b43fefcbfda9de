"""A deployment has no torch: importing, loading and running never ask for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from programs import random_program

BLOCK = """
import sys
class NoTorch:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("torch", "snntorch", "tensorboard"):
            raise AssertionError(f"something asked for {name}")
sys.meta_path.insert(0, NoTorch())
"""


def run_python(code: str, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BLOCK + code, *arguments], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_loading_running_and_estimating_never_import_torch(tmp_path: Path) -> None:
    random_program(0).save(tmp_path / "p.sgru")
    run_python(
        "import hardware, numpy as np\n"
        "program = hardware.Program.load(sys.argv[1])\n"
        "trace = hardware.run(program, np.ones((2, 4, 3), dtype=np.float32))\n"
        "hardware.estimate(trace, program)\n"
        "assert not {'torch', 'snntorch', 'spiking_gru', 'conversion'} & set(sys.modules)\n",
        str(tmp_path / "p.sgru"),
    )


def test_every_module_of_hardware_imports_without_torch() -> None:
    run_python(
        "import importlib, pkgutil, hardware\n"
        "for module in pkgutil.walk_packages(hardware.__path__, 'hardware.'):\n"
        "    importlib.import_module(module.name)\n"
        "assert 'hardware.lava.processes.gated_neurons' in sys.modules\n"
    )


def test_importing_hardware_imports_nothing_else() -> None:
    run_python("import hardware\nassert not {'numpy', 'numba', 'pydantic'} & set(sys.modules)\n")
