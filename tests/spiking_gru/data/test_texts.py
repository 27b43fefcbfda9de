"""Data sets of texts."""

import numpy as np
import pytest

import spiking_gru as sg
from hardware.definition.vocabulary import UNKNOWN, Vocabulary
from hardware.errors import InputError, SettingError

WORDS = ["ab", "ba", "abb", "bab", "aab", "bba", "abab", "baba", "aabb", "bbaa"]
PARTS = ["train"] * 7 + ["validation"] + ["test"] * 2


def texts_of(dataset: sg.Dataset, part: str) -> list[str]:
    assert dataset.vocabulary is not None
    return [
        dataset.vocabulary.decode(int(token) for token in sequence[:, 0])
        for sequence in getattr(dataset, part).sequences
    ]


def test_frames_are_the_tokens_of_the_texts():
    dataset = sg.Dataset.from_texts(WORDS, [w[0] for w in WORDS], parts=PARTS)
    assert texts_of(dataset, "training") == WORDS[:7]
    assert texts_of(dataset, "test") == WORDS[8:]
    assert dataset.classes == ("a", "b")
    assert dataset.training.labels.tolist() == [0, 1, 0, 1, 0, 1, 0]


def test_the_vocabulary_does_not_know_the_test_part():
    dataset = sg.Dataset.from_texts(
        [*WORDS[:9], "zz"], [w[0] for w in [*WORDS[:9], "a"]], parts=PARTS
    )
    assert dataset.vocabulary is not None
    assert dataset.vocabulary.pieces == ("b", "a")
    assert dataset.test.sequences.values[-2:, 0].tolist() == [UNKNOWN, UNKNOWN]


def test_the_next_token_of_whole_texts_goes_from_padding_to_the_end():
    dataset = sg.Dataset.from_texts(WORDS, parts=PARTS)
    assert dataset.task == "next-token"
    assert dataset.classes == ("<unknown>", "b", "a", "<end>")
    frames, targets = next(iter(dataset.training.sequences)), dataset.training.targets
    assert frames[:, 0].tolist() == [0, 3, 2]  # padding, a, b
    assert targets[:3].tolist() == [2, 1, 3]  # a, b, the end


def test_the_next_token_of_pieces_of_a_text_has_no_end():
    dataset = sg.Dataset.from_texts(WORDS, parts=PARTS, ends=False)
    assert dataset.classes == ("<unknown>", "b", "a")
    assert list(dataset.training.sequences)[2][:, 0].tolist() == [3, 2]  # a, b of abb
    assert dataset.training.targets[2:4].tolist() == [1, 1]


def test_tags_are_of_the_pieces():
    texts = [["the", "cat"], ["a", "dog", "ran"], ["the", "dog"], ["cat", "ran"], ["a", "cat"]]
    tags = [["D", "N"], ["D", "N", "V"], ["D", "N"], ["N", "V"], ["D", "N"]]
    parts = ["train", "train", "train", "validation", "test"]
    dataset = sg.Dataset.from_texts(texts, tags, kind="words", task="tag", parts=parts)
    assert dataset.task == "tag"
    assert dataset.classes == ("D", "N", "V")
    assert dataset.training.targets.tolist() == [0, 1, 0, 1, 2, 0, 1]
    assert dataset.training.sequences.lengths.tolist() == [2, 3, 2]


def test_groups_stay_in_one_part():
    dataset = sg.Dataset.from_texts(WORDS, groups=[i // 2 for i in range(10)])
    found = [
        set(np.asarray(getattr(dataset, p).groups)) for p in ("training", "validation", "test")
    ]
    assert sum(map(len, found)) == len(set.union(*found)) == 5


def test_a_vocabulary_that_is_given_is_taken():
    given = Vocabulary(("b", "a", "c"))
    assert sg.Dataset.from_texts(WORDS, vocabulary=given).vocabulary is given


def test_the_fingerprint_follows_the_texts_and_not_the_seed():
    one, same = (sg.Dataset.from_texts(WORDS, seed=seed) for seed in (0, 1))
    other = sg.Dataset.from_texts([*WORDS[:-1], "aaab"])
    assert one.fingerprint == same.fingerprint != other.fingerprint


@pytest.mark.parametrize(
    ("texts", "options", "reason"),
    [
        (["ab", "", *WORDS], {"parts": ["train"] * 11 + ["test"]}, "text 1 is '' and has no token"),
        (["ab", 3, *WORDS], {}, "text 1 is 3: expected a str"),
        ([*WORDS, "a"], {"ends": False, "test": 0.5}, "the text 'a' has one token"),
        (WORDS, {"task": "tag", "targets": ["x"] * 10}, "is one str, but each of its pieces"),
        ("abba", {}, "the texts are one str, 'abba': give a list of texts"),
        (["a\ud800", *WORDS], {}, r"'a\\ud800' holds half a surrogate pair, expected characters"),
    ],
)
def test_texts_that_say_nothing_are_refused(texts: list, options: dict, reason: str):
    with pytest.raises(InputError, match=reason):
        sg.Dataset.from_texts(texts, **options)


@pytest.mark.parametrize("targets", [None, [word[0] for word in WORDS]])
def test_an_empty_text_is_named_by_its_place_among_all_texts(targets: list | None):
    texts = [*WORDS[:5], "", *WORDS[6:]]
    parts = ["test", "train", "train", "test", "train", "train", "validation", *["train"] * 3]
    with pytest.raises(InputError, match="^text 5 is '' and has no token"):
        sg.Dataset.from_texts(texts, targets, parts=parts)


@pytest.mark.parametrize(
    ("task", "targets", "reason"),
    [
        ("classify", None, "the task is 'classify', but there are no targets: give targets, or"),
        ("tag", None, "the task is 'tag', but there are no targets"),
        ("nxt-token", None, "unknown task 'nxt-token': did you mean 'next-token'"),
        ("next-token", WORDS, "the task is 'next-token', whose targets are the tokens themselves"),
    ],
)
def test_a_task_that_does_not_go_with_the_targets_is_refused(
    task: str, targets: list | None, reason: str
):
    with pytest.raises(SettingError, match=reason):
        sg.Dataset.from_texts(WORDS, targets, task=task)
