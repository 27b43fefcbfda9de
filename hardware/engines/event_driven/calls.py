"""Calls of kernels that are prepared once and made together, without Python in between."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numpy.typing import NDArray

from hardware.engines.event_driven.arrivals import copy
from hardware.engines.event_driven.fields import Fields
from hardware.engines.event_driven.intrinsics import instruction
from hardware.files.kernel_cache import compiled

Kernel = Callable[[Any, int], int]
"""Takes the type of its arguments and their address; a status other than 0 ends the calls."""

_FUNCTIONS: dict[tuple[Any, ...], int] = {}


class Call(NamedTuple):
    """A kernel and the parts of its arguments."""

    kernel: Any
    parts: tuple[Fields, ...]

    @property
    def function(self) -> int:
        """The address of the kernel, which is compiled for the types of its arguments."""
        key = (self.kernel, *(part.key for part in self.parts))
        if key not in _FUNCTIONS:
            kind = types.Tuple([one for part in self.parts for one in part.kind])
            signature = types.TypeRef(kind), types.int64
            self.kernel.compile(signature)
            result = self.kernel.overloads[signature]
            name = result.fndesc.llvm_cfunc_wrapper_name
            _FUNCTIONS[key] = result.library.get_pointer_to_function(name)
        return _FUNCTIONS[key]


class Calls:
    """Kernels that are called one after another, until one returns another status than 0."""

    def __init__(self, calls: list[Call]) -> None:
        self.parts = [call.parts for call in calls]  # keeps their arrays alive
        self.memory = [np.array([n for p in parts for n in p.numbers]) for parts in self.parts]
        self.functions = np.array([call.function for call in calls])
        self.addresses = np.array([each.ctypes.data for each in self.memory])
        self.given = self.functions.ctypes.data, self.addresses.ctypes.data, len(calls)

    def run(self) -> int:
        """Make the calls; return the last status."""
        return run_calls(*self.given)


@instruction
def call(_: Any, function: Any, address: Any) -> Any:
    """The status of a kernel, of which the address and that of its arguments are given."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        number = ir.IntType(64)
        kind = ir.IntType(8).as_pointer()  # of a type, which takes a place without a value
        pointer = ir.FunctionType(number, [kind, number]).as_pointer()
        return builder.call(
            builder.inttoptr(given[0], pointer), [ir.Constant(kind, None), given[1]]
        )

    return types.int64(types.int64, types.int64), generate


@instruction
def number_at(_: Any, address: Any, i: Any) -> Any:
    """The i-th 64-bit number from an address on."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        numbers = builder.inttoptr(given[0], ir.IntType(64).as_pointer())
        return builder.load(builder.gep(numbers, [given[1]]))

    return types.int64(types.int64, types.int64), generate


@compiled
def run_calls(functions: int, addresses: int, count: int) -> int:
    """Call kernels one after another, until one returns another status than 0; return that."""
    status = 0
    for i in range(count):
        status = call(number_at(functions, i), number_at(addresses, i))
        if status != 0:
            break
    return status


@cache
def run_calls_directly() -> Callable[[int, int, int], int]:
    """Return `run_calls` without Numba's look at the types of arguments: it takes 0.14 µs."""
    signature = types.int64, types.int64, types.int64
    run_calls.compile(signature)  # type: ignore[attr-defined]
    entry: Callable[[int, int, int], int] = run_calls.overloads[signature].entry_point  # type: ignore[attr-defined]
    return entry


@compiled
def run_frames(
    functions: int,
    addresses: int,
    count: int,
    frames: NDArray[np.float32],
    frame: NDArray[np.float32],
    last: NDArray[np.int64],
    scores: NDArray[np.int64],
) -> int:
    """Make the calls for one frame after another, and keep the `last` scores after each.

    The calls read their frame in `frame`. Return the number of frames that were taken.
    """
    for t in range(len(frames)):
        copy(frame[0], frames[t])
        if run_calls(functions, addresses, count) != 0:
            return t
        copy(scores[t], last)
    return len(frames)


@compiled
def run_rows(
    functions: int,
    addresses: int,
    count: int,
    rows: NDArray[np.int64],
    statuses: NDArray[np.int64],
) -> None:
    """Make the calls of each of these rows: row i has the i-th `count` addresses."""
    for i in range(len(rows)):
        statuses[i] = run_calls(functions, addresses + 8 * count * rows[i], count)
