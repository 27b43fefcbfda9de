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


def compiled(function: F, *sources: Path) -> F:
    """Return a kernel: it holds no lock, allocates nothing and counts no references.

    The files in the function's folder are its sources; `sources` are further ones.
    """
    kernel = numba.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)(function)
    source = Path(function.__code__.co_filename)
    # Numba's file names are free of angle brackets, as in `outer.<locals>.inner`.
    name = function.__qualname__.replace("<", "").replace(">", "")
    indices = Path(kernel.stats.cache_path).glob(f"{source.stem}.{name}-*.nbi")
    forget_outdated(indices, (*source.parent.glob("*.py"), *sources))
    return kernel


def forget_outdated(indices: Iterable[Path], sources: Iterable[Path]) -> None:
    """Remove each index of compiled code that is older than one of its sources."""
    newest = max((path.stat().st_mtime_ns for path in sources), default=0)
    for index in indices:
        if index.stat().st_mtime_ns < newest:
            index.unlink(missing_ok=True)
