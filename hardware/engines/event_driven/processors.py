"""Kinds of processors, by the instructions that the kernels use."""

from __future__ import annotations

from typing import Any, NamedTuple


class Processor(NamedTuple):
    """How a kind of processor multiplies pairs, and reads tables."""

    marks: frozenset[str]
    """It has one of these: a feature, its name or its architecture."""

    lanes: int
    """Targets of one instruction."""

    product: str
    """LLVM's name of this instruction; the empty name stands for plain operations."""

    rows: int
    """The most rows of a tile whose sums fit the registers."""

    panels: int
    """The most panels of a tile of several rows whose sums fit the registers."""

    look_up: str = ""
    """LLVM's name of an instruction that takes 32 of 64 numbers of 16 bits; empty without one."""


PROCESSORS = (
    # LLVM joins the sum to the product where the processor has such an instruction.
    Processor(
        frozenset({"+avx512bw", "x86-64-v4"}),
        16,
        "llvm.x86.avx512.pmaddw.d.512",
        rows=8,
        panels=3,
        look_up="llvm.x86.avx512.vpermi2var.hi.512",
    ),
    Processor(frozenset({"+avx2", "x86-64-v3"}), 8, "llvm.x86.avx2.pmadd.wd", rows=4, panels=1),
    Processor(frozenset({"x86_64"}), 4, "llvm.x86.sse2.pmadd.wd", rows=2, panels=1),
    Processor(frozenset(), 16, "", rows=4, panels=1),
)
"""Kinds of processors, the best first; the last one is any processor."""


def processor_of(codegen: Any) -> Processor:
    """Return the kind of the processor that Numba compiles for."""
    triple, name, features = codegen.magic_tuple()
    has = {triple.partition("-")[0], name, *features.split(",")}
    return next(each for each in PROCESSORS if not each.marks or each.marks & has)
