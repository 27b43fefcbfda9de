"""Data sets of pairs: a source to read, and the text to write."""

import numpy as np
import pytest

import spiking_gru as sg
from hardware.errors import InputError
from spiking_gru.data.pairs import READING, source_of, target_of

SOURCES = ["one", "two", "three", "four", "five", "six", "seven", "eight"]
TARGETS = ["1", "2", "3", "4", "5", "6", "7", "12"]
PARTS = ["train"] * 5 + ["validation"] + ["test"] * 2


def pairs_of(part):
    ends = np.cumsum(part.sequences.lengths)
    return [
        (pair, part.targets[end - len(pair) : end])
        for pair, end in zip(part.sequences, ends, strict=True)
    ]


def test_a_pair_is_the_source_then_the_target():
    dataset = sg.Dataset.from_pairs(SOURCES, TARGETS, parts=["train"] * 6 + ["validation", "test"])
    assert dataset.reads is not None
    source, words = dataset.reads.vocabulary, dataset.vocabulary
    assert source is not None
    assert words is not None
    pair, targets = pairs_of(dataset.training)[2]
    assert source.decode(int(t) for t in source_of(pair)[:, 0]) == "three"
    assert words.decode(target_of(pair, targets)) == "3"
    token = words.encode("3")[0]
    assert pair[:, -1].tolist() == [READING] * 5 + [0, token]
    assert targets.tolist() == [-1] * 5 + [token - 1, len(words)]
    assert dataset.classes[-1] == "<end>"
    assert (pair[5:, 0] == 0).all()


def test_sources_may_be_frames():
    frames = [np.full((n, 2), n, dtype=np.float32) for n in range(1, 9)]
    dataset = sg.Dataset.from_pairs(frames, TARGETS, parts=PARTS)
    assert dataset.reads == type(dataset.reads)(2)
    assert dataset.encoder == "graded"
    pair, _ = pairs_of(dataset.training)[3]
    assert (source_of(pair) == frames[3]).all()


def test_the_vocabularies_do_not_know_the_test_part():
    dataset = sg.Dataset.from_pairs(SOURCES, TARGETS, parts=PARTS)
    assert dataset.vocabulary is not None
    assert set(dataset.vocabulary.pieces) == set("123456")
    pair, targets = pairs_of(dataset.test)[0]
    assert target_of(pair, targets) == [1]  # 7 is unknown


def test_each_side_may_have_a_vocabulary_of_its_own():
    dataset = sg.Dataset.from_pairs(
        ["a b", "b c", "c a", "a a", "b b", "c c"],
        ["xy", "yz", "zx", "xx", "yy", "zz"],
        kind="words",
        target_kind="characters",
    )
    assert dataset.reads is not None
    assert dataset.reads.vocabulary is not None
    assert dataset.reads.vocabulary.kind == "words"
    assert dataset.vocabulary is not None
    assert dataset.vocabulary.kind == "characters"


def test_the_fingerprint_follows_both_sides():
    one = sg.Dataset.from_pairs(SOURCES, TARGETS, parts=PARTS).fingerprint
    assert one == sg.Dataset.from_pairs(SOURCES, TARGETS, parts=PARTS, seed=3).fingerprint
    assert one != sg.Dataset.from_pairs(SOURCES, [*TARGETS[:-1], "8"], parts=PARTS).fingerprint
    assert one != sg.Dataset.from_pairs([*SOURCES[:-1], "nine"], TARGETS, parts=PARTS).fingerprint


@pytest.mark.parametrize(
    ("sources", "targets", "reason"),
    [
        (SOURCES, TARGETS[:-1], "8 sources for 7 targets: expected one for each"),
        ([*SOURCES[:-1], ""], TARGETS, "^source 7 is '' and has no token"),
        (SOURCES, [*TARGETS[:-1], ""], "^target 7 is '' and has no token"),
        (SOURCES, [*TARGETS[:-1], 3], "^target 7 is 3: expected a str"),
        ([*SOURCES[:-1], 3], TARGETS, "^source 7 is 3: expected a str"),
        ("abcdefgh", TARGETS, "the sources are one str, 'abcdefgh': give a list of texts"),
        (SOURCES, "12345678", "the targets are one str, '12345678': give a list of texts"),
    ],
)
def test_pairs_that_say_nothing_are_refused(sources, targets, reason):
    with pytest.raises(InputError, match=reason):
        sg.Dataset.from_pairs(sources, targets, parts=PARTS)
