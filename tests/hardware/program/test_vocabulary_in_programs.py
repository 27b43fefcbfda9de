"""Programs that take texts."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from programs import random_program

import hardware
from hardware.definition.vocabulary import Vocabulary
from hardware.errors import InputError, ProgramError
from hardware.program.model import Program

WORDS = Vocabulary.learn(["abc abd", "bad cab"], "subwords", size=9)


def program_of(vocabulary: Vocabulary | None = WORDS) -> Program:
    made = random_program(1, channels=1, encoder="tokens", readout="step")
    encoder, layer = made.encoder, made.layers[0]
    weights = np.random.default_rng(0).integers(-9, 10, (layer.input_weights.shape[0], len(WORDS)))
    return replace(
        made,
        encoder=replace(encoder, fields=len(WORDS)),
        layers=(replace(layer, input_weights=weights.astype(np.int8)), *made.layers[1:]),
        vocabulary=vocabulary,
    )


def test_a_vocabulary_is_saved_and_loaded_with_the_program(tmp_path: Path):
    program = program_of()
    program.save(tmp_path / "words.sgru")
    loaded = Program.load(tmp_path / "words.sgru")
    assert loaded.vocabulary == WORDS
    assert loaded.digest == program.digest


def test_texts_run_as_their_tokens():
    program, texts = program_of(), ["abc", "a bad cab"]
    frames = [np.array(WORDS.encode(text))[:, np.newaxis] for text in texts]
    expected = hardware.run(program, frames)
    assert hardware.compare(hardware.run(program, texts), expected).equal
    for found, scores in zip(
        hardware.stream(program, texts), hardware.stream(program, frames), strict=True
    ):
        assert (found == scores).all()


def test_a_session_takes_one_piece_at_a_time():
    program = program_of()
    with hardware.Session(program) as session:
        found = [session.step(piece) for piece in WORDS.cut("abc")]
    assert (np.stack(found) == hardware.run(program, ["abc"]).scores).all()


def test_a_piece_of_several_tokens_is_no_step():
    refused = pytest.raises(InputError, match=r"'a d' is \d tokens: expected one: step\(\) each")
    with hardware.Session(program_of()) as session, refused:
        session.step("a d")


def test_texts_need_a_vocabulary_and_a_token():
    with pytest.raises(InputError, match="the program has no vocabulary: give frames"):
        hardware.run(program_of(None), ["abc"])
    with pytest.raises(InputError, match="text 1 is '' and has no token"):
        hardware.run(program_of(), ["abc", ""])


def test_a_vocabulary_that_does_not_fit_the_encoder_is_refused(tmp_path: Path):
    wrong = program_of(Vocabulary(("a", "b", "c")))
    with pytest.raises(ProgramError, match="the vocabulary has 4 tokens, but the encoder 'tokens'"):
        wrong.save(tmp_path / "wrong.sgru")


@pytest.mark.parametrize("vocabulary", [WORDS, None])
def test_one_text_in_place_of_a_list_is_refused(vocabulary: Vocabulary | None):
    """Its characters would be taken as texts."""
    program = program_of(vocabulary)
    for call in (hardware.run, lambda *given: list(hardware.stream(*given))):
        with pytest.raises(InputError, match="the texts are one str, 'abc abd': give a list of"):
            call(program, "abc abd")
