"""Kernels, and calls of kernels that are prepared once and made together, without Python between.

A kernel is a compiled function of one address, where its arguments are. Its machine code comes from
the library that was built ahead of time, or else from Numba.
"""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numpy.typing import NDArray

from hardware.kernels import cache, fields, parts
from hardware.kernels.cache import compiled, short_hash
from hardware.kernels.fields import Fields, arguments_at
from hardware.kernels.library import address_of
from hardware.kernels.parts import inlined, instruction

ENTRY = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, ctypes.c_int64)
"""The type of a kernel: its first argument, a type, takes a place without a value."""

SOURCES = tuple(map(Path, (__file__, cache.__file__, fields.__file__, parts.__file__)))
"""Files whose code is part of every kernel."""

KERNELS: list[Kernel] = []
"""All kernels of this process."""


class Kernel:
    """A function `f(form, address)`; `form` is the type of its arguments. It returns a status.

    The files in the function's folder are its sources; `sources` are further ones.
    """

    def __init__(self, function: Callable[[Any, int], int], *sources: Path) -> None:
        self.compiled = cast(Any, compiled(function, *SOURCES, *sources, from_python=False))
        self.name = f"{Path(function.__code__.co_filename).stem}_{function.__qualname__}"
        self.version: str = self.compiled._cache.version
        """Hash of its sources."""

        self.addresses: dict[tuple[Any, ...], int] = {}
        self.results: dict[str, Any] = {}
        """Numba's results of this process, by the name of the code in a library."""

        KERNELS.append(self)

    def __repr__(self) -> str:
        return f"Kernel({self.name})"

    def __call__(self, *arguments: Any) -> int:
        """Make one call."""
        return Prepared(self, *arguments)()

    def function(self, parts: tuple[Fields, ...]) -> int:
        """The address of the machine code for arguments of these types."""
        key = tuple(part.key for part in parts)
        if key not in self.addresses:
            name = self.symbol(key)
            self.addresses[key] = address_of(name) or self.compile(name, parts)
        return self.addresses[key]

    def symbol(self, key: tuple[Any, ...]) -> str:
        """The name of the machine code in a library: it changes with the sources and the types."""
        kinds = [text_of(kind) for part in key for kind in part]
        return f"{self.name}_{short_hash(self.version, *kinds)}"

    def compile(self, name: str, parts: tuple[Fields, ...]) -> int:
        """Compile for arguments of these types; return the address."""
        kind = types.Tuple([one for part in parts for one in part.kind])
        arguments = types.TypeRef(kind), types.int64
        self.compiled.compile(types.int64(*arguments))
        result = self.results[name] = self.compiled.overloads[arguments]
        return int(result.library.get_pointer_to_function(result.fndesc.llvm_cfunc_wrapper_name))


def text_of(kind: Any) -> str:
    """A part of the key of `Fields` as a text that is the same in every process."""
    return f"{kind.__module__}.{kind.__qualname__}" if isinstance(kind, type) else str(kind)


class Call(NamedTuple):
    """A kernel and the parts of its arguments."""

    kernel: Kernel
    parts: tuple[Fields, ...]

    @property
    def function(self) -> int:
        """The address of the kernel for the types of its arguments."""
        return self.kernel.function(self.parts)


class Prepared:
    """A kernel whose arguments stay in memory. A new value of one has the type of the old one."""

    def __init__(self, kernel: Kernel, *arguments: Any) -> None:
        self.parts = [Fields(each) for each in arguments]
        self.memory = array("q", [number for part in self.parts for number in part.numbers])
        self.places = np.cumsum([0, *(len(part.numbers) for part in self.parts)]).tolist()
        self.call = entry_of(kernel.function(tuple(self.parts)), self.memory.buffer_info()[0])

    def __call__(self) -> int:
        """Make the call; return its status."""
        return self.call()

    def give(self, place: int, value: NDArray[Any] | int) -> None:
        """Replace an argument by its place. An array must live until the call."""
        at = self.places[place]
        if isinstance(value, int):
            self.memory[at] = value
        else:
            place_array(self.memory, at, value)


def place_array(memory: Any, at: int, array: NDArray[Any]) -> None:
    """Replace an array of a call whose fields are in `memory`, from `at` on."""
    memory[at] = fields.address_of(array)
    for n, extent in enumerate(array.shape, at + 1):
        memory[n] = extent


def entry_of(function: int, address: int) -> Callable[[], int]:
    """Return a call of the kernel at an address with the arguments at another."""
    return partial(ENTRY(function), ctypes.c_void_p(), ctypes.c_int64(address))


class Calls:
    """Kernels that are called one after another, until one returns another status than 0."""

    def __init__(self, calls: list[Call]) -> None:
        self.parts = [call.parts for call in calls]  # keeps their arrays alive
        self.memory = [np.array([n for p in parts for n in p.numbers]) for parts in self.parts]
        self.functions = np.array([call.function for call in calls], dtype=np.int64)
        self.addresses = np.array([*map(fields.address_of, self.memory)], dtype=np.int64)
        self.prepared = Prepared(run_calls, self.functions, self.addresses)

    def run(self) -> int:
        """Make the calls; return the last status."""
        return self.prepared()

    def give(self, number: int, part: int, array: NDArray[Any]) -> None:
        """Replace the array with which a part of a call begins. It must live until the run."""
        at = sum(len(before.numbers) for before in self.parts[number][:part])
        place_array(self.memory[number], at, array)


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


@inlined
def call_all(functions: NDArray[np.int64], addresses: NDArray[np.int64]) -> int:
    """Call kernels one after another, until one returns another status than 0; return that."""
    status = 0
    for i in range(len(functions)):
        status = call(functions[i], addresses[i])
        if status != 0:
            break
    return status


@Kernel
def run_calls(form: Any, address: int) -> int:
    """Make calls: their functions, and the addresses of their arguments."""
    functions, addresses = arguments_at(form, address)
    return call_all(functions, addresses)


@Kernel
def run_frames(form: Any, address: int) -> int:
    """Make the calls for one frame after another, and keep the `last` scores after each.

    The calls read their frame in `frame`. Return the number of frames that were not taken.
    """
    functions, addresses, frames, frame, last, scores = arguments_at(form, address)
    for t in range(len(frames)):
        for i in range(frames.shape[1]):
            frame[0, i] = frames[t, i]
        if call_all(functions, addresses) != 0:
            return len(frames) - t
        for j in range(len(last)):
            scores[t, j] = last[j]
    return 0


@Kernel
def run_rows(form: Any, address: int) -> int:
    """Make the calls of each of these rows; `addresses` has those of every row."""
    functions, addresses, rows, statuses = arguments_at(form, address)
    for i in range(len(rows)):
        statuses[i] = call_all(functions, addresses[rows[i]])
    return 0
