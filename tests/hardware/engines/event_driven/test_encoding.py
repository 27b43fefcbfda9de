"""The encoder's kernels against the definition, through everything that scores raw frames."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from programs import random_program, random_sequences, taken_by

from hardware import Session, SparseSequences, run, stream
from hardware.definition.encoder import ENCODERS
from hardware.engines.event_driven.encoding import KINDS
from hardware.sequences.dense import Sequences

pytestmark = pytest.mark.filterwarnings("ignore::hardware.errors.ClampedInputsWarning")


def test_every_encoder_has_a_kernel() -> None:
    assert {row.encode for row in ENCODERS.values()} == set(KINDS)


@pytest.mark.parametrize("zero_is_silent", [False, True])
@pytest.mark.parametrize("kind", ENCODERS)
def test_streams_and_sessions_give_the_bits_of_the_definition(
    kind: str, zero_is_silent: bool
) -> None:
    program = random_program(9, channels=70, hidden=(5,), encoder=kind, readout="step")
    if zero_is_silent:
        encoder = replace(program.encoder, offset=np.zeros(70))
        program = replace(program, encoder=encoder)
    sequences = random_sequences(9, 70, [9, 1, 30], activity=0.3)
    sequences = Sequences(2 * sequences.values, sequences.lengths)
    sequences = taken_by(program.encoder, sequences)
    expected = np.split(
        run(program, sequences, engine="numpy").scores,
        np.cumsum(sequences.lengths)[:-1] * program.encoder.steps,
    )
    for given in (sequences, SparseSequences.of(sequences)):
        found = list(stream(program, given, threads=1))
        assert all(map(np.array_equal, found, expected))
    with Session(program) as session:
        for frames, scores in zip(sequences, expected, strict=True):
            session.reset()
            of_frames = [session.step(frame) for frame in frames]
            assert np.array_equal(
                of_frames, scores[program.encoder.steps - 1 :: program.encoder.steps]
            )
