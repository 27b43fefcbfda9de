"""The curves of training in a report: which are there, drawn how, and equal to the JSON."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from pages import Page
from reports import BEST, HISTORY, TRAINED, program_of_values

from hardware.errors import InputError, SettingError
from hardware.reporting import Report, Study, make_report, render_page, study
from hardware.reporting.markup import Figures
from hardware.reporting.training_chart import _lines, training
from hardware.runs.run import run


def reported(measured: Study, history: Any = HISTORY, **more: Any) -> Report:
    return make_report(
        measured, dataset="small", trained=TRAINED, history=history,
        **{"best_epochs": BEST, **more},
    )  # fmt: skip


def test_the_report_holds_loss_and_first_metric_of_every_epoch(measured: Study) -> None:
    curves = reported(measured).as_json()["curves"]
    assert [curve["phase"] for curve in curves] == ["lstm", "float", "quantised"]
    for curve, columns in zip(curves, HISTORY, strict=True):
        assert curve["epoch"] == columns["epoch"]
        assert curve["training_loss"] == columns["training_loss"]
        assert curve["validation_loss"] == columns["validation_loss"]
        assert curve["metric"] == columns["validation_accuracy"]
        assert curve["kept_epoch"] == BEST[curve["phase"]]


def test_the_phases_of_the_spiking_network_follow_each_other(measured: Study) -> None:
    lines = list(_lines(reported(measured)))
    assert [line.epochs for line in lines] == [[1, 2, 3, 4, 5], [1, 2, 3, 4, 5], [6, 7, 8]]
    assert len({line.colour for line in lines}) == 2
    assert [line.title for line in lines] == ["torch.nn.LSTM", "spiking GRU", ""]


def test_the_page_draws_them_and_tells_each_phase_at_its_kept_epoch(measured: Study) -> None:
    report = reported(measured)
    page = Page(render_page(report, measured))
    content = Figures(json.loads(json.dumps(report.as_json())))
    figures = {pointer: value for pointer, value, _ in page.figures if "/curves/" in pointer}
    assert all(float(value) == content.at(pointer) for pointer, value in figures.items())
    assert figures["/curves/0/epoch/4"] == "5"
    assert figures["/curves/0/kept_epoch"] == "4"
    assert float(figures["/curves/2/metric/1"]) == 0.75
    assert float(figures["/curves/1/validation_loss/4"]) == 0.4
    assert {"href": "#training"} in page.all("a")
    labels = [picture["aria-label"] for picture in page.all("svg")]
    assert labels.count("Training: loss and accuracy by epoch; dots mark the kept epochs") == 2


@pytest.mark.parametrize("width", [8.0, 3.9])
def test_the_chart_names_every_network_once(measured: Study, width: float) -> None:
    drawn = training(reported(measured), width)
    titles = [f"{name}, validation" for name in ("torch.nn.LSTM", "spiking GRU")]
    for title in (*titles, "spiking GRU, training", "accuracy, %"):
        assert drawn.count(f">{title}</text>") == 1
    assert drawn.count(">quantised</text>") == 2, "one in each panel"


def test_steep_losses_are_drawn_on_a_logarithmic_axis(measured: Study) -> None:
    steep = [{**columns, "validation_loss": [10.0**-i for i in columns["epoch"]]}
             for columns in HISTORY]  # fmt: skip
    texts = [training(reported(measured, history)) for history in (HISTORY, steep)]
    assert ["10^{" in text or "{-2}" in text or "−2" in text for text in texts] == [False, True]


def test_without_a_history_there_is_no_chart_and_no_section(measured: Study) -> None:
    report = reported(measured, ())
    assert report.curves == []
    assert training(report) == ""
    assert "#training" not in {
        tag.get("href") for tag in Page(render_page(report, measured)).all("a")
    }


def test_a_phase_without_the_metric_or_a_kept_epoch_has_its_losses(measured: Study) -> None:
    plain = [{k: v for k, v in HISTORY[0].items() if k != "validation_accuracy"}]
    report = reported(measured, plain, best_epochs=None)
    assert (report.curves[0].metric, report.curves[0].kept) == (None, None)
    page = Page(render_page(report, measured))
    labels = [picture["aria-label"] for picture in page.all("svg")]
    assert labels.count("Training: loss by epoch; dots mark the kept epochs") == 2
    assert not [value for pointer, value, _ in page.figures if "_loss/" in pointer]


def test_a_metric_that_some_epochs_lack_is_drawn_where_it_is_known() -> None:
    program = program_of_values("last")
    values = np.zeros((2, 4, 3), dtype=np.float32)
    run_of_values = study(program, run(program, values), np.zeros((2, 2)))
    columns = {
        "phase": "float",
        "epoch": [1, 2, 3],
        "training_loss": [3, 2.0, 1.0],
        "validation_loss": [3.0, 2.0, 1.0],
        "validation_rmse": [None, 0.5, None],
    }
    trained = {"float": {"rmse": 1.0}}
    report = make_report(run_of_values, dataset="x", trained=trained, history=[columns])
    assert report.curves[0].metric == [None, 0.5, None]
    assert "RMSE" in training(report)
    render_page(report, run_of_values)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"validation_loss": None}, "history of float is not usable: field 'validation_loss'"),
        ({"validation_loss": [1.0]}, "1 figures of 5 epochs"),
        ({"epoch": ["1", 2, 3, 4, 5]}, "field 'epoch.0'"),
        ({"epoch": []}, "field 'epoch'"),
        ({"validation_accuracy": "x"}, "field 'metric'"),
    ],
)
def test_a_history_that_is_damaged_is_refused_in_one_line(
    measured: Study, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message) as found:
        reported(measured, [{**HISTORY[1], **changes}])
    assert "\n" not in str(found.value)


def test_a_phase_of_no_known_network_is_refused(measured: Study) -> None:
    with pytest.raises(
        SettingError, match="unknown phase in history 'flaot': did you mean 'float'"
    ):
        reported(measured, [{**HISTORY[1], "phase": "flaot"}])
