"""Tokens and counts on Lava: the bits of the definition in every mapping."""

from __future__ import annotations

import numpy as np
import pytest
from programs import random_program, random_sequences, taken_by

from hardware import Session, compare, run
from hardware.errors import InputError
from hardware.lava.session import LavaSession
from hardware.sequences.dense import Sequences


@pytest.mark.parametrize("kind", ["tokens", "events"])
@pytest.mark.parametrize(("mapping", "batch"), [("structural", 1), ("fused", 1), ("fused", 3)])
def test_lava_equals_the_definition_in_every_mapping(kind: str, mapping: str, batch: int) -> None:
    program = random_program(5, channels=2, hidden=(4, 3), encoder=kind, formulation="keep")
    sequences = random_sequences(5, 2, [4, 1, 7, 2])
    sequences = taken_by(program.encoder, Sequences(2 * sequences.values, sequences.lengths))
    expected = run(program, sequences, engine="numpy")
    found = run(program, sequences, engine="lava", mapping=mapping, batch=batch)
    assert np.asarray(expected.events).any()
    assert compare(expected, found).first is None


def test_a_session_on_lava_steps_token_by_token() -> None:
    program = random_program(5, channels=1, hidden=(4,), encoder="tokens", readout="step")
    frames = np.array([[1], [0], [2], [1]], dtype=np.float32)
    with Session(program, "lava") as session:
        scores = [session.step(frame) for frame in frames]
    assert np.array_equal(scores, run(program, [frames], engine="numpy").scores)


@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_session_shares_tokens_as_their_numbers_and_takes_an_array_of_events(
    bidirectional: bool,
) -> None:
    program = random_program(
        5, channels=2, hidden=(4,), encoder="tokens", bidirectional=bidirectional
    )
    sequences = taken_by(program.encoder, random_sequences(5, 2, [4, 1]))
    expected = run(program, sequences, engine="numpy")
    with LavaSession(program, "fused") as session:
        for events in (expected.events, np.asarray(expected.events)):
            found = session.run(events, expected.lengths)
            assert np.array_equal(found["scores"], expected.scores)
            assert session.arrays is not None
            assert session.arrays.arrays["frames"].shape == (5, 2)
        two = np.asarray(expected.events).copy()
        two[3] = 1
        with pytest.raises(InputError, match="^events are no tokens: expected a 1 of at most one"):
            session.run(two, expected.lengths)
