"""Texts that programs write."""

from dataclasses import replace

import numpy as np
import pytest
from programs import random_program
from texts import text_program, words

import hardware
from hardware.definition.sampling import Sampler
from hardware.errors import InputError, SettingError
from hardware.runs.generation import generate, generated

CELLS = [
    {"emit": "graded"},
    {"emit": "binary", "formulation": "keep"},
    {"emit": "signed-on-change", "hidden": (4, 3)},
]


def one_by_one(program, prompt, steps, temperature, seed):
    """The definition: run the whole text again before each token."""
    vocabulary = program.vocabulary
    tokens = [0, *vocabulary.encode(prompt)]
    written = []
    for number in range(steps):
        scores = hardware.run(program, [np.array(tokens)[:, np.newaxis]], engine="numpy").scores[-1]
        chosen = Sampler(temperature, seed).choose(scores[1:], program.readout.unit, number) + 1
        if chosen == len(vocabulary):
            break
        tokens.append(chosen + 1)
        written.append(chosen + 1)
    return vocabulary.decode(written)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("temperature", [0, 3.0])
def test_each_token_is_drawn_from_the_scores_of_the_text_before_it(cell, temperature):
    program = text_program(words(), **cell)
    expected = one_by_one(program, "ab", 12, temperature, 5)
    for engine in ("numpy", "events"):
        found = generate(program, "ab", 12, temperature=temperature, seed=5, engine=engine)
        assert found == expected


@pytest.mark.parametrize(
    "mapping",
    [
        {"mapping": "structural"},
        pytest.param({"mapping": "fused"}, marks=pytest.mark.long),
    ],
)
def test_lava_writes_the_same_text(mapping):
    program = text_program(words(), emit="graded")
    expected = generate(program, "ab", 8, temperature=2.0, seed=1)
    assert generate(program, "ab", 8, temperature=2.0, seed=1, engine="lava", **mapping) == expected
    assert expected


def test_the_parts_come_one_by_one_and_joined_are_the_text():
    program = text_program(words("words"), ends=False)
    parts = generated(program, "a cab", 6, seed=2)
    first = next(parts)
    assert first.startswith(" ")
    assert first + "".join(parts) == generate(program, "a cab", 6, seed=2)


def test_a_text_ends_where_its_program_says():
    program = text_program(words())
    bias = program.readout.bias.copy()
    bias[-1] = 2**15
    always = replace(program, readouts=(replace(program.readout, bias=bias),))
    assert generate(always, "ab", 10, temperature=0.5) == ""


def test_the_unknown_token_is_never_written():
    program = text_program(words())
    bias = program.readout.bias.copy()
    bias[0] = 2**15
    unknown = replace(program, readouts=(replace(program.readout, bias=bias),))
    assert "\N{REPLACEMENT CHARACTER}" not in generate(unknown, "ab", 20, seed=3)


def test_equal_seeds_write_equal_texts_and_other_seeds_others():
    program = text_program(words(), ends=False)
    one, same, other = (generate(program, "a", 30, temperature=9, seed=s) for s in (1, 1, 2))
    assert one == same != other
    assert len(one) == 30


@pytest.mark.parametrize(
    ("program", "given", "reason"),
    [
        (random_program(1), {}, "has no vocabulary, so it writes no text"),
        (text_program(words(), readout="mean"), {}, "after each sequence, expected one for each"),
        (text_program(words(), ends=False), {}, "the prompt is empty"),
        (text_program(words()), {"prompt": "aß"}, "'ß' in the prompt is not among the"),
        (text_program(words()), {"steps": -1}, "steps is -1, expected 0 or more"),
        (text_program(words()), {"temperature": -1}, "the temperature is -1"),
    ],
)
def test_what_cannot_be_written_is_refused_at_once(program, given, reason):
    with pytest.raises((SettingError, InputError), match=reason):
        generated(program, **given)
