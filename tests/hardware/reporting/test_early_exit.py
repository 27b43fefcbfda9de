"""The curve of early exit: each row is what a run with that margin gives."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import inf

import numpy as np
import pytest
from pages import Page
from programs import random_program, random_sequences, with_classes

from hardware import count, early_exit_curve, estimate, run
from hardware.definition.readout import READOUTS
from hardware.errors import InputError, SettingError
from hardware.reporting import Study, make_report, render_page, study
from hardware.reporting.early_exit import MARGINS, points_in
from hardware.reporting.early_exit_chart import EFFORTS, early_exit_chart, with_room
from hardware.reporting.units import joules, percent

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


def test_of_no_sequence_there_is_no_curve() -> None:
    with pytest.raises(InputError, match="no sequence has no accuracy"):
        early_exit_curve(random_program(5, outputs=3), [], [], [1.0])


@pytest.mark.parametrize("effort", EFFORTS)
def test_a_chart_shows_every_margin_and_the_point_without_early_exit(effort: str) -> None:
    points = early_exit_curve(random_program(5, outputs=3), SEQUENCES, LABELS, [0.5, 4.0])
    assert points[0] != points[1] != points[2]
    drawn = early_exit_chart(points, effort=effort)
    title = EFFORTS[effort].title
    assert drawn.startswith(
        f'<svg class="wide" role="img" aria-label="Accuracy against {title} with early exit at 3'
    )
    assert f">{title} of an inference<" in drawn
    assert all(drawn.count(f">{text}<") == 1 for text in ("0.5", "4", "whole sequences"))
    with pytest.raises(InputError, match="no margin to draw"):
        early_exit_chart([])
    with pytest.raises(SettingError, match="unknown effort 'energy': did you mean 'energy_j'"):
        early_exit_chart(points, effort="energy")


def test_a_label_that_has_no_room_is_left_out() -> None:
    assert with_room([1.0, 50.0, 99.0, 100.0], [0.0, 2.0, 9.9, 10.0], room=0.02) == [3, 1, 0]
    assert with_room([1.0, 50.0, 99.0, 100.0], [0.0, 2.0, 9.9, 10.0], room=0.001) == [3, 2, 1, 0]
    assert with_room([0.0, 0.0], [5.0, 5.0], room=0.02) == [1]


@pytest.mark.parametrize("readout", READOUTS)
def test_a_report_has_the_curve_of_its_run(readout: str) -> None:
    program = random_program(5, outputs=3, readout=readout, hidden=(4, 3), encoder="rate")
    trace = run(program, SEQUENCES)
    content = make_report(study(program, trace, LABELS), dataset="small")
    expected = early_exit_curve(program, trace, LABELS, MARGINS)
    whole = expected[-1]
    assert points_in(content) == [p for p in expected[:-1] if p.frames < whole.frames] + [whole]
    assert content.early_exit is not None
    assert content.early_exit[-1].margin is None
    assert whole.accuracy == content.deployed.metrics["accuracy"]
    assert whole.operations == content.per_inference.synaptic_operations.mean
    assert whole.energy_j == content.energy_j.core_dynamic.nominal
    assert 1 < len(content.early_exit) <= 1 + len(MARGINS)
    json.dumps(content.as_json(), allow_nan=False)


def test_the_page_shows_the_curve_as_a_chart_and_a_table() -> None:
    program = random_program(5, outputs=3)
    studied = study(program, run(program, SEQUENCES), LABELS)
    content = make_report(studied, dataset="small")
    page = Page(render_page(content, studied))
    shown = {pointer: text for pointer, _, text in page.figures}
    assert content.early_exit is not None
    for i, point in enumerate(content.early_exit):
        assert shown[f"/early_exit/{i}/accuracy"] == percent(point.accuracy)
        assert shown[f"/early_exit/{i}/core_dynamic_j"] == joules(point.core_dynamic_j)
    assert "whole sequences" in page.text
    charts = [a for a in page.all("svg") if "with early exit" in str(a["aria-label"])]
    assert [chart["class"] for chart in charts] == ["wide", "narrow"]


ONE = random_program(5, outputs=3)
EVERY_STEP = random_program(5, outputs=3, readout="step")
BOTH = random_program(5, outputs=3, bidirectional=True)
VALUES = with_classes(ONE)
SINGLE = random_sequences(5, 3, [1, 1, 1, 1])

WHOLE_ONLY: dict[str, Callable[[], Study]] = {
    "no class is known": lambda: study(ONE, run(ONE, SEQUENCES), [-1, -1, -1, -1]),
    "without targets": lambda: study(ONE, run(ONE, SEQUENCES)),
    "targets of frames": lambda: study(EVERY_STEP, run(EVERY_STEP, SEQUENCES), [0] * 32),
    "both directions": lambda: study(BOTH, run(BOTH, SEQUENCES), LABELS),
    "values": lambda: study(VALUES, run(VALUES, SEQUENCES), np.zeros((4, 3))),
    "ended early": lambda: study(ONE, run(ONE, SEQUENCES, early_exit=0.0, fewest=3), LABELS),
    "single frames": lambda: study(ONE, run(ONE, SINGLE), LABELS),
}
"""Runs in which no sequence can end early, or none is known to be right, by the reason."""


@pytest.mark.parametrize("reason", WHOLE_ONLY)
def test_where_no_sequence_can_end_early_the_report_has_no_curve(reason: str) -> None:
    content = make_report(WHOLE_ONLY[reason](), dataset="small")
    assert content.as_json()["early_exit"] is None
    assert points_in(content) == []


def test_the_page_of_such_a_report_says_nothing_of_early_exit() -> None:
    studied = WHOLE_ONLY["single frames"]()
    page = Page(render_page(make_report(studied, dataset="small"), studied))
    assert "early exit" not in page.text.lower()
    assert "#early-exit" not in [a["href"] for a in page.all("a")]
