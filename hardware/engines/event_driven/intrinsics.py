"""Instructions that Numba lacks, or has in 64 bits only."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types

from hardware.kernels.parts import inlined, instruction

LANES = 64
"""Values examined at once. Rows of messages are padded with zeros to a multiple of it."""

VECTOR = 32
"""Lanes compared by one instruction; two results make the 64 bits of a word."""

PLAIN_MEMORY = "SPIKING_GRU_PLAIN_MEMORY"
"""Environment variable. If it is set, `at` and `put` make no promise: they are plain indexing.

A test compares the bits. Set NUMBA_CACHE_DIR with it, or Numba loads kernels of the other kind.
"""


@instruction
def left(_: Any, x: Any, k: Any) -> Any:
    """x · 2^k in the type of x. Numba's own shifts give 64 bits."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        by = context.cast(builder, arguments[1], signature.args[1], signature.args[0])
        return builder.shl(arguments[0], by)

    return x(x, k), generate


@instruction
def right(_: Any, x: Any, k: Any) -> Any:
    """⌊x · 2^-k⌋ in the type of x."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        by = context.cast(builder, arguments[1], signature.args[1], signature.args[0])
        return builder.ashr(arguments[0], by)

    return x(x, k), generate


def element(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    """The address of `values[i]`."""
    array = context.make_array(signature.args[0])(context, builder, arguments[0])
    return builder.gep(array.data, [arguments[1]])


@instruction
def nonzero(_: Any, values: Any, start: Any) -> Any:
    """A word of LANES bits: bit j is set where `values[start + j]` is nonzero."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        number, bit = signature.args[0].dtype, ir.IntType(LANES)
        lanes = ir.VectorType(context.get_data_type(number), VECTOR)
        differ = builder.fcmp_unordered if isinstance(number, types.Float) else builder.icmp_signed
        place, word = element(context, builder, signature, arguments), ir.Constant(bit, 0)
        for j in range(0, LANES, VECTOR):
            part = builder.gep(place, [ir.Constant(ir.IntType(64), j)])
            part = builder.bitcast(part, lanes.as_pointer())
            loaded = builder.load(part, align=number.bitwidth // 8)
            found = differ("!=", loaded, ir.Constant(lanes, None))
            found = builder.zext(builder.bitcast(found, ir.IntType(VECTOR)), bit)
            word = builder.or_(word, builder.shl(found, ir.Constant(bit, j)))
        return word

    return types.uint64(values, types.intp), generate


@instruction
def lowest_bit(_: Any, word: Any) -> Any:
    """The place of the lowest bit that is set."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return word(word), generate


def only_read(builder: Any) -> Any:
    """LLVM's word for memory that a function only reads, in a scope of that function's name."""
    module = builder.module
    domain = module.add_metadata([ir.MetaDataString(module, builder.function.name)])
    scope = module.add_metadata([ir.MetaDataString(module, "only read"), domain])
    return module.add_metadata([scope])


@instruction
def load(_: Any, values: Any, i: Any) -> Any:
    """`values[i]`, with the promise of `at`."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = element(context, builder, signature, arguments)
        value = builder.load(place, align=signature.args[0].dtype.bitwidth // 8)
        value.set_metadata("alias.scope", only_read(builder))
        return value

    return values.dtype(values, types.intp), generate


@instruction
def store(_: Any, values: Any, i: Any, value: Any) -> Any:
    """`values[i] = value`, with the promise of `put`."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        number = signature.args[0].dtype
        cast = context.cast(builder, arguments[2], signature.args[2], number)
        place = element(context, builder, signature, arguments)
        store = builder.store(cast, place, align=number.bitwidth // 8)
        store.set_metadata("noalias", only_read(builder))
        return context.get_dummy_value()

    return types.void(values, types.intp, value), generate


@inlined
def plain_load(values: Any, i: int) -> Any:
    return values[i]


@inlined
def plain_store(values: Any, i: int, value: Any) -> None:
    values[i] = value


PROMISED = PLAIN_MEMORY not in os.environ

at: Callable[..., Any] = load if PROMISED else plain_load
"""`at(values, i)` is `values[i]`. The function around it never puts anything into that array.

"Never" includes all its calls within a kernel: an array that one call fills and another reads by
`at` would let LLVM move the load before the store.
"""

put: Callable[..., Any] = store if PROMISED else plain_store
"""`put(values, i, value)` is `values[i] = value`. The function around it never reads that array by
`at`.

Without the promise LLVM checks before every loop whether arrays overlap. It gives up, and does not
vectorise, where there are many arrays.
"""
