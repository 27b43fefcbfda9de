"""Programs of tokens: the same bits everywhere, and costs of one message for each token."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import every_cell, every_program, random_program, random_sequences, taken_by

from hardware import Program, Session, SparseSequences, compare, count, run, stream
from hardware.definition.encoder import Encoder
from hardware.definition.limits import MOST_TOKENS
from hardware.engines.event_driven.layout import Layout
from hardware.engines.event_driven.machine import Machine
from hardware.errors import InputError
from hardware.sequences.dense import Sequences


def of_tokens(program: dict, cell: dict, lengths: list[int]) -> tuple[Program, Sequences]:
    """A program of any kind that takes tokens, and sequences of them."""
    made = random_program(**{**program, "encoder": "tokens"}, **cell)
    sequences = random_sequences(program["seed"], made.encoder.channels, lengths)
    return made, taken_by(made.encoder, sequences)


def spread_over(program: Program, tokens: int) -> Program:
    """The program with more tokens of its one channel; new ones have random weights."""
    layer, rng = program.layers[0], np.random.default_rng(0)
    weights = rng.integers(-127, 128, (len(layer.input_weights), tokens)).astype(np.int8)
    encoder = Encoder(np.zeros(1), np.ones(1), 0, 1, "tokens", fields=tokens)
    layers = (replace(layer, input_weights=weights), *program.layers[1:])
    return replace(program, encoder=encoder, layers=layers)


@settings(max_examples=30, deadline=None)
@given(
    program=every_program,
    cell=every_cell,
    lengths=st.lists(st.integers(1, 6), min_size=1, max_size=3),
)
def test_every_kind_of_program_of_tokens_gives_the_bits_of_the_definition(
    program: dict, cell: dict, lengths: list[int]
) -> None:
    made, sequences = of_tokens(program, cell, lengths)
    expected = run(made, sequences, engine="numpy", strict=False)
    assert compare(expected, run(made, sequences, strict=False)).first is None
    steps = np.cumsum(expected.lengths)[:-1]
    scores = expected.scores
    if made.readout.answers_every_step:
        scores = np.split(scores, steps)
    for given_inputs in (sequences, SparseSequences.of(sequences)):
        found = stream(made, given_inputs, strict=False, threads=1)
        assert all(map(np.array_equal, found, scores))
    if made.bidirectional:
        return
    with Session(made, strict=False) as session:
        for sequence, wanted in zip(sequences, scores, strict=True):
            session.reset()
            *_, last = [session.step(frame) for frame in sequence]
            assert np.array_equal(last, np.atleast_2d(wanted)[-1])


def test_a_token_is_a_message_and_meets_the_weights_of_its_column() -> None:
    program = random_program(7, channels=2, hidden=(4,), encoder="tokens")
    program.layers[0].recurrent_weights[:] = 0
    program.layers[0].input_weights[::2, 1] = 0
    frames = np.array([[1, 0], [2, 2], [0, 0]], dtype=np.float32)
    synapses = np.count_nonzero(program.layers[0].input_weights, axis=0)
    counts = count(run(program, [frames]), program)
    assert counts.input_events.tolist() == [3]
    second = program.encoder.fields + 1
    assert counts.layers[0].synaptic_operations.tolist() == [synapses[[0, 1, second]].sum()]


def test_the_largest_vocabulary_streams_in_the_memory_of_its_messages() -> None:
    program = spread_over(random_program(3, channels=1, hidden=(2,), encoder="tokens"), MOST_TOKENS)
    machine = Machine(Layout(program))
    tokens = np.random.default_rng(1).integers(0, MOST_TOKENS + 1, (40, 1))
    tokens[:2, 0] = 1, MOST_TOKENS
    sequences = Sequences.of([tokens.astype(np.float32)])
    scores = machine.score_sequences(sequences)
    assert machine.rooms.encoded is not None
    assert len(machine.rooms.encoded.events.sources) == 40
    assert np.array_equal(scores, run(program, sequences, engine="numpy").scores)


def test_an_encoder_of_one_source_a_channel_takes_as_much_room_as_before() -> None:
    machine = Machine(Layout(random_program(0, channels=5)), "never")
    messages = machine.rooms.for_encoder(7)
    assert len(messages.events.sources) == 35


@pytest.mark.parametrize("wrong", [-1, 2.5, 5])
def test_a_value_that_is_no_token_is_refused_everywhere(wrong: float) -> None:
    program = spread_over(random_program(3, channels=1, hidden=(2,), encoder="tokens"), 4)
    sequences = [np.array([[1]]), np.array([[4], [wrong]], dtype=np.float32)]
    place = "in sequence 1, step 1, channel 0: expected a token, a whole number of 1 to 4"
    for engine in ("numpy", "events", "lava"):
        with pytest.raises(InputError, match=f"^{wrong} {place}"):
            run(program, sequences, engine=engine)
    found = stream(program, sequences, threads=1)
    next(found)
    with pytest.raises(InputError, match=f"sequence 1 of the stream: {wrong} in sequence 0, step"):
        next(found)
    with Session(program) as session:
        session.step([4])
        with pytest.raises(InputError, match=f"^{wrong} in frame 1, channel 0: expected a token"):
            session.step([wrong])
        with pytest.raises(InputError, match=f"^{wrong} {place}"):
            session.run(sequences)
        session.step([1])
        assert session.frames == 2
