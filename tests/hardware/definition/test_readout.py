"""The readout's definition: what is refused, and what its scores stand for."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from hardware.definition.readout import READOUTS, Readout, Target
from hardware.errors import SettingError


def readout(kind: str = "mean", **settings: object) -> Readout:
    weights, bias = np.array([[1, 2]], dtype=np.int8), np.array([3])
    return Readout(weights, bias, exponent=-2, gain=5.0, kind=kind, **settings)  # type: ignore[arg-type]


def of_kind(kind: str, leak: int = 3, window: int = 4) -> dict[str, Any]:
    """Return a kind, and the settings that a readout of this kind has."""
    row = READOUTS[kind]
    return {"kind": kind, "leak": leak * row.leaks, "window": window * row.windowed}


@pytest.mark.parametrize(
    ("kind", "leak"), [("leaky", 0), ("leaky", 9), ("mean", 1), ("last", -1), ("step", 10**6)]
)
def test_a_leak_is_of_a_leaky_readout_alone(kind: str, leak: int) -> None:
    with pytest.raises(SettingError, match=f"leak is {leak}, expected 1 to 8 for a leaky one"):
        readout(kind, leak=leak)


@pytest.mark.parametrize(("kind", "window"), [("mean", 1), ("leaky", 7), ("step", -1)])
def test_a_window_is_of_a_windowed_readout_alone(kind: str, window: int) -> None:
    with pytest.raises(SettingError, match=f"window is {window}, expected 0 for '{kind}'"):
        readout(**{**of_kind(kind), "window": window})


@pytest.mark.parametrize("kind", ["sliding", "tumbling"])
@pytest.mark.parametrize("window", [0, -1, 2**16 + 1])
def test_a_window_has_at_least_one_step_and_at_most_65536(kind: str, window: int) -> None:
    with pytest.raises(SettingError, match=f"window is {window}, expected 1 to 65,536 steps"):
        readout(kind, window=window)
    assert readout(kind, window=2**16).window == 2**16


def test_a_window_of_many_outputs_is_shorter() -> None:
    weights, bias = np.ones((2**12, 1), np.int8), np.zeros(2**12, np.int64)
    for window, fits in ((2**10, True), (2**10 + 1, False)):
        with nullcontext() if fits else pytest.raises(SettingError, match="expected 1 to 1,024"):
            Readout(weights, bias, -2, 5.0, "sliding", window=window)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(SettingError, match="unknown readout 'sum'"):
        readout("sum")


@pytest.mark.parametrize("kind", READOUTS)
def test_values_are_scores_times_their_step_and_gain_and_a_mean_is_divided(kind: str) -> None:
    made = readout(**of_kind(kind))
    parts = {"mean": 10, "leaky": 8, "sliding": 4, "tumbling": 4}
    expected = 8 * 5 / 4 / parts.get(kind, 1)
    assert made.values(np.array([8]), 10).tolist() == [expected]
    assert made.values(np.array([[8], [16]]), np.array([10, 10]))[:, 0].tolist() == [
        expected,
        2 * expected,
    ]


@pytest.mark.parametrize("kind", READOUTS)
def test_values_are_in_the_unit_of_the_target(kind: str) -> None:
    weights, bias = np.ones((2, 3), np.int8), np.zeros(2, np.int64)
    plain = Readout(weights, bias, exponent=-6, gain=5.0, **of_kind(kind))
    target = Target(scale=np.array([2.0, -3.0]), offset=[100, 0.5])
    scores, steps = np.array([[64, -32], [7, 9]]), np.array([4, 2])
    expected = plain.values(scores, steps) * [2.0, -3.0] + [100, 0.5]
    assert np.array_equal(replace(plain, target=target).values(scores, steps), expected)


@pytest.mark.parametrize(
    ("target", "fault"),
    [
        ({"classes": "ab"}, "classes are 'ab', expected a tuple of names"),
        ({"classes": (1, 2)}, r"classes are \(1, 2\)"),
        ({"scale": ("a", "b")}, "scale is .*expected numbers"),
        ({"scale": (10**400, 1)}, "scale is .*expected numbers"),
        ({"offset": (None, None)}, "one finite number per output"),
        ({"scale": (np.inf, 1)}, "one finite number per output"),
        ({"scale": 2.0}, "one finite number per output"),
        ({"classes": ("a", "b"), "offset": (1, 2)}, "give one of both"),
    ],
)
def test_a_target_that_makes_no_sense_is_refused(target: dict, fault: str) -> None:
    with pytest.raises(SettingError, match=fault):
        Target(**target)


@pytest.mark.parametrize("target", [None, ("a", "b"), Target(("a",)), Target(scale=(1.0,))])
def test_a_readout_refuses_a_target_of_another_kind_or_size(target: object) -> None:
    with pytest.raises(SettingError, match="target is|for 2 readout outputs"):
        Readout(np.ones((2, 3), np.int8), np.zeros(2, np.int64), -6, 5.0, target=target)
