"""`convert_pair`: the two programs of an encoder and a decoder that were trained together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from conversion.of_network import COMPARED, convert
from conversion.sending import AUTO
from conversion.verification import verify
from hardware.errors import EngineError, InputError
from hardware.program.pair import ProgramPair
from hardware.runs.given import pair_of
from hardware.runs.run import record
from hardware.runs.verification import Verification
from spiking_gru.data import Part
from spiking_gru.data.pairs import halves_of
from spiking_gru.network import Network
from spiking_gru.seq2seq import Seq2Seq


def convert_pair(
    pair: Seq2Seq,
    provenance: Mapping[str, Any] | None = None,
    *,
    send: str = AUTO,
    samples: Part | None = None,
) -> ProgramPair:
    """Return the programs of an encoder and a decoder, each proven to fit the word.

    The range proof of the decoder covers every membrane that the encoder can hand over. `samples`
    is a part of the pairs' data set: it says what layers send, as in `convert`, and both programs
    are compared on it with the networks, the decoder from the states that the encoder hands over.
    """
    encoder, decoder = networks_of(pair)
    if samples is None:
        return ProgramPair(
            convert(encoder, provenance, send=send), convert(decoder, provenance, send=send)
        )
    sources, targets = halves_of(samples)
    made = ProgramPair(
        convert(encoder, provenance, send=send, samples=sources),
        convert(decoder, provenance, send=send, samples=targets),
    )
    _, found = verify_pair(
        made, pair, samples.take(np.arange(min(COMPARED, len(samples)))), engines=["events"]
    )
    if not found.equal:
        raise EngineError(
            f"the decoder differs from its network, so it is not handed out: first at "
            f"{found.comparisons[0].first}"
        )
    return made


def verify_pair(
    programs: ProgramPair,
    pair: Seq2Seq,
    samples: Part,
    engines: Sequence[str] = ("events", "lava"),
) -> tuple[Verification, Verification]:
    """Compare both programs with their networks on pairs, as `verify`.

    The decoder starts from the states that the encoder's program hands over.
    """
    encoder, decoder = networks_of(pair)
    sources, targets = halves_of(samples)
    programs = pair_of(programs)
    state = record(programs.encoder, sources).final_state
    return (
        verify(programs.encoder, encoder, sources, engines),
        verify(programs.decoder, decoder, targets, engines, initial_state=state),
    )


def networks_of(pair: Seq2Seq) -> tuple[Network, Network]:
    """Return the encoder and the decoder; an error where they are no spiking networks."""
    if isinstance(pair, Network):
        raise InputError("the pair is a Network, expected a Seq2Seq: use sg.convert(network)")
    if not isinstance(pair, Seq2Seq):
        raise InputError(f"the pair is a {type(pair).__name__}, expected an sg.Seq2Seq")
    encoder, decoder = pair.halves
    if not (isinstance(encoder, Network) and isinstance(decoder, Network)):
        raise InputError("a pair of baselines has no program: convert the spiking pair of the run")
    return encoder, decoder
