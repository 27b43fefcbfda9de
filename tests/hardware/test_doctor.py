from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path

import pytest

from hardware import doctor
from hardware.kernels import library
from hardware.kernels.files import KernelName, write_kernel
from hardware.kernels.library import Found


def test_what_is_installed_needs_no_remedy() -> None:
    findings = {finding.name: finding for finding in doctor.examine()}
    assert findings["python"].well
    assert findings["numpy"].well
    assert findings["lava-nc"].well
    assert findings["lava-nc"].needed_for == "the lava engine"


def test_what_is_missing_comes_with_the_command_that_mends_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nothing(name: str) -> str:
        raise doctor.PackageNotFoundError(name)

    monkeypatch.setattr(doctor, "version", nothing)
    monkeypatch.setattr(doctor, "problem", lambda: "lava-nc is not installed: do this")
    findings = {finding.name: finding for finding in doctor.examine()}
    assert findings["torch"].remedy == 'pip install "spiking-gru[train]"'
    assert "lava-nc==0.10.0" in findings["lava-nc"].remedy
    assert findings["lava-nc"].found == "lava-nc is not installed"


def test_the_doctor_needs_none_of_the_packages_it_looks_for() -> None:
    code = (
        "import sys\n"
        "sys.modules |= dict.fromkeys(('numpy', 'numba', 'safetensors', 'pydantic'))\n"
        "from hardware.doctor import examine\n"
        "assert examine()\n"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def kernels() -> doctor.Finding:
    return {finding.name: finding for finding in doctor.examine()}["compiled kernels"]


def test_the_doctor_says_where_compiled_kernels_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert kernels().well
    assert kernels().found == str(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_doctor_says_what_to_do_where_no_kernel_can_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file"))
    assert kernels().found == "no folder is writable"
    assert "export NUMBA_CACHE_DIR=FOLDER" in kernels().remedy


def test_the_doctor_names_damaged_kernels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "a folder"
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(folder))
    for function in ("damaged", "sound"):
        write_kernel(KernelName(function, "version", "signature"), b"machine code")
    file = folder / "damaged-version-signature.kernel"
    file.write_bytes(file.read_bytes()[:-1])
    assert kernels().found == "1 damaged"
    assert kernels().remedy == f"rm '{file}'"


def library_of() -> doctor.Finding:
    return {finding.name: finding for finding in doctor.examine()}["kernels"]


def test_the_doctor_says_which_kernels_are_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    for found, well, remedy in (
        (Found(ctypes.CDLL(None), "x86-64-v3", ""), True, ""),
        (Found(None, "", "none was built"), False, "python -m spiking_gru.workflows.kernels"),
    ):
        monkeypatch.setattr(library, "found", lambda found=found: found)
        assert library_of().well == well
        assert library_of().remedy == remedy
        assert (found.target or found.reason) in library_of().found


def test_the_doctor_says_which_variable_asks_for_compiled_kernels(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SPIKING_GRU_KERNELS", "compile")
    library.found.cache_clear()
    assert library_of().remedy == "unset SPIKING_GRU_KERNELS"
    library.found.cache_clear()
