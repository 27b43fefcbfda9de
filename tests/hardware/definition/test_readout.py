"""The readout's definition: what is refused, and what its scores stand for."""

from __future__ import annotations

import numpy as np
import pytest

from hardware.definition.readout import READOUTS, Readout
from hardware.errors import SettingError


def readout(kind: str = "mean", **settings: object) -> Readout:
    weights, bias = np.array([[1, 2]], dtype=np.int8), np.array([3])
    return Readout(weights, bias, exponent=-2, gain=5.0, kind=kind, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "leak"), [("leaky", 0), ("leaky", 9), ("mean", 1), ("last", -1), ("step", 10**6)]
)
def test_a_leak_is_of_a_leaky_readout_alone(kind: str, leak: int) -> None:
    with pytest.raises(SettingError, match=f"leak is {leak}, expected 1 to 8 for a leaky one"):
        readout(kind, leak=leak)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(SettingError, match="unknown readout 'sum'"):
        readout("sum")


@pytest.mark.parametrize("kind", READOUTS)
def test_values_are_scores_times_their_step_and_gain_and_a_mean_is_divided(kind: str) -> None:
    made = readout(kind, leak=3 if kind == "leaky" else 0)
    expected = {"mean": 8 * 5 / 4 / 10, "leaky": 8 * 5 / 4 / 8}.get(kind, 8 * 5 / 4)
    assert made.values(np.array([8]), 10).tolist() == [expected]
    assert made.values(np.array([[8], [16]]), np.array([10, 10]))[:, 0].tolist() == [
        expected,
        2 * expected,
    ]
