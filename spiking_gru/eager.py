"""Functions that torch's compiler runs as they are, and that no exporter takes.

They call compiled kernels and NumPy. A graph of torch operations could hold only their results.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

import torch
from typing_extensions import ParamSpec

from hardware.errors import ExportError

P = ParamSpec("P")
R = TypeVar("R")


def eagerly(function: Callable[P, R]) -> Callable[P, R]:
    """Have `torch.compile` call `function` between its graphs; refuse to trace or export it."""
    undivided: list[Callable[P, R]] = []

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        if torch.compiler.is_dynamo_compiling():
            if not undivided:
                # Only now, because this imports the whole compiler.
                undivided.append(torch.compiler.disable(function))
            return undivided[0](*args, **kwargs)
        tracing = torch.jit.is_tracing()  # type: ignore[attr-defined, no-untyped-call]
        if tracing or torch.compiler.is_compiling():
            raise ExportError(
                f"{function.__qualname__} cannot be traced or exported: a graph of torch "
                f"operations would hold its results as constants. To deploy the network use "
                f"conversion.convert, or conversion.export_nir for NIR"
            )
        return function(*args, **kwargs)

    return call
