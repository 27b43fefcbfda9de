"""Several targets at once: read one by one, kept side by side, split and checked together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import spiking_gru as sg
from hardware.errors import InputError, SettingError
from spiking_gru.data.heads import ALONE

RNG = np.random.default_rng(0)
XS = [RNG.normal(size=(n, 2)) for n in RNG.integers(3, 7, 40)]
DIGITS = [str(i % 4) for i in range(40)]
MARKS = [["low"] * (i % 2) + ["long"] * (i % 3 == 0) for i in range(40)]
SECONDS = [len(x) / 8 for x in XS]
HEADS: dict[str, Any] = {"digit": DIGITS, "marks": MARKS, "seconds": SECONDS}


def test_each_head_has_the_targets_that_a_data_set_of_it_alone_would_have() -> None:
    data = sg.Dataset.from_lists(XS, HEADS, split="time")
    for name, targets in HEADS.items():
        alone = sg.Dataset.from_lists(XS, targets, split="time")
        found = data.head(name)
        assert (found.task, found.classes) == (alone.task, alone.classes)
        for part in ("training", "validation", "test"):
            of_head, expected = getattr(found, part).targets, getattr(alone, part).targets
            assert of_head.dtype == expected.dtype
            assert np.array_equal(of_head, expected)


def test_a_data_set_says_what_its_heads_are() -> None:
    data = sg.Dataset.from_lists(XS, HEADS)
    assert data.task == "heads-with-values"
    assert data.outputs == 4 + 2 + 1
    assert data.described == (
        "digit (4 classes), marks (any of 2 classes), seconds (1 value) of each sequence"
    )
    assert list(data.by_head) == list(HEADS)


def test_a_data_set_of_one_target_is_its_only_head() -> None:
    data = sg.Dataset.from_lists(XS, DIGITS)
    assert data.by_head == {ALONE: data}


@pytest.mark.parametrize(
    ("given", "task"),
    [
        ({"a": DIGITS, "b": DIGITS[::-1]}, "heads"),
        ({"a": DIGITS, "b": SECONDS}, "heads-with-values"),
        (
            {
                "a": [DIGITS[: len(x)] for x in XS],
                "b": [[1.5 * i for i in range(len(x))] for x in XS],
            },
            "heads-with-values-steps",
        ),
        ({"a": [DIGITS[: len(x)] for x in XS], "b": [["x", "y"] * 4] * 0}, None),
    ],
)
def test_the_task_follows_from_those_of_the_heads(given: dict[str, Any], task: str | None) -> None:
    if task is None:
        with pytest.raises(InputError, match="head 'b': 0 targets for 40 sequences"):
            sg.Dataset.from_lists(XS, given)
        return
    assert sg.Dataset.from_lists(XS, given).task == task


def test_missing_targets_of_a_head_stay_missing() -> None:
    speakers = [None if i % 5 == 0 else "ab"[i % 2] for i in range(40)]
    seconds = [np.nan if i % 7 == 0 else s for i, s in enumerate(SECONDS)]
    data = sg.Dataset.from_lists(XS, {"digit": DIGITS, "who": speakers, "s": seconds})
    parts = (data.training, data.validation, data.test)
    whole = np.concatenate([part.targets for part in parts])
    assert (whole[:, 1] == -1).sum() == 8
    assert np.isnan(whole[:, 2]).sum() == 6
    of_heads = [data.head("who").training.labels, data.head("who").test.labels]
    assert set(np.concatenate(of_heads).tolist()) == {-1, 0, 1}


def test_the_test_part_has_a_share_of_each_class_of_the_first_head_with_classes() -> None:
    rare = ["rare" if i % 8 == 3 else "usual" for i in range(40)]
    for first in ({"seconds": SECONDS, "kind": rare}, {"kind": rare, "digit": DIGITS}):
        data = sg.Dataset.from_lists(XS, first, test=0.2, parts=None, validation=0.2)
        held = data.head("kind").test.labels
        assert np.bincount(held).tolist() == [1, 7]


def test_tasks_and_classes_are_by_the_name_of_the_head() -> None:
    counts = list(range(40))
    data = sg.Dataset.from_lists(
        XS,
        {"n": counts, "digit": DIGITS},
        task={"n": "regress"},
        classes={"digit": ["3", "2", "1", "0"]},
    )
    assert data.head("n").task == "regress"
    assert data.head("digit").classes == ("3", "2", "1", "0")


def test_the_fingerprint_tells_names_of_heads_and_classes() -> None:
    def made(*names: str, classes: str = "0123") -> str:
        renamed = [classes[int(d)] for d in DIGITS]
        given = dict(zip(names, (renamed, SECONDS), strict=True))
        return sg.Dataset.from_lists(XS, given).fingerprint

    found = {made("a", "b"), made("a", "c"), made("a", "b", classes="4567")}
    assert len(found) == 3
    assert made("a", "b") in found


@pytest.mark.parametrize(
    ("given", "options", "message"),
    [
        ({"digit": DIGITS}, {}, "targets by name are of 1 head, expected two or more"),
        ({"a": DIGITS, "b": DIGITS[1:]}, {}, "head 'b': 39 targets for 40 sequences"),
        ({"a": DIGITS, "b": ["x"] * 40}, {}, "head 'b': every label is 'x'"),
        ({"a": DIGITS, "b/c": DIGITS}, {}, "'b/c' has one of / = ,: choose another name"),
        ({"a": DIGITS, 3: DIGITS}, {}, "the name of a head is 3: expected text"),
        ({"a": DIGITS, "b": list(range(40))}, {}, "head 'b': 40 targets are whole numbers"),
        (
            {"a": DIGITS, "b": [[0.5] * len(x) for x in XS]},
            {},
            "'a' has one of each sequence, but 'b' has one target of each frame: give all heads",
        ),
        ({"a": DIGITS, "b": SECONDS}, {"task": "classify"}, "task: found 'classify', but there"),
        ({"a": DIGITS, "b": SECONDS}, {"task": {"c": "regress"}}, "unknown head in task 'c'"),
        ({"a": DIGITS, "b": SECONDS}, {"classes": ["0", "1"]}, "classes: found .* heads a, b"),
        ({"a": DIGITS, "b": SECONDS}, {"naive": {"n": SECONDS}}, "naive forecasts are given, but"),
        (DIGITS, {"task": {"a": "classify"}}, "by the name of a head, but the targets are not"),
        (DIGITS, {"task": "heads"}, "unknown task 'heads'"),
    ],
)
def test_heads_that_cannot_be_taken_are_refused(
    given: Any, options: dict[str, Any], message: str
) -> None:
    with pytest.raises((InputError, SettingError), match=message):
        sg.Dataset.from_lists(XS, given, **options)
