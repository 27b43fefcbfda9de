from __future__ import annotations

import pytest

from hardware.reporting import units


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.88e-6, "3.88 µJ"),
        (0.0, "0.00 pJ"),
        (1.0, "1.00 J"),
        (123.4e-9, "123 nJ"),
        (45.67e-3, "45.7 mJ"),
        (999.4e-9, "999 nJ"),
        (999.6e-9, "1.00 µJ"),
        (1e-9 * (1 - 2**-52), "1.00 nJ"),
    ],
)
def test_joules_have_three_digits_and_a_prefix(value: float, text: str) -> None:
    assert units.joules(value) == text


def test_a_range_is_given_in_the_unit_of_its_nominal_value() -> None:
    assert units.span(1.01e-6, 256e-9, 1.28e-6, "J") == "1.01 (0.26 – 1.28) µJ"


def test_a_share_that_is_not_known_is_a_dash() -> None:
    assert units.percent(None) == "–"
    assert units.percent(0.98378) == "98.38 %"


def test_what_was_computed_as_a_state_is_not_called_a_spike() -> None:
    assert [units.sent(emits) for emits in ("binary", "signed")] == ["spikes"] * 2
    for emits in ("state", "graded"):
        assert units.sent(emits) == "values sent"
        assert units.emitted(emits) == "values"
    for emits in ("binary-on-change", "signed-on-change"):
        assert units.sent(emits) == "changes of spikes"
        assert units.emitted(emits) == "spikes"


def test_what_stands_beside_an_axis_is_as_short_as_can_be() -> None:
    values = (1e-6, 2.5e-6, 1e-4, 0.0)
    assert [units.tick(value) for value in values] == ["1 µJ", "2.5 µJ", "100 µJ", "0 pJ"]
