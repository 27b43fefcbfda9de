"""Pairs of programs that translate, greedily and with a beam."""

from itertools import product

import numpy as np
import pytest
from pairs import of_texts, random_pair

import hardware
from hardware.cost.halves import estimate_halves
from hardware.definition.sampling import costs
from hardware.errors import SettingError
from hardware.runs.decoding import translate

RNG = np.random.default_rng(3)
SOURCES = [RNG.normal(size=(n, 3)) for n in (5, 2, 7)]
CELLS = [{"emit": "graded"}, {"emit": "binary", "hidden": (4, 3)}, {"emit": "state"}]


def cost_of(pair, state, tokens, ends):
    """The definition: the decoder runs the whole text from the encoder's final state."""
    trace = hardware.run(
        pair.decoder, [np.array([[0], *([t] for t in tokens)])], "numpy", initial_state=state
    )
    words = len(pair.decoder.vocabulary)
    classes = [*(t - 1 for t in tokens), words]
    total = 0
    for scores, chosen in zip(trace.scores, classes[: len(tokens) + ends], strict=False):
        total += int(costs(scores[1:], pair.decoder.readout.unit)[chosen - 1])
    return total


def state_of(pair, source):
    return hardware.run(pair.encoder, [source], engine="numpy").final_state


@pytest.mark.parametrize("cell", CELLS)
def test_greedily_every_token_is_the_likeliest(cell):
    pair = random_pair(**cell)
    found = translate(pair, SOURCES, most=6)
    for number, source in enumerate(SOURCES):
        tokens: list[int] = []
        state = state_of(pair, source)
        for _ in range(6):
            frames = [np.array([[0], *([t] for t in tokens)])]
            scores = hardware.run(pair.decoder, frames, "numpy", initial_state=state).scores[-1]
            chosen = int(scores[1:].argmax()) + 1
            if chosen == len(pair.decoder.vocabulary):
                break
            tokens.append(chosen + 1)
        assert found.texts[number] == pair.decoder.vocabulary.decode(tokens)
        assert found.ended[number] == (len(tokens) < 6)


def test_a_wide_beam_finds_the_cheapest_text_of_all():
    pair = random_pair(seed=4, emit="graded")
    words = pair.decoder.vocabulary
    source, most = SOURCES[0], 2
    state = state_of(pair, source)
    every = [
        (cost_of(pair, state, tokens, True), words.decode(tokens))
        for length in range(most)
        for tokens in product(range(2, len(words) + 1), repeat=length)
    ]
    best = min(every)[0]
    found = translate(pair, [source], beam=len(words) ** most, most=most)
    assert found.ended == (True,)
    assert found.bits[0] * 256 == best
    assert (best, found.texts[0]) in every


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("beam", [1, 3])
def test_the_engines_write_the_same_texts(cell, beam):
    pair = random_pair(**cell)
    one, other = (
        translate(pair, SOURCES, beam=beam, most=5, engine=e) for e in ("numpy", "events")
    )
    assert one.texts == other.texts
    assert one.bits == other.bits
    assert hardware.compare(one.decoder_trace, other.decoder_trace).equal


@pytest.mark.parametrize(
    "options",
    [{"mapping": "structural"}, pytest.param({"mapping": "fused"}, marks=pytest.mark.long)],
)
@pytest.mark.parametrize("beam", [1, pytest.param(2, marks=pytest.mark.long)])
def test_lava_writes_the_same_texts(options, beam):
    pair = random_pair(emit="graded")
    expected = translate(pair, SOURCES[:2], beam=beam, most=3)
    found = translate(pair, SOURCES[:2], beam=beam, most=3, engine="lava", **options)
    assert found.texts == expected.texts
    assert found.bits == expected.bits


def test_texts_are_read_as_well():
    pair = of_texts(emit="graded")
    found = translate(pair, ["abc", "bad dab"], most=4)
    assert len(found.texts) == 2
    assert found.encoder_trace.lengths.tolist() == [3, 7]


def test_a_beam_never_writes_a_less_likely_text_when_it_holds_all():
    pair = random_pair(seed=8, emit="graded")
    greedy, beam = (translate(pair, SOURCES[:2], beam=b, most=2) for b in (1, 60))
    for one, other, ended in zip(greedy.bits, beam.bits, greedy.ended, strict=True):
        assert not ended or other <= one


def test_the_cost_is_that_of_both_halves_of_the_same_tokens():
    pair = random_pair(emit="graded")
    found = translate(pair, SOURCES, most=5)
    encoder, decoder = estimate_halves(found)
    assert encoder.core_dynamic_j.shape == decoder.core_dynamic_j.shape == (3, len(SOURCES))
    assert found.decoder_steps == tuple(found.decoder_trace.lengths.tolist())


@pytest.mark.parametrize("wrong", [{"beam": 0}, {"most": 0}])
def test_a_search_without_room_is_refused(wrong):
    with pytest.raises(SettingError, match="expected 1 or more"):
        translate(random_pair(), SOURCES, **wrong)
