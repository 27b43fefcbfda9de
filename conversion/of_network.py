"""`convert`: the program of a network that was trained here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conversion.fold import fold, fold_readout
from conversion.passes import Conversion, build
from hardware.program import Program
from spiking_gru.network import Network


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
