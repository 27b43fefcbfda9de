"""What every command needs: where it works, and whether what it needs is installed."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from hardware.errors import InputError, MissingPackageError

if TYPE_CHECKING:
    from spiking_gru.run_folder import RunFolder


def folder_of(path: Path) -> RunFolder:
    from spiking_gru.run_folder import RunFolder

    return RunFolder(path)


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
