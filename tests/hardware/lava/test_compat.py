from __future__ import annotations

import base64
import dataclasses
import hashlib
import subprocess
import sys
from importlib.metadata import distribution

import pytest

from hardware.errors import MissingPackageError
from hardware.lava import compat


def test_lava_is_in_order_here() -> None:
    assert compat.problem() is None


def test_importing_lava_leaves_dataclasses_as_they_were() -> None:
    code = (
        "import dataclasses\n"
        "original = dataclasses.dataclass\n"
        "from hardware.lava.compat import import_lava\n"
        "import_lava(); import_lava()\n"
        "assert dataclasses.dataclass is original\n"
        "import lava.magma.compiler.var_model, lava.proc.lif.process\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_help_is_undone_even_when_the_import_fails() -> None:
    original = dataclasses.dataclass
    with pytest.raises(RuntimeError), compat._hashable_dataclasses():
        assert dataclasses.dataclass is not original
        raise RuntimeError
    assert dataclasses.dataclass is original


def test_where_no_help_is_needed_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    def help_is_given() -> None:
        raise AssertionError

    monkeypatch.setattr(compat, "_hashable_dataclasses", help_is_given)
    monkeypatch.setattr(compat, "NEEDS_HELP", False)
    compat.import_lava()
    assert compat.install_command() == f"pip install lava-nc=={compat.LAVA_VERSION}"


def test_help_is_given_from_python_3_11_on() -> None:
    assert compat.NEEDS_HELP is (sys.version_info >= (3, 11))


def test_lava_is_on_disk_as_it_was_published() -> None:
    (module,) = (
        file
        for file in distribution("lava-nc").files or ()
        if str(file) == "lava/magma/compiler/var_model.py"
    )
    assert module.hash is not None
    found = hashlib.new(module.hash.mode, module.read_binary()).digest()
    assert base64.urlsafe_b64encode(found).decode().rstrip("=") == module.hash.value


@pytest.mark.parametrize(
    ("package", "found", "message"),
    [
        ("lava-nc", "0.9.0", r"lava-nc 0\.9\.0 is installed, only 0\.10\.0 is known: pip install"),
        ("numpy", "2.4.1", r"NumPy 2\.4\.1 is installed.*pip install \"numpy<2\.4\""),
    ],
)
def test_another_version_is_refused_with_the_command_that_mends_it(
    monkeypatch: pytest.MonkeyPatch, package: str, found: str, message: str
) -> None:
    real = compat.version
    monkeypatch.setattr(compat, "version", lambda name: found if name == package else real(name))
    with pytest.raises(MissingPackageError, match=message):
        compat.import_lava()


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = compat.version

    def without_asteval(name: str) -> str:
        if name == "asteval":
            raise compat.PackageNotFoundError
        return real(name)

    monkeypatch.setattr(compat, "version", without_asteval)
    assert "asteval, which Lava needs, is not installed" in (compat.problem() or "")
