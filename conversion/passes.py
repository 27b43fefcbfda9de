"""Convert: a trained network becomes a program, pass after pass, each in a file of its own.

::

    fold → exponents → quantise → layout → assemble → ranges (the proof) → provenance → sending

The first pass needs torch and the last a trace of the program; `conversion.of_network` calls both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from conversion.assemble import assemble
from conversion.exponents import choose_exponents
from conversion.folded import FoldedLayer, FoldedReadout
from conversion.layout import lay_out
from conversion.quantise import IntegerLayer, quantise_layer
from conversion.ranges import prove
from conversion.sending import Sending
from hardware.definition.encoder import Encoder
from hardware.definition.readout import Target
from hardware.program.model import Program


@dataclass(frozen=True)
class Conversion:
    """A program, and the result of each pass."""

    folded: tuple[FoldedLayer, ...]
    integers: tuple[IntegerLayer, ...]
    readout: FoldedReadout
    program: Program
    sending: tuple[Sending, ...] = ()

    def __repr__(self) -> str:
        return f"Conversion({self.program!r})"


def build(
    encoder: Encoder,
    folded: Sequence[FoldedLayer],
    readout: FoldedReadout,
    target: Target,
    provenance: Mapping[str, Any],
) -> Conversion:
    """All passes after the first, for layers from anywhere."""
    integers = [quantise_layer(layer, choose_exponents(layer)) for layer in folded]
    layers = lay_out(folded, integers, encoder.exponent)
    program = assemble(encoder, layers, readout.integers(), target)
    prove(program)
    return Conversion(
        tuple(folded), tuple(integers), readout, replace(program, provenance=dict(provenance))
    )
