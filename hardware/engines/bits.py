"""Four instructions that Numba has no name for, or only one in 64 bits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

instruction: Callable[[Callable[..., Any]], Callable[..., Any]] = intrinsic

LANES = 32
"""Values looked at in one go; rows of messages are padded with zeros to a multiple of it."""


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


@instruction
def not_zero(_: Any, values: Any, start: Any) -> Any:
    """A word with bit j set where `values[start + j]` is not 0, for LANES values."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        lanes = ir.VectorType(context.get_data_type(signature.args[0].dtype), LANES)
        at = builder.bitcast(builder.gep(array.data, [arguments[1]]), lanes.as_pointer())
        loaded = builder.load(at, align=signature.args[0].dtype.bitwidth // 8)
        bits = builder.icmp_signed("!=", loaded, ir.Constant(lanes, None))
        return builder.bitcast(bits, ir.IntType(LANES))

    return types.uint32(values, types.intp), generate


@instruction
def lowest_bit(_: Any, word: Any) -> Any:
    """The place of the lowest bit that is set."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return word(word), generate
