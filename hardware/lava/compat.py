"""Lava 0.10.0 on newer Pythons.

Lava's metadata asks for Python 3.10. On newer ones a single thing fails: the dataclasses of
`lava.magma.compiler.var_model` have a default that is an instance of a class without a hash, which
`dataclasses` refuses since 3.11. While that one module is imported, `dataclasses.dataclass` is
replaced by itself with `unsafe_hash=True`, then put back. Nothing on disk changes, and on 3.10
nothing happens at all.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

from hardware.errors import MissingPackageError

LAVA_VERSION = "0.10.0"
NUMPY_BELOW = (2, 4)
NEEDS_HELP = sys.version_info >= (3, 11)


def install_command() -> str:
    """The command that installs Lava for this Python."""
    if not NEEDS_HELP:
        return f"pip install lava-nc=={LAVA_VERSION}"
    return (
        'pip install "spiking-gru[lava]" && '
        f"pip install --no-deps --ignore-requires-python lava-nc=={LAVA_VERSION}"
    )


def problem() -> str | None:
    """Why Lava cannot be used here, with the command that mends it; None where it can."""
    try:
        found = version("lava-nc")
    except PackageNotFoundError:
        return f"lava-nc is not installed: {install_command()}"
    if found != LAVA_VERSION:
        return f"lava-nc {found} is installed, only {LAVA_VERSION} is known: {install_command()}"
    for package in ("asteval", "networkx", "scipy"):
        try:
            version(package)
        except PackageNotFoundError:
            return f"{package}, which Lava needs, is not installed: {install_command()}"
    numpy_version = version("numpy")
    if tuple(map(int, numpy_version.split(".")[:2])) >= NUMPY_BELOW:
        return (
            f"NumPy {numpy_version} is installed, but Lava {LAVA_VERSION} hangs from 2.4 on: "
            f'pip install "numpy<2.4"'
        )
    return None


def import_lava() -> None:
    """Make `import lava` work, or say what is missing and the command that mends it."""
    found = problem()
    if found is not None:
        raise MissingPackageError(found)
    if NEEDS_HELP:
        with _hashable_dataclasses():
            import_module("lava.magma.compiler.var_model")


@contextmanager
def _hashable_dataclasses() -> Iterator[None]:
    original = dataclasses.dataclass
    dataclasses.dataclass = partial(original, unsafe_hash=True)
    try:
        yield
    finally:
        dataclasses.dataclass = original
