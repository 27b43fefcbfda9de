"""The curve of early exit: each row is what a run with that margin gives."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest
from programs import random_program, random_sequences

from hardware import count, early_exit_curve, estimate, run
from hardware.errors import InputError, SettingError
from hardware.reporting.early_exit_chart import early_exit_chart

SEQUENCES = random_sequences(5, 3, [9, 4, 12, 7])
LABELS = [0, 1, 2, 0]


@pytest.mark.parametrize("readout", ["mean", "last"])
def test_a_row_has_the_figures_of_a_run_with_its_margin(readout: str) -> None:
    program = random_program(5, outputs=3, hidden=(6,), readout=readout)
    points = early_exit_curve(program, SEQUENCES, LABELS, [0.0, 10.0], fewest=2)
    assert [point.margin for point in points] == [0.0, 10.0, inf]
    for point in points:
        trace = run(program, SEQUENCES, early_exit=point.margin, fewest=2)
        assert point.frames == trace.exits.mean()
        assert point.operations == count(trace, program).synaptic_operations.mean()
        assert point.energy_j == pytest.approx(estimate(trace, program).core_dynamic_j[1].mean())
        assert point.accuracy == (trace.predictions == LABELS).mean()
    assert points == early_exit_curve(program, run(program, SEQUENCES), LABELS, [0, 10], fewest=2)
    assert points[0].frames == 2 < points[-1].frames == 8


def test_a_curve_of_what_cannot_end_early_is_refused() -> None:
    program = random_program(5, outputs=3, readout="step")
    with pytest.raises(InputError, match="the trace has ended early itself"):
        early_exit_curve(program, run(program, SEQUENCES, early_exit=0.0), LABELS, [1.0])
    with pytest.raises(InputError, match="32 labels for 4 sequences: give one for each sequence"):
        early_exit_curve(program, SEQUENCES, np.zeros(32, int), [1.0])
    with pytest.raises(SettingError, match="reads from the last frame"):
        early_exit_curve(random_program(5, bidirectional=True), SEQUENCES, LABELS, [1.0])


def test_a_chart_shows_every_margin() -> None:
    points = early_exit_curve(random_program(5, outputs=3), SEQUENCES, LABELS, [0.5, 4.0])
    drawn = early_exit_chart(points)
    assert drawn.startswith('<svg class="wide" role="img" aria-label="Accuracy against synaptic')
    assert all(f">{text}<" in drawn for text in ("0.5", "4", "inf"))
    with pytest.raises(InputError, match="no margin to draw"):
        early_exit_chart([])
