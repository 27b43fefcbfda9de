"""Functions that are parts of kernels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba
from numba.extending import intrinsic

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = {
    "nogil": True,
    "error_model": "numpy",
    "_nrt": False,
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}

inlined: Callable[[F], F] = numba.njit(**_OPTIONS, forceinline=True)
"""Makes a function part of every kernel that calls it."""

spliced: Callable[[F], F] = numba.njit(**_OPTIONS, inline="always")
"""Makes a function part of its callers before they are compiled: it is compiled with them only.

It has no `at` and `put` of the event engine: their promise would be one of its callers.
"""

called: Callable[[F], F] = numba.njit(**_OPTIONS, forceinline=False)
"""Compiles a function that is too long to be inlined at every call.

Without `forceinline=False` it would be inlined wherever a function that is inlined calls it.
"""

instruction: Callable[[Callable[..., Any]], Callable[..., Any]] = intrinsic
"""Makes a function that writes LLVM's code."""
