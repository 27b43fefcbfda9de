"""List the packages that are installed, missing or damaged, and the commands that mend them."""

from __future__ import annotations

import platform
import shlex
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from hardware.lava.compat import install_command, problem

PYTHONS = ((3, 10), (3, 13))
BASE = ("numpy", "numba", "safetensors", "pydantic", "typer", "rich", "jinja2", "matplotlib")
TRAIN = ("torch", "snntorch", "tensorboard")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `remedy` is a command, empty where all is well."""

    name: str
    found: str
    remedy: str = ""
    needed_for: str = "everything"

    @property
    def well(self) -> bool:
        return not self.remedy


def examine() -> list[Finding]:
    """Python, the packages of the base install and of training, Lava, and compiled kernels."""
    findings = [_python()]
    findings += [_package(name, "everything", "pip install spiking-gru") for name in BASE]
    findings += [
        _package(name, "training and conversion", 'pip install "spiking-gru[train]"')
        for name in TRAIN
    ]
    missing = problem()
    findings.append(
        Finding("lava-nc", version("lava-nc"), needed_for="the lava engine")
        if missing is None
        else Finding("lava-nc", missing.split(":")[0], install_command(), "the lava engine")
    )
    return [*findings, *_library(), *_kernels()]


def _library() -> list[Finding]:
    try:
        from hardware.kernels.library import CHOSEN_BY, asked_for, found
    except ImportError:  # of a package that is missing, which has its own finding
        return []
    library = found()
    if library.code is not None:
        return [Finding("kernels", f"built ahead for {library.target}", "", "a quick start")]
    remedy = "python -m spiking_gru.workflows.kernels" if asked_for() else f"unset {CHOSEN_BY}"
    return [Finding("kernels", f"compiled when needed: {library.reason}", remedy, "a quick start")]


def _kernels() -> list[Finding]:
    try:
        from hardware.kernels.files import CHOSEN_BY, damaged_kernels, writable_folder
    except ImportError:  # of a package that is missing, which has its own finding
        return []
    folder, damaged = writable_folder(), damaged_kernels()
    if folder is None:
        found = "no folder is writable"
        remedy = f"export {CHOSEN_BY}=FOLDER, a folder that you can write to"
    elif damaged:
        found = f"{len(damaged)} damaged"
        remedy = shlex.join(["rm", *map(str, damaged)])
    else:
        found, remedy = str(folder), ""
    return [Finding("compiled kernels", found, remedy, "a quick start")]


def _python() -> Finding:
    low, high = PYTHONS
    fits = low <= sys.version_info[:2] <= high
    allowed = f"{low[0]}.{low[1]} to {high[0]}.{high[1]}"
    return Finding("python", platform.python_version(), "" if fits else f"use Python {allowed}")


def _package(name: str, needed_for: str, remedy: str) -> Finding:
    try:
        return Finding(name, version(name), needed_for=needed_for)
    except PackageNotFoundError:
        return Finding(name, "not installed", remedy, needed_for)
