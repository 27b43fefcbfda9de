"""The target: how scores become classes or labels, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hardware.definition.target import DECISIONS, Head, Target
from hardware.errors import SettingError

SCORES = np.array([[-3, 5, 5], [0, -1, -2], [7, 1, 0]])


def test_one_of_several_is_the_first_with_the_largest_score() -> None:
    target = Target(("a", "b", "c"))
    answers = target.row.of(SCORES)
    assert answers.tolist() == [1, 0, 0]
    assert [target.named(answer) for answer in answers] == [("b",), ("a",), ("a",)]


def test_any_of_several_are_those_with_a_score_above_0() -> None:
    target = Target(("a", "b", "c"), decision="any-of")
    answers = target.row.of(SCORES)
    assert answers.tolist() == [[0, 1, 1], [0, 0, 0], [1, 1, 0]]
    assert [target.named(answer) for answer in answers] == [("b", "c"), (), ("a", "b")]


def test_two_classes_with_one_score_are_told_apart_by_its_sign() -> None:
    target = Target(("no", "yes"), decision="sign")
    answers = target.row.of(np.array([[-1], [0], [1]]))
    assert answers.tolist() == [0, 0, 1]
    assert [target.named(answer) for answer in answers] == [("no",), ("no",), ("yes",)]


@pytest.mark.parametrize("decision", DECISIONS)
def test_a_target_fits_the_outputs_of_its_decision(decision: str) -> None:
    target = Target(("no", "yes"), decision=decision)
    outputs = 1 if decision == "sign" else 2
    target.require_outputs(outputs)
    with pytest.raises(SettingError, match=f"2 class names for 3 readout outputs: .* {outputs} "):
        target.require_outputs(3)


@pytest.mark.parametrize(
    ("classes", "decision", "fault"),
    [
        (("a", "b"), "all-of", "unknown decision 'all-of': did you mean"),
        ((), "any-of", "the decision is 'any-of', but there are no classes: name them"),
        (("a", "b", "c"), "sign", "'sign' with 3 classes: expected two, which share one output"),
    ],
)
def test_a_decision_that_fits_no_classes_is_refused(
    classes: tuple[str, ...], decision: str, fault: str
) -> None:
    with pytest.raises(SettingError, match=fault):
        Target(classes, decision=decision)


def heads(*given: Any) -> Target:
    return Target(heads=given)


ONE = Head("a", Target(("x", "y")), 2)


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda: heads(ONE), "it has one head, expected two or more: give its target"),
        (lambda: heads(ONE, ONE), "two heads are called 'a': rename one of them"),
        (lambda: Target(("x", "y"), heads=(ONE, Head("b", Target(), 1))), "heads and classes"),
        (lambda: Head("a", heads(ONE, Head("b", Target(), 1)), 3), "'a' has heads: expected"),
        (lambda: Head("a/b", Target(), 1), "'a/b' has one of / = ,: choose another name"),
        (lambda: Head("", Target(), 1), "heads: the name '' has 0 characters"),
        (lambda: Head("a", Target(), 0), "'a' has 0 outputs, expected some"),
        (lambda: Head("a", Target(("x", "y")), 3), "'a': 2 class names for 3 readout outputs"),
        (
            lambda: heads(ONE, Head("b", Target(), 1)).require_outputs(4),
            "4 readout outputs for heads that need 3",
        ),
    ],
)
def test_heads_that_do_not_fit_are_refused(made: Any, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        made()
