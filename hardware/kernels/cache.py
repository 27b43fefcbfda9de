"""Functions that Numba compiles once, and that are kept until one of their sources changes.

Numba's own cache looks at the file of the outermost function only, raises where it cannot write,
and loads damaged code.
"""

from __future__ import annotations

import logging
import pickle
import sys
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

import llvmlite  # type: ignore[import-untyped]
import numba
from numba.core.caching import NullCache
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps

from hardware.kernels.clock import KERNEL_TIME
from hardware.kernels.files import KernelName, read_kernel, write_kernel
from hardware.kernels.lost_signals import LostSignals

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F, *sources: Path, from_python: bool = True) -> F:
    """Return a compiled function: it holds no lock, allocates nothing and counts no references.

    The files in the function's folder are its sources; `sources` are further ones. One that is not
    called from Python is compiled in less time.
    """
    options = {"nogil": True, "error_model": "numpy", "_nrt": False}
    kernel = numba.njit(**options, no_cpython_wrapper=not from_python)(function)
    signals, compile_kernel = LostSignals(), kernel.compile
    kernel._cache = KernelCache(function, sources, signals)

    def interruptible(signature: Any) -> Any:
        with signals.sent_again(), KERNEL_TIME.running():
            return compile_kernel(signature)

    kernel.compile = interruptible
    return kernel


class KernelCache(NullCache):  # type: ignore[misc]
    """The kept kernels of one function. Numba asks it before it compiles, and tells it after."""

    def __init__(
        self, function: Callable[..., Any], sources: tuple[Path, ...], signals: LostSignals
    ) -> None:
        if function.__closure__:
            raise ValueError(
                f"{function.__qualname__} uses variables of the function around it, whose values "
                f"the kernel's file would not show: make them arguments"
            )
        file = Path(function.__code__.co_filename).resolve()
        # Names of files are free of angle brackets, as in `outer.<locals>.inner`.
        name = function.__qualname__.replace("<", "").replace(">", "")
        self.function = f"{file.stem}.{name}-{short_hash(file)}-{sys.implementation.cache_tag}"
        # Without a source nobody would see that it has changed: nothing is kept.
        self.kept = file.is_file()
        files = *sorted(file.parent.glob("*.py")), *sources
        self.version = short_hash(*(path.read_bytes() for path in files))
        self.signals = signals

    def name_of(self, signature: Any, codegen: Any) -> KernelName:
        compiler = numba.__version__, llvmlite.__version__, *codegen.magic_tuple()
        return KernelName(self.function, self.version, short_hash(signature, *compiler))

    def load_overload(self, signature: Any, target_context: Any) -> Any:
        """Return what was compiled for these argument types; None if Numba must compile it."""
        target_context.refresh()
        if self.kept:
            kernel = read_kernel(self.name_of(signature, target_context.codegen()))
            if kernel is not None:
                return CompileResult._rebuild(target_context, *pickle.loads(kernel))
        announce()
        return None

    def save_overload(self, signature: Any, result: Any) -> None:
        # A lost signal has also lost the code that is to be kept.
        self.signals.wait()
        # Dynamic globals are addresses of this process.
        if self.kept and not result.library.has_dynamic_globals:
            write_kernel(self.name_of(signature, result.codegen), dumps(result._reduce()))


def short_hash(*parts: object) -> str:
    """Return a hash of texts or bytes, in 24 characters."""
    whole = sha256()
    for part in parts:
        whole.update(sha256(part if isinstance(part, bytes) else str(part).encode()).digest())
    return whole.hexdigest()[:24]


@cache
def announce() -> None:
    """Say, once in a process, why the first call takes so long."""
    logging.getLogger(__name__).warning(
        "compiling kernels for this machine, once: usually less than a minute"
    )
