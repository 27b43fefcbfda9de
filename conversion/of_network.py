"""`convert`: the program of a network that was trained here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from conversion.fold import fold, fold_readout
from conversion.given import NetworkLike, network_of
from conversion.passes import Conversion, build
from conversion.sending import AUTO, choose_sending
from conversion.verification import probes, require_equal
from hardware.errors import InputError
from hardware.program import Program
from hardware.runs.golden import golden_samples
from hardware.sequences.dense import Inputs, Sequences
from hardware.sequences.sparse import AnySequences, SparseSequences
from spiking_gru.network import Network

COUNTED, COMPARED, GOLDEN = 64, 8, 3
"""At most as many samples decide what is sent, are compared, and travel in the file."""


def convert(
    network: NetworkLike,
    provenance: Mapping[str, Any] | None = None,
    *,
    verify: bool = True,
    send: str = AUTO,
    samples: Inputs | SparseSequences | None = None,
) -> Program:
    """Return the program of a network, proven to fit the word.

    `samples` are a few sequences of the user's data. The first 3 become the program's golden
    samples. The program is compared with the quantised network on the first 8 at every step, or on
    random sequences where there are no samples. A difference is an EngineError. `verify=False`
    leaves the comparison out.

    `send` says whether layers of spikes send `values` or their `changes`; the numbers are the same.
    `auto` counts the synaptic operations of both on the first 64 samples and takes the smaller for
    each layer; without samples every layer sends as it was trained.
    """
    network = network_of(network)
    given = None if samples is None else sequences_of(samples, network, COUNTED)
    program = conversion_of(network, provenance, send=send, samples=given).program
    if verify:
        compared = probes(program) if given is None else first(given, COMPARED)
        require_equal(program, network, compared)
    return program if given is None else golden_samples(program, first(given, GOLDEN))


def conversion_of(
    network: NetworkLike,
    provenance: Mapping[str, Any] | None = None,
    *,
    send: str = AUTO,
    samples: Inputs | SparseSequences | None = None,
) -> Conversion:
    """Convert like `convert`, and return the result of each pass; compare and store no samples."""
    network = network_of(network)
    made = build(
        network.encoder.integers(),
        fold(network.gru),
        fold_readout(network.readout),
        network.target,
        provenance or {},
    )
    program = replace(
        made.program, preprocessing=network.preprocessing, vocabulary=network.vocabulary
    )
    counted = None if samples is None else sequences_of(samples, network, COUNTED)
    program, sending = choose_sending(program, send, counted)
    if sending:
        about = {**program.provenance, "sending": [choice.fields() for choice in sending]}
        program = replace(program, provenance=about)
    return replace(made, program=program, sending=sending)


def sequences_of(samples: Inputs | SparseSequences, network: Network, most: int) -> Sequences:
    """Return the first samples, at most `most`; an InputError where there are none."""
    given = first(samples, most) if isinstance(samples, SparseSequences) else samples
    sequences = Sequences.of(given, network.encoder.integers().channels)
    if not len(sequences):
        raise InputError("samples is empty: give at least one sequence, or None for no samples")
    return Sequences.of(first(sequences, most))


def first(sequences: AnySequences, most: int) -> AnySequences:
    return sequences.take(np.arange(min(most, len(sequences))))
