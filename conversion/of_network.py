"""`convert`: the program of a network that was trained here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conversion.fold import fold, fold_readout
from conversion.passes import Conversion, build
from conversion.verification import probes, require_equal
from hardware.program import Program
from spiking_gru.network import Network


def convert(
    network: Network, provenance: Mapping[str, Any] | None = None, *, verify: bool = True
) -> Program:
    """Return the program of a network, proven to fit the word.

    The program is compared with the quantised network on a few random sequences, at every step; an
    EngineError where they differ. `verify=False` leaves the comparison out.
    """
    program = conversion_of(network, provenance).program
    if verify:
        require_equal(program, network, probes(program))
    return program


def conversion_of(network: Network, provenance: Mapping[str, Any] | None = None) -> Conversion:
    """As `convert`, with what each pass made."""
    return build(
        network.encoder.integers(),
        fold(network.gru),
        fold_readout(network.readout),
        network.target,
        provenance or {},
    )
