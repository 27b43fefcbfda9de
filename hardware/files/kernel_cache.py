"""Kernels that Numba compiles once and keeps on disk, until a file that they come from changes.

Numba itself asks the file of the outermost function alone. What that has inlined from the files
beside it could change unseen, and the code of yesterday would go on running.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import numba

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """A kernel: it holds no lock, allocates nothing and counts no references."""
    kernel = numba.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)(function)
    source = Path(function.__code__.co_filename)
    names = f"{source.stem}.{function.__qualname__}-*.nbi"
    forget_outdated(Path(kernel.stats.cache_path).glob(names), source.parent.glob("*.py"))
    return kernel


def forget_outdated(indices: Iterable[Path], sources: Iterable[Path]) -> None:
    """Remove each index of compiled code that is older than one of its sources."""
    newest = max((path.stat().st_mtime_ns for path in sources), default=0)
    for index in indices:
        if index.stat().st_mtime_ns < newest:
            index.unlink(missing_ok=True)
