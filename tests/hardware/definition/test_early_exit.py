"""The rule of early exit, computed once more in exact fractions."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.definition.early_exit import EarlyExit
from hardware.definition.readout import READOUTS, Readout
from hardware.definition.target import Head, Target
from hardware.errors import SettingError

CLASSES = Target(("a", "b", "c"))
SIGN = Target(("no", "yes"), decision="sign")


def readout_of(
    kind: str,
    gain: float = 5.0,
    exponent: int = -6,
    leak: int = 0,
    target: Target = CLASSES,
    window: int = 3,
) -> Readout:
    outputs = target.row.outputs(len(target.classes)) if target.classes else 3
    weights, bias = np.ones((outputs, 2), np.int8), np.zeros(outputs, np.int64)
    row = READOUTS[kind]
    leak, window = (leak or 1) * row.leaks, window * row.windowed
    return Readout(weights, bias, exponent, gain, kind, leak=leak, window=window, target=target)


@settings(max_examples=200, deadline=None)
@given(
    kind=st.sampled_from(list(READOUTS)),
    gain=st.floats(-50, 50),
    exponent=st.integers(-40, 40),
    leak=st.integers(1, 8),
    margin=st.floats(0, 1e6),
    fewest=st.integers(1, 5),
    per_frame=st.integers(1, 4),
    scores=st.lists(
        st.lists(st.integers(-(2**23), 2**23), min_size=3, max_size=3), min_size=1, max_size=8
    ),
    sign=st.booleans(),
    before=st.integers(0, 4),
    window=st.integers(1, 20),
)
def test_a_sequence_ends_at_the_first_frame_whose_lead_is_the_margin_in_exact_fractions(
    kind: str,
    gain: float,
    exponent: int,
    leak: int,
    margin: float,
    fewest: int,
    per_frame: int,
    scores: list[list[int]],
    sign: bool,
    before: int,
    window: int,
) -> None:
    readout = readout_of(kind, gain, exponent, leak, SIGN if sign else CLASSES, window)
    rule = EarlyExit(readout, margin, fewest, per_frame)
    rows = [row[:1] if sign else row for row in scores]
    expected = None
    for i, row in enumerate(rows):
        frames = before + i + 1
        ordered = sorted(row)
        lead = abs(row[0]) if sign else ordered[-1] - ordered[-2]
        value = Fraction(lead) * abs(Fraction(gain)) * Fraction(2) ** (exponent - readout.leak)
        if kind == "mean":
            value /= frames * per_frame
        if kind in ("sliding", "tumbling"):
            value /= min(frames * per_frame, window)
        if frames >= fewest and value >= Fraction(margin):
            expected = i
            break
    assert rule.first(np.array(rows, dtype=np.int64), before) == expected


def test_a_margin_that_is_just_reached_ends_and_one_above_it_does_not() -> None:
    scores = np.array([[10, 3, 0]])
    lead = 7 * 5.0 * 2.0**-6
    assert EarlyExit(readout_of("count"), lead, 1, 1).first(scores) == 0
    assert EarlyExit(readout_of("count"), np.nextafter(lead, 1), 1, 1).first(scores) is None
    assert EarlyExit(readout_of("count"), 0, 1, 1).first(scores * 0) == 0
    assert EarlyExit(readout_of("count"), inf, 1, 1).first(scores * 2**40) is None
    assert EarlyExit(readout_of("count", gain=0.0), 0.1, 1, 1).first(scores) is None


@pytest.mark.parametrize("margin", [-0.5, float("nan"), "1", None, True])
def test_a_margin_that_is_none_is_refused(margin: object) -> None:
    with pytest.raises(SettingError, match="early_exit is .*, expected a margin of at least 0"):
        EarlyExit(readout_of("mean"), margin, 1, 1)


@pytest.mark.parametrize("fewest", [0, -1, 1.5, True])
def test_fewest_frames_are_a_whole_number(fewest: object) -> None:
    with pytest.raises(SettingError, match="fewest is .*, expected a whole number of frames"):
        EarlyExit(readout_of("mean"), 1.0, fewest, 1)


@pytest.mark.parametrize(
    ("target", "found"),
    [
        (Target(), "it has values"),
        (Target(("a", "b", "c"), decision="any-of"), "any number of classes may be right"),
    ],
)
def test_only_one_of_several_classes_can_lead(target: Target, found: str) -> None:
    with pytest.raises(SettingError, match=f"decides between classes, but {found}"):
        EarlyExit(readout_of("mean", target=target), 1.0, 1, 1)


def test_one_class_decides_nothing() -> None:
    readout = Readout(np.ones((1, 2), np.int8), np.zeros(1, int), 0, 1.0, target=Target(("a",)))
    with pytest.raises(SettingError, match="but it names one class"):
        EarlyExit(readout, 1.0, 1, 1)


def test_several_heads_have_no_one_answer() -> None:
    heads = (Head("word", Target(("a", "b")), 2), Head("level", Target(), 1))
    readout = replace(readout_of("mean", target=Target()), target=Target(heads=heads))
    with pytest.raises(SettingError, match="several heads: run program.head\\('word'\\)"):
        EarlyExit(readout, 1.0, 1, 1)


def test_the_lead_of_a_mean_is_divided_by_the_steps_so_far() -> None:
    scores, unit = np.array([[6, 0, 0], [13, 0, 0], [21, 0, 0]]), 5.0 * 2.0**-6
    for margin, expected in ((3.0, 0), (3.25, 1), (3.5, 2), (3.75, None)):
        rule = EarlyExit(readout_of("mean"), margin * unit, 1, per_frame=2)
        assert rule.first(scores) == expected
    assert EarlyExit(readout_of("mean"), 3.5 * unit, 1, 2).first(scores[2:], before=2) == 0
