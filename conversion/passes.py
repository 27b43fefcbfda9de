"""Convert: a trained network becomes a program, pass after pass, each in a file of its own.

::

    fold → exponents → quantise → layout → attach → ranges (the proof) → provenance
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from conversion.assemble import FoldedReadout, attach, fold_readout
from conversion.exponents import choose_exponents
from conversion.fold import FoldedLayer, fold
from conversion.layout import lay_out
from conversion.quantise import IntegerLayer, quantise_layer
from conversion.ranges import prove
from hardware.definition.encoder import Encoder
from hardware.program.model import Program
from spiking_gru.network import Network


@dataclass(frozen=True)
class Conversion:
    """A program, and what each pass made on the way to it."""

    folded: tuple[FoldedLayer, ...]
    integers: tuple[IntegerLayer, ...]
    readout: FoldedReadout
    program: Program


def convert(network: Network, provenance: Mapping[str, Any] | None = None) -> Program:
    """The program that computes what `network.quantise()` computes, proven to fit the word."""
    return conversion_of(network, provenance).program


def conversion_of(network: Network, provenance: Mapping[str, Any] | None = None) -> Conversion:
    """As `convert`, with what each pass made."""
    return build(
        network.encoder.integers(),
        fold(network.gru),
        fold_readout(network.readout),
        network.classes,
        provenance or {},
    )


def build(
    encoder: Encoder,
    folded: Sequence[FoldedLayer],
    readout: FoldedReadout,
    classes: Sequence[str],
    provenance: Mapping[str, Any],
) -> Conversion:
    """All passes after the first, for layers from anywhere."""
    integers = [quantise_layer(layer, choose_exponents(layer)) for layer in folded]
    layers = lay_out(folded, integers, encoder.exponent)
    program = attach(encoder, layers, readout.integers(), classes)
    prove(program)
    return Conversion(
        tuple(folded), tuple(integers), readout, replace(program, provenance=dict(provenance))
    )
