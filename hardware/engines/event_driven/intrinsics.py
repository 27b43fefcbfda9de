"""Instructions that Numba has no name for, or only one in 64 bits; and how loops are inlined."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

F = TypeVar("F", bound=Callable[..., Any])

inlined: Callable[[F], F] = numba.njit(
    nogil=True, error_model="numpy", forceinline=True, _nrt=False
)

called: Callable[[F], F] = numba.njit(nogil=True, error_model="numpy", _nrt=False)
"""Of a function that is too long to stand wherever it is needed."""

instruction: Callable[[Callable[..., Any]], Callable[..., Any]] = intrinsic

LANES = 64
"""Values looked at in one go; rows of messages are padded with zeros to a multiple of it."""

VECTOR = 32
"""Lanes compared by one instruction: 64 at once, as bits of one word, come later."""


@instruction
def left(_: Any, x: Any, k: Any) -> Any:
    """x · 2^k in the type of x; Numba's own shifts are of 64 bits."""

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
    """Where `values[i]` is."""
    array = context.make_array(signature.args[0])(context, builder, arguments[0])
    return builder.gep(array.data, [arguments[1]])


@instruction
def not_zero(_: Any, values: Any, start: Any) -> Any:
    """A word with bit j set where `values[start + j]` is not 0, for LANES values."""

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
def at(_: Any, values: Any, i: Any) -> Any:
    """`values[i]` of an array into which the function around it never puts anything.

    "Never" is for all its calls within a kernel: an array that one call fills and another reads by
    `at` would let LLVM move the reading before the filling.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = element(context, builder, signature, arguments)
        value = builder.load(place, align=signature.args[0].dtype.bitwidth // 8)
        value.set_metadata("alias.scope", only_read(builder))
        return value

    return values.dtype(values, types.intp), generate


@instruction
def put(_: Any, values: Any, i: Any, value: Any) -> Any:
    """`values[i] = value`, into an array from which the function around it reads nothing by `at`.

    LLVM would ask at every loop whether its arrays overlap, and give up where there are many.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        number = signature.args[0].dtype
        cast = context.cast(builder, arguments[2], signature.args[2], number)
        place = element(context, builder, signature, arguments)
        store = builder.store(cast, place, align=number.bitwidth // 8)
        store.set_metadata("noalias", only_read(builder))
        return context.get_dummy_value()

    return types.void(values, types.intp, value), generate
