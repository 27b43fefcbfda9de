"""Vocabularies: texts to tokens and back."""

import unicodedata
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.definition.byte_pairs import chunks, learn_merges, merged, pairs_of, symbols_of
from hardware.definition.vocabulary import (
    UNKNOWN,
    VOCABULARIES,
    Vocabulary,
    printable,
    tokens_of,
)
from hardware.errors import InputError, SettingError

TEXTS = ("a cat and a hat", "the cat sat", "that's a hat, the cat's")
SMALL = st.text(st.sampled_from("ab cé'\n"), max_size=30)


def learnt(kind: str, texts=TEXTS, **options) -> Vocabulary:
    return Vocabulary.learn(texts, kind, **{"size": 40, **options})


@pytest.mark.parametrize("kind", ["characters", "subwords"])
@given(st.lists(SMALL, min_size=1, max_size=4).filter(any))
def test_characters_and_subwords_give_known_texts_back(kind: str, texts: list[str]):
    vocabulary = learnt(kind, texts, size=60)
    for text in texts:
        assert vocabulary.decode(vocabulary.encode(text)) == unicodedata.normalize("NFC", text)


def test_words_are_joined_by_one_space():
    words = learnt("words")
    assert words.cut("that's a  hat,") == ["that's", "a", "hat", ","]
    assert words.decode(words.encode("that's a  hat,")) == "that's a hat ,"


@pytest.mark.parametrize("kind", VOCABULARIES)
def test_every_token_stands_for_one_piece(kind: str):
    vocabulary = learnt(kind)
    assert len(vocabulary.names) == len(vocabulary) == len(set(vocabulary.names))
    for token, piece in enumerate(vocabulary.pieces, 2):
        assert vocabulary.text_of(token) == piece
        assert printable(piece) == vocabulary.names[token - 1]


def test_what_the_texts_do_not_have_is_unknown():
    vocabulary = learnt("characters")
    assert vocabulary.encode("aX") == [vocabulary.encode("a")[0], UNKNOWN]
    assert vocabulary.decode([UNKNOWN, 0, *vocabulary.encode("a")]) == "\N{REPLACEMENT CHARACTER}a"


def test_rare_pieces_have_no_token_and_frequent_ones_come_first():
    words = Vocabulary.learn(["b b c a a", "b d a"], "words", fewest=2)
    assert words.pieces == ("a", "b")
    assert Vocabulary.learn(["b b c"], "words", size=2).pieces == ("b",)


def test_lower_case_is_taken_where_it_is_asked():
    assert learnt("words", ["The cat", "the"], lower=True).pieces == ("the", "cat")
    assert learnt("words", ["The cat", "the"]).pieces == ("The", "cat", "the")


def test_both_forms_of_an_accent_are_one_character():
    vocabulary = Vocabulary.learn(["é"])
    assert vocabulary.encode("e\N{COMBINING ACUTE ACCENT}") == vocabulary.encode("é") == [2]


def merges_one_by_one(texts, most):
    """The definition: count all pairs again before each merge."""
    counted = Counter(chunk for text in texts for chunk in chunks(text))
    words, found = {chunk: list(chunk) for chunk in counted}, []
    while len(found) < most:
        pairs = Counter()
        for chunk, symbols in words.items():
            for pair in pairs_of(symbols):
                pairs[pair] += counted[chunk]
        best = min(pairs, key=lambda pair: (-pairs[pair], pair), default=None)
        if best is None or pairs[best] < 2:
            break
        found.append(best)
        words = {chunk: merged(symbols, best) for chunk, symbols in words.items()}
    return found


@given(st.lists(st.text(st.sampled_from("abc "), max_size=20), max_size=5), st.integers(0, 12))
def test_merges_are_those_of_counting_all_pairs_again(texts: list[str], most: int):
    assert learn_merges(texts, most) == merges_one_by_one(texts, most)


@given(st.text(st.sampled_from("ab \n\t"), max_size=30))
def test_chunks_joined_are_the_text(text: str):
    assert "".join(chunks(text)) == text


def test_symbols_are_merged_in_the_order_of_the_merges():
    ranks = {("b", "c"): 0, ("a", "b"): 1}
    assert symbols_of("abc", ranks) == ["a", "bc"]
    assert symbols_of("aaa", {("a", "a"): 0}) == ["aa", "a"]


def test_names_tell_pieces_that_look_alike_apart():
    assert printable(" a\n") == "␣a\\n"
    assert len({printable(p) for p in (" ", "␣", "\\", "\\n", "\n", "<unknown>", "\\x3c")}) == 7


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"kind": "bytes"}, "unknown vocabulary 'bytes'"),
        ({"kind": "subwords"}, "need a size"),
        ({"size": 1}, "the size is 1, expected 2 to"),
        ({"fewest": 99}, "no piece occurs 99 times"),
    ],
)
def test_what_cannot_be_learnt_is_refused(given: dict, reason: str):
    with pytest.raises((SettingError, InputError), match=reason):
        Vocabulary.learn(TEXTS, **given)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"pieces": ()}, "at least one piece"),
        ({"pieces": ("a", "")}, "none that is empty"),
        ({"pieces": ("a", "b", "a")}, "'a' is there twice"),
        ({"pieces": ("a",), "merges": (("a", "b"),)}, "only subwords have them"),
    ],
)
def test_a_vocabulary_that_is_none_is_refused(given: dict, reason: str):
    with pytest.raises(SettingError, match=reason):
        Vocabulary(**given)


def test_a_text_without_a_token_and_a_token_of_another_vocabulary_are_refused():
    vocabulary = learnt("words")
    with pytest.raises(InputError, match="text 1 is ' ' and has no token: give at least one word"):
        tokens_of(["a", " "], vocabulary)
    with pytest.raises(InputError, match="a text is 3: expected a str"):
        vocabulary.encode(3)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="the token is 99"):
        vocabulary.decode([99])
