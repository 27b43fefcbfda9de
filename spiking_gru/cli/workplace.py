"""Needs of every command: a folder to work in, and installed packages."""

from __future__ import annotations

import os
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from hardware.errors import InputError, MissingPackageError

if TYPE_CHECKING:
    from spiking_gru.run_folder import RunFolder


def folder_of(path: Path) -> RunFolder:
    """The folder of a run; what a killed command had completed is brought to its place."""
    from spiking_gru.replacement import settle
    from spiking_gru.run_folder import RunFolder

    have_temporary_folder(path)
    settle(path)
    return RunFolder(path)


def have_temporary_folder(near: Path) -> None:
    """Where no temporary folder is writable, take the one around `near`, or `near` itself.

    Libraries need one: torch, Matplotlib, and our own kernels.
    """
    try:
        tempfile.gettempdir()
    except FileNotFoundError:
        place = near.resolve()
        for folder in (*place.parents, place):
            if os.access(folder, os.W_OK):
                os.environ["TMPDIR"] = str(folder)
                return


def require_there(source: Path) -> None:
    """See that a run's folder or a program file is there at all."""
    if not source.exists():
        raise InputError(
            f"{source} is not there: expected the folder of a run, which `spiking-gru train --out "
            f"{source}` makes, or a program file"
        )


def require_torch(purpose: str) -> None:
    for package in ("torch", "snntorch", "tensorboard"):
        if find_spec(package) is None:
            raise MissingPackageError(
                f'{purpose} needs {package}: pip install "spiking-gru[train]"'
            )
