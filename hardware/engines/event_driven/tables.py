"""Look-ups in the tables of σ and tanh, in Numba, many at a time.

A table of 256 numbers of 16 bits fills eight registers of AVX-512, and one instruction takes 32
numbers from two of them. Four of these and three choices look up 32 places. Other processors load
one entry after another.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils

from hardware.definition.arithmetic import TABLE_ENTRIES
from hardware.engines.event_driven.intrinsics import element
from hardware.engines.event_driven.processors import processor_of
from hardware.kernels.parts import inlined, instruction

MANY, SOME = 32, 8
"""Places that are looked up together."""

SHORT, INT, LONG = (ir.IntType(bits) for bits in (16, 32, 64))


@inlined
def look_up(values: Any, table: Any) -> None:
    """Replace places by the entries of a table."""
    n = values.shape[0]
    many, some = n // MANY * MANY, n // SOME * SOME
    for j in range(0, many, MANY):
        look_up_many(values, j, table)
    for j in range(many, some, SOME):
        look_up_some(values, j, table)
    for j in range(some, n):
        values[j] = table[values[j]]


def of_places(count: int) -> Callable[..., Any]:
    """Return a function that replaces `count` places, from `start` on, by entries of a table.

    It stores all entries at once. The next loop reads in vectors, and would wait for single stores.
    """

    @instruction
    def looked_up(_: Any, values: Any, start: Any, table: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            number = context.get_data_type(signature.args[0].dtype)
            lanes = ir.VectorType(number, count)
            address = element(context, builder, signature, arguments)
            address = builder.bitcast(address, lanes.as_pointer())
            entries = context.make_array(signature.args[2])(context, builder, arguments[2]).data
            places = builder.load(address, align=number.width // 8)
            instruction = processor_of(context.codegen()).look_up
            if instruction and count == MANY:
                found = permuted(builder, instruction, places, entries)
            else:
                found = loaded(builder, places, entries)
            builder.store(builder.sext(found, lanes), address, align=number.width // 8)
            return context.get_dummy_value()

        return types.void(values, types.intp, table), generate

    return looked_up


def loaded(b: Any, places: Any, entries: Any) -> Any:
    """Load one entry after another."""
    found = ir.Constant(ir.VectorType(SHORT, places.type.count), ir.Undefined)
    for j in range(places.type.count):
        lane = ir.Constant(INT, j)
        place = b.extract_element(places, lane)
        place = b.sext(place, LONG) if places.type.element.width < LONG.width else place
        found = b.insert_element(found, b.load(b.gep(entries, [place]), align=2), lane)
    return found


def permuted(b: Any, instruction: str, places: Any, entries: Any) -> Any:
    """Take entries from registers. Bits 6 and 7 of a place choose between four results."""
    lanes = ir.VectorType(SHORT, MANY)
    take = cgutils.get_or_insert_function(
        b.module, ir.FunctionType(lanes, [lanes] * 3), instruction
    )
    places = b.trunc(places, lanes)
    parts = []
    for start in range(0, TABLE_ENTRIES, MANY):
        address = b.gep(entries, [ir.Constant(LONG, start)])
        parts.append(b.load(b.bitcast(address, lanes.as_pointer()), align=2))
    found = [b.call(take, [a, places, c]) for a, c in zip(parts[::2], parts[1::2], strict=True)]
    bit = 2 * MANY
    while len(found) > 1:
        with_bit = b.and_(places, ir.Constant(lanes, [bit] * MANY))
        is_set = b.icmp_signed("!=", with_bit, ir.Constant(lanes, None))
        found = [b.select(is_set, c, a) for a, c in zip(found[::2], found[1::2], strict=True)]
        bit *= 2
    return found[0]


look_up_many, look_up_some = of_places(MANY), of_places(SOME)
