"""Register tiles: products of many values with many weights, in instructions that Numba lacks.

Two adjacent sources are a pair. One instruction multiplies the pairs of many targets by the pair of
values of one row, and adds the two products of each pair: 16-bit numbers, 32-bit sums. No pair of
8-bit weights can exceed them, so every sum is exact wherever the complete sum fits 32 bits.

A tile is some rows of values by some panels of `PANEL` targets. Its sums stay in registers until
they are complete.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils

from hardware.engines.event_driven.processors import Processor, processor_of
from hardware.kernels.parts import instruction

PANEL = 16
"""Targets whose weights are adjacent."""

BYTE, SHORT, INT, LONG = (ir.IntType(bits) for bits in (8, 16, 32, 64))


class Tile:
    """Writes the code of one tile."""

    def __init__(self, builder: Any, processor: Processor, rows: list[Any], weights: list[Any]):
        self.builder, self.processor = builder, processor
        self.rows = rows
        """The address of each row of values."""

        self.weights = weights
        """The address of the weights of each panel."""

        self.parts = range(0, PANEL, processor.lanes)
        self.sum = ir.VectorType(INT, processor.lanes)
        self.pairs = ir.VectorType(SHORT, 2 * processor.lanes)
        self.packed = ir.VectorType(BYTE, 2 * processor.lanes)

    def product(self, weights: Any, values: Any) -> Any:
        """The sums of the two products of each pair."""
        b = self.builder
        if self.processor.product:
            kind = ir.FunctionType(self.sum, [self.pairs, self.pairs])
            called = cgutils.get_or_insert_function(b.module, kind, self.processor.product)
            return b.call(called, [weights, values])
        terms = []
        for place in range(2):
            chosen = ir.Constant(
                ir.VectorType(INT, self.processor.lanes),
                [2 * lane + place for lane in range(self.processor.lanes)],
            )
            some = [b.shuffle_vector(each, each, chosen) for each in (weights, values)]
            terms.append(b.mul(*(b.sext(each, self.sum) for each in some)))
        return b.add(*terms)

    def everywhere(self, row: Any, pair: Any) -> Any:
        """One pair of values of a row, in all lanes."""
        b, undefined = self.builder, ir.Constant(self.sum, ir.Undefined)
        value = b.load(b.gep(row, [pair]), align=4)
        first = b.insert_element(undefined, value, ir.Constant(INT, 0))
        lanes = ir.Constant(self.sum, [0] * self.processor.lanes)
        return b.bitcast(b.shuffle_vector(first, undefined, lanes), self.pairs)

    def multiply(self, pairs: Any, outputs: list[list[Any]]) -> None:
        """Write the sums over all pairs to an address for each row and panel."""
        b, zero = self.builder, ir.Constant(self.sum, None)
        columns = [(panel, part) for panel in range(len(self.weights)) for part in self.parts]
        sums = [[cgutils.alloca_once_value(b, zero) for _ in columns] for _ in self.rows]
        for row in sums:
            for each in row:
                b.store(zero, each)
        with cgutils.for_range(b, pairs, intp=LONG) as loop:
            weights = []
            for panel, part in columns:
                place = b.mul(loop.index, ir.Constant(LONG, 2 * PANEL))
                place = b.add(place, ir.Constant(LONG, 2 * part))
                address = b.bitcast(b.gep(self.weights[panel], [place]), self.packed.as_pointer())
                weights.append(b.sext(b.load(address, align=2 * self.processor.lanes), self.pairs))
            for row, of_row in zip(self.rows, sums, strict=True):
                values = self.everywhere(row, loop.index)
                for each, sum_ in zip(weights, of_row, strict=True):
                    b.store(b.add(b.load(sum_), self.product(each, values)), sum_)
        for of_row, found in zip(outputs, sums, strict=True):
            for (panel, part), sum_ in zip(columns, found, strict=True):
                address = b.gep(of_row[panel], [ir.Constant(LONG, part)])
                address = b.bitcast(address, self.sum.as_pointer())
                b.store(b.load(sum_), address, align=4 * self.processor.lanes)


def tile(rows: int, panels: int) -> Callable[..., Any]:
    """Return the function of a tile of this size.

    `tile(values, places, first, count, packed, panel, sums)` computes `sums[k]` for the panels from
    `panel` on and for the places `first` ≤ k < `count`, up to `rows` of them. The values of k are
    the row `values[places[k]]`.
    """

    @instruction
    def multiply(
        _: Any,
        values: Any,
        places: Any,
        first: Any,
        count: Any,
        packed: Any,
        panel: Any,
        sums: Any,
    ) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            b, kinds = builder, signature.args
            arrays = {
                n: context.make_array(kinds[n])(context, b, arguments[n]) for n in (0, 1, 4, 6)
            }
            values, places, packed, sums = (arrays[n] for n in (0, 1, 4, 6))
            _, _, first, count, _, panel, _ = arguments
            width, pairs, targets = (
                b.extract_value(array.shape, 1) for array in (values, packed, sums)
            )
            last = b.sub(count, ir.Constant(LONG, 1))
            inputs, outputs = [], []
            for row in range(rows):
                # Behind the last place, its sums are computed again.
                k = b.add(first, ir.Constant(LONG, row))
                k = b.select(b.icmp_signed("<", k, last), k, last)
                place = b.load(b.gep(places.data, [k]))
                address = b.gep(values.data, [b.mul(place, width)])
                inputs.append(b.bitcast(address, INT.as_pointer()))
                outputs.append(b.gep(sums.data, [b.mul(k, targets)]))
            length = b.mul(pairs, ir.Constant(LONG, 2 * PANEL))
            processor = processor_of(context.codegen())
            most = max(processor.panels, panels if rows == 1 else 1)
            for row in range(0, rows, processor.rows):
                for start in range(0, panels, most):
                    some = [
                        b.add(panel, ir.Constant(LONG, n))
                        for n in range(start, min(start + most, panels))
                    ]
                    weights = [b.gep(packed.data, [b.mul(n, length)]) for n in some]
                    some_rows = slice(row, row + processor.rows)
                    targets_of = [
                        [b.gep(out, [b.mul(n, ir.Constant(LONG, PANEL))]) for n in some]
                        for out in outputs[some_rows]
                    ]
                    Tile(b, processor, inputs[some_rows], weights).multiply(pairs, targets_of)
            return context.get_dummy_value()

        kinds = (values, places, types.intp, types.intp, packed, types.intp, sums)
        return types.void(*kinds), generate

    return multiply
