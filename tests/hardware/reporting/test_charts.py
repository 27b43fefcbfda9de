"""No text of a chart overlaps another or is cut off, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox
from programs import random_sequences
from reports import TRAINED, program_of_values

from hardware.reporting import (
    Report,
    Study,
    TrainedNetwork,
    answers_chart,
    charts,
    make_report,
    study,
)
from hardware.reporting.answers_chart import answers, outputs_drawn
from hardware.reporting.figures import ACCENT, MUTED, NARROW, SECOND, WIDE
from hardware.reporting.page import render_page
from hardware.runs.run import run

LONG = "torch.nn.GRU of equal parameters, and of a long name"
Draw = Callable[[Report, float], str]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The figures that charts become."""
    figures: list[Figure] = []

    def keep(figure: Figure, label: str, name: str) -> str:
        FigureCanvasAgg(figure).draw()
        figures.append(figure)
        return label

    monkeypatch.setattr(charts, "svg", keep)
    return figures


def texts(figure: Figure) -> dict[str, Bbox]:
    """The places of all texts in a figure that are shown."""
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    (axes,) = figure.axes
    low, high = sorted(axes.get_xlim())
    ticks = [
        label
        for label, place in zip(axes.get_xticklabels(), axes.get_xticks(), strict=True)
        if low <= place <= high
    ]
    shown = [*ticks, *axes.get_yticklabels(), *axes.texts, axes.xaxis.label, axes.yaxis.label]
    return {
        f"{i} {text.get_text()}": text.get_window_extent(renderer)
        for i, text in enumerate(shown)
        if text.get_text()
    }


def of_classes(measured: Study) -> Report:
    gru = TrainedNetwork({"accuracy": 1.0}, title=LONG, dense=True)
    return make_report(measured, dataset="small", trained={"gru": gru, **TRAINED})


def of_values() -> Study:
    program = program_of_values("last")
    trace = run(program, random_sequences(4, 3, [5, 8, 2, 6]))
    targets = program.values(trace) + np.array([[0.1, 1.0]] * 4)
    naive = {"the value of the same hour, a week before": targets + 1, "last": targets + 2}
    return study(program, trace, targets, naive=naive)


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("draw", [charts.metric, charts.energy, charts.by_layer, charts.spread])
def test_no_text_overlaps_or_is_cut_off(
    measured: Study, drawn: list[Figure], draw: Draw, width: float
) -> None:
    found = of_values()
    for report in (of_classes(measured), make_report(found, dataset="series", trained={})):
        draw(report, width)
    for figure in drawn:
        boxes = texts(figure)
        assert len(boxes) > 4
        whole = figure.bbox
        for (name, box), (other, its) in combinations(boxes.items(), 2):
            assert not box.overlaps(its), (name, other)
        for name, box in boxes.items():
            assert box.x0 >= whole.x0 - 1, name
            assert box.x1 <= whole.x1 + 1, name


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_names_of_marks_in_the_spread_are_above_the_bars(
    report: Report, drawn: list[Figure], width: float
) -> None:
    charts.spread(report, width)
    (figure,) = drawn
    (axes,) = figure.axes
    top = axes.transData.transform((0, max(report.distribution.inferences)))[1]
    assert all(box.y0 > top for name, box in texts(figure).items() if "median" in name)
    assert all(box.y0 > top for name, box in texts(figure).items() if "below" in name)


def test_dense_networks_naive_forecasts_and_spiking_ones_have_colours_of_their_own(
    drawn: list[Figure],
) -> None:
    found = of_values()
    gru = TrainedNetwork({"rmse": 1.0, "mase": 1.0}, dense=True)
    report = make_report(found, dataset="series", trained={"gru": gru})
    charts.metric(report, WIDE)
    (figure,) = drawn
    colours = [to_hex(bar.get_facecolor()) for bar in figure.axes[0].patches]
    assert colours == [MUTED, MUTED, SECOND, ACCENT]
    assert [network.naive for network in report.networks] == [True, True, False, False]


def test_the_page_says_which_outputs_are_drawn() -> None:
    program = program_of_values("last", 2)
    trace = run(program, random_sequences(4, 3, [5, 8, 2, 6]))
    targets = program.values(trace) + 1.0
    found = study(program, trace, targets)
    assert outputs_drawn(found) == ""
    assert "outputs are drawn" not in render_page(make_report(found, dataset="s"), found)


def test_the_page_says_it_where_some_outputs_are_not_drawn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(answers_chart, "MARKERS", (".",))
    found = of_values()
    assert outputs_drawn(found) == "The first 1 of 2 outputs are drawn."
    assert outputs_drawn(found) in render_page(make_report(found, dataset="s"), found)
    assert outputs_drawn(found)[:-1] in answers(found)
