"""Networks as they are given to public functions: an object, its folder, or a mistake."""

from __future__ import annotations

from pathlib import Path

from torch import nn

from hardware.errors import InputError
from hardware.program.model import Program
from hardware.runs.given import ProgramLike, program_of
from spiking_gru.layer import SpikingGRU
from spiking_gru.model import SequenceModel
from spiking_gru.network import Network
from spiking_gru.saved import load_network
from spiking_gru.seq2seq import Seq2Seq

NetworkLike = Network | str | Path
"""A network, or the folder of its training."""

REMEDIES: tuple[tuple[type, str], ...] = (
    (Seq2Seq, "use sg.convert_pair(seq2seq) and sg.verify_pair"),
    (SequenceModel, "a baseline has no program: convert the spiking network of the run"),
    (SpikingGRU, "put it between an encoder and a readout: sg.Network(encoder, gru, readout)"),
    (nn.GRU, "use sg.deploy(sg.from_torch_gru(gru, head), sequences), or `spiking-gru import`"),
    (nn.Module, "build an sg.Network(encoder, gru, readout)"),
    (Program, "it is converted already: use sg.run(program, sequences)"),
)
"""Types that are given by mistake, each with the remedy; the first that fits is told."""


def network_of(given: object) -> Network:
    """Return a network, loaded from the folder of its training where a path is given."""
    if isinstance(given, Network):
        return given
    if isinstance(given, (str, Path)):
        return load_network(given)[0]
    fits = (remedy for kind, remedy in REMEDIES if isinstance(given, kind))
    remedy = next(fits, "build one, or load one with sg.load_network(folder)")
    raise InputError(f"the network is a {type(given).__name__}, expected an sg.Network: {remedy}")


def program_and_network(program: ProgramLike, network: NetworkLike) -> tuple[Program, Network]:
    """Return the program and the network of a call `verify(program, network, inputs)`."""
    if isinstance(program, nn.Module) and isinstance(network, Program):
        raise InputError(
            "the program and the network are in each other's place: call "
            "verify(program, network, inputs)"
        )
    return program_of(program), network_of(network)
