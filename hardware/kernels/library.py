"""The library of kernels that was built ahead of time: which one fits, and where its code is.

A library names each kernel by a hash of its sources and of the types of its arguments. So a library
of another version has no code for a kernel that has changed: Numba compiles that one.
"""

from __future__ import annotations

import ctypes
import os
import platform
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from llvmlite import binding  # type: ignore[import-untyped]

from hardware.errors import InputError, choose
from hardware.files import strict_json
from hardware.files.disk import read_bytes

CHOSEN_BY = "SPIKING_GRU_KERNELS"
"""Environment variable: one of `USES`."""

LIBRARY, COMPILE = USES = ("library", "compile")
"""Kernels of a library where one fits; or compile all of them."""

FOLDER = Path(__file__).parent / "built"


class Target(NamedTuple):
    """Processors that a library is built for."""

    name: str
    machine: str
    """Their `platform.machine()`."""

    cpu: str
    """LLVM's name of the least of them."""

    features: tuple[str, ...]
    """Features beyond those of every machine of this kind, in LLVM's words."""

    tuning: tuple[str, ...] = ()
    """Further words for LLVM."""

    @property
    def file(self) -> str:
        return f"kernels-{self.name}.so"

    @property
    def facts(self) -> str:
        """The file with `Facts` about the library."""
        return f"kernels-{self.name}.json"

    @property
    def words(self) -> str:
        """Features and tuning, as LLVM takes them."""
        return ",".join([*(f"+{feature}" for feature in self.features), *self.tuning])

    def fits(self) -> bool:
        """Return whether this machine has such a processor."""
        return platform.machine() == self.machine and not self.missing()

    def missing(self) -> list[str]:
        """Return the features that this processor lacks."""
        has = host_features()
        return [feature for feature in self.features if not has.get(feature)]


V2 = ("cx16", "popcnt", "sse3", "sse4.1", "sse4.2", "ssse3")
V3 = (*V2, "avx", "avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe")
V4 = (*V3, "avx512bw", "avx512cd", "avx512dq", "avx512f", "avx512vl", "avx512vnni")
"""x86-64-v4 and the sum of products of pairs, which dense messages need."""

TARGETS = (
    Target("x86-64-v4-vnni", "x86_64", "x86-64-v4", V4, ("-prefer-256-bit",)),
    Target("x86-64-v3", "x86_64", "x86-64-v3", V3),
    Target("x86-64", "x86_64", "x86-64", ()),
    Target("aarch64", "aarch64", "generic", ()),
)
"""The best first."""


@cache
def host_features() -> dict[str, bool]:
    """Return the features of this machine's processor."""
    return dict(binding.get_host_cpu_features())


class Facts(NamedTuple):
    """Statements about a library."""

    checksum: str
    sources: str
    """Hash of the sources of all its kernels."""


class Found(NamedTuple):
    """The library in use, or why there is none."""

    code: ctypes.CDLL | None
    target: str
    reason: str


def asked_for() -> bool:
    """Return whether kernels may come from a library."""
    return choose(CHOSEN_BY, os.environ.get(CHOSEN_BY, LIBRARY), USES) == LIBRARY


@cache
def found() -> Found:
    """Return the best library that fits this machine and is undamaged."""
    if not asked_for():
        return Found(None, "", f"{CHOSEN_BY}={COMPILE} asks for none")
    reasons = []
    for target in TARGETS:
        file = FOLDER / target.file
        if target.machine != platform.machine() or not file.exists():
            continue
        if missing := target.missing():
            reasons.append(f"{file.name} needs a processor with {', '.join(missing)}")
            continue
        try:
            return Found(loaded(target), target.name, "")
        except (InputError, OSError) as error:
            reasons.append(str(error))
    return Found(None, "", "; ".join(reasons) or "none was built for this kind of machine")


def loaded(target: Target) -> ctypes.CDLL:
    """Return the code of a library that has its checksum."""
    file = FOLDER / target.file
    if sha256(read_bytes(file)).hexdigest() != facts_of(target).checksum:
        raise InputError(f"{file} is damaged: remove it")
    return ctypes.CDLL(str(file))


def facts_of(target: Target) -> Facts:
    """Return the facts about a library."""
    file = FOLDER / target.facts
    try:
        return Facts(**strict_json.parse(read_bytes(file)))
    except (TypeError, ValueError):
        raise InputError(f"{file} is damaged: remove it") from None


def address_of(name: str) -> int | None:
    """Return where the library has the code of this name; None if it must be compiled."""
    code: Any = found().code
    if code is None:
        return None
    try:
        return ctypes.cast(code[name], ctypes.c_void_p).value
    except AttributeError:  # of another version
        return None
