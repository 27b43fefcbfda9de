"""The metrics of a report, for every kind of target, in every form of the report."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import numpy as np
import pytest
from pages import Page
from programs import random_program
from reports import (
    FRAMES,
    LABELS,
    PROGRAM,
    SEQUENCES,
    TRAINED_ON_VALUES,
    VALUES,
    program_of_values,
)
from rich.console import Console

from hardware.definition.readout import READOUTS
from hardware.errors import InputError, SettingError
from hardware.metrics import ClassMetrics, ValueMetrics
from hardware.reporting import (
    Report,
    Study,
    compare_reports,
    make_report,
    print_comparison,
    print_report,
    render_page,
    study,
)
from hardware.reporting.markup import SHOWN, Figures
from hardware.reporting.per_inference import as_csv, per_inference
from hardware.runs.answers import answers, frame_ends
from hardware.runs.run import run

FRAME_CLASSES = np.where(np.arange(FRAMES) % 5 == 4, -1, np.arange(FRAMES) % 3)
FRAME_VALUES = np.stack([np.linspace(90, 110, FRAMES), np.arange(FRAMES) % 2], axis=1)


def of_values(readout: str = "last", targets: Any = VALUES) -> tuple[Study, Report]:
    program = program_of_values(readout)
    found = study(program, run(program, SEQUENCES), targets)
    return found, make_report(found, dataset="rooms", trained=TRAINED_ON_VALUES)


def of_frames() -> tuple[Study, Report]:
    """Classes of frames."""
    program = random_program(4, hidden=(6, 4), outputs=3, readout="step")
    found = study(program, run(program, SEQUENCES), FRAME_CLASSES)
    return found, make_report(found, dataset="words", trained={"float": {"macro_f1": 0.5}})


def table(report: Report, width: int = 80) -> str:
    text = io.StringIO()
    print_report(report, Console(file=text, width=width))
    return text.getvalue()


@pytest.mark.parametrize("readout", READOUTS)
def test_the_error_is_that_of_the_known_targets(readout: str) -> None:
    found, report = of_values(readout)
    differences = answers(found.program, found.trace) - VALUES
    error = differences[~np.isnan(VALUES)]
    in_deviations = (differences / np.nanstd(VALUES, axis=0))[~np.isnan(VALUES)]
    assert report.deployed.metrics["rmse"] == pytest.approx(np.sqrt(np.mean(error**2)))
    assert report.deployed.metrics["mae"] == pytest.approx(np.abs(error).mean())
    assert report.deployed.metrics["nrmse"] == pytest.approx(np.sqrt(np.mean(in_deviations**2)))
    assert report.targets is not None
    assert report.targets.model_dump() == {"per_frame": False, "known": 6, "missing": 2}
    assert isinstance(found.metrics, ValueMetrics)


def test_a_report_of_values_has_an_error_and_no_accuracy() -> None:
    content = of_values()[1].as_json()
    assert content["accuracy_interval"] is None
    assert content["confusion"] is content["by_class"] is None
    assert [network["name"] for network in content["networks"]] == ["float", "deployed"]
    for network in content["networks"]:
        assert {"rmse", "mae", "nrmse", "smape"} <= set(network["metrics"])
        assert "accuracy" not in network["metrics"]
    assert content["networks"][0]["metrics"]["mae"] == 3.0
    assert content["samples"][0]["values"] is not None
    json.dumps(content, allow_nan=False)


def test_the_terminal_shows_the_error_of_each_network() -> None:
    text = table(of_values()[1])
    assert "rooms: error on 6 targets, 2 missing, of 4 test samples" in text
    header = next(line for line in text.splitlines() if "network" in line)
    titles = [part.strip() for part in header.split("┃")[2:-1]]
    assert titles == ["RMSE", "MAE", "NRMSE", "sMAPE (%)"]
    assert re.search(r"spiking GRU, float +│ +4\.000 │ +3\.000 │ 0\.5000 │ +10\.00 │", text)
    assert "accuracy" not in text
    assert max(map(len, text.splitlines()[:8])) <= 80


@pytest.mark.parametrize("readout", ["last", "step"])
def test_the_page_shows_the_error_and_every_figure_is_that_of_the_json(readout: str) -> None:
    found, report = of_values(readout, FRAME_VALUES if readout == "step" else VALUES)
    page = Page(render_page(report, found))
    content = Figures(json.loads(json.dumps(report.as_json())))
    for pointer, value, text in page.figures:
        assert float(value) == content.at(pointer), pointer
        first = re.split(r" \(| [A-Za-zµ%]", text)[0]
        assert any(first in way(float(value)) for way in SHOWN.values()), (pointer, text)
    shown = {pointer for pointer, _, _ in page.figures}
    assert {f"/networks/1/metrics/{name}" for name in report.known_metrics} < shown
    assert "/networks/0/metrics/rmse" in shown
    assert "RMSE of the deployed program in the unit of the target" in page.text
    labels = [picture["aria-label"] or "" for picture in page.all("svg")]
    assert sum(label == "RMSE of each network" for label in labels) == 2
    known = np.count_nonzero(~np.isnan(found.targets))
    assert sum(label.startswith(f"{known} targets from ") for label in labels) == 2
    assert "Accuracy" not in page.text
    assert "values, and targets in the second colour" in page.text


def test_without_targets_a_report_of_values_says_nothing_of_errors() -> None:
    program = program_of_values("last")
    found = study(program, run(program, SEQUENCES))
    report = make_report(found, dataset="rooms")
    assert found.metrics is None
    assert report.targets is None
    assert report.deployed.metrics["rmse"] is None
    page = Page(render_page(report, found))
    assert "RMSE of" not in page.text
    assert "Targets and answers" not in page.text
    assert "rooms: error on 4 test samples" in table(report)


def test_each_inference_has_its_values_targets_and_error() -> None:
    found, _ = of_values()
    columns = per_inference(found)
    values = answers(found.program, found.trace)
    assert np.array_equal(np.transpose([columns["value_0"], columns["value_1"]]), values)
    assert columns["target_0"] == [90.0, None, 110.0, 95.5]
    assert columns["error"][2] == pytest.approx(abs(values[2, 0] - 110))
    rows = list(csv.DictReader(io.StringIO(as_csv(columns).decode())))
    assert [row["target_1"] for row in rows] == ["-2.0", "1.0", "", "0.0"]


def test_of_frames_an_inference_has_its_last_answer_and_the_error_of_all() -> None:
    found, _ = of_values("step", FRAME_VALUES)
    columns = per_inference(found)
    ends = np.cumsum(SEQUENCES.lengths) - 1
    assert columns["target_0"] == FRAME_VALUES[ends, 0].tolist()
    values = frame_ends(found.program, found.program.values(found.trace))
    assert columns["value_1"] == values[ends, 1].tolist()
    first = (values - FRAME_VALUES)[: SEQUENCES.lengths[0]]
    assert columns["error"][0] == pytest.approx(np.sqrt(np.mean(first**2)))


def test_the_sample_of_the_largest_error_is_shown() -> None:
    found, report = of_values()
    assert found.errors is not None
    worst = next(sample for sample in report.samples if "largest error" in sample.why)
    assert worst.sample == np.nanargmax(found.errors)
    assert worst.error == found.errors[worst.sample]
    assert worst.targets == [None if np.isnan(v) else v for v in VALUES[worst.sample]]


def test_classes_of_frames_have_their_accuracy_over_all_known_frames() -> None:
    found, report = of_frames()
    named = answers(found.program, found.trace, per_frame=True)
    known = FRAME_CLASSES >= 0
    assert report.deployed.metrics["accuracy"] == (named == FRAME_CLASSES)[known].mean()
    assert report.accuracy_interval is None
    assert report.confusion is not None
    assert sum(map(sum, report.confusion)) == known.sum()
    assert report.targets is not None
    assert report.targets.model_dump() == {"per_frame": True, "known": 17, "missing": 4}
    assert isinstance(found.metrics, ClassMetrics)
    assert report.deployed.metrics["macro_f1"] == found.metrics.macro_f1
    text = table(report)
    assert "words: accuracy on 17 targets, 4 missing, of 4 test" in text
    assert "95 % interval" not in text
    page = Page(render_page(report, found))
    assert "Confusion matrix, frames" in page.text
    assert "over all frames, macro F1" in page.text
    assert re.search(r"Answer at its last frame: class \d(, correct)?", page.text)
    assert "/targets/missing" in {pointer for pointer, _, _ in page.figures}


def test_a_class_whose_label_is_missing_is_no_mistake() -> None:
    trace = run(PROGRAM, SEQUENCES)
    labels = trace.predictions.copy()
    labels[1] = -1
    found = study(PROGRAM, trace, labels)
    report = make_report(found, dataset="small")
    assert report.deployed.metrics["accuracy"] == 1.0
    assert [sample.why for sample in report.samples] == ["median energy", "most expensive"]
    columns = per_inference(found)
    assert columns["actual"][1] is columns["error"][1] is None
    assert columns["error"][0] == 0.0
    Page(render_page(report, found))


def test_without_one_known_target_there_is_no_accuracy() -> None:
    found = study(PROGRAM, run(PROGRAM, SEQUENCES), [-1] * 4)
    report = make_report(found, dataset="small")
    assert report.deployed.metrics["accuracy"] is report.accuracy_interval is None
    json.dumps(report.as_json(), allow_nan=False)
    program = program_of_values("last")
    found = study(program, run(program, SEQUENCES), np.full((4, 2), np.nan))
    report = make_report(found, dataset="rooms")
    assert report.deployed.metrics["rmse"] is None
    Page(render_page(report, found))


def test_precision_recall_and_f1_of_each_class_stand_on_the_page() -> None:
    found = study(PROGRAM, run(PROGRAM, SEQUENCES), LABELS)
    report = make_report(found, dataset="small")
    assert report.by_class is not None
    assert isinstance(found.metrics, ClassMetrics)
    assert [row.targets for row in report.by_class] == [1, 2, 1]
    for i, row in enumerate(report.by_class):
        assert row.recall == found.metrics.recall[i]
    page = Page(render_page(report, found))
    shown = {pointer for pointer, _, _ in page.figures}
    assert {f"/by_class/{i}/recall" for i in range(3)} < shown
    assert "/networks/0/metrics/macro_f1" in shown
    assert "macro F1" in table(report)


def test_two_runs_of_values_compare_by_their_errors() -> None:
    (_, a), (_, b) = of_values("last"), of_values("mean")
    compared = compare_reports(a, b, ("a", "b"))
    row = compared.figures["rmse_deployed"]
    assert (row.a, row.b, row.unit) == (
        a.deployed.metrics["rmse"],
        b.deployed.metrics["rmse"],
        "value",
    )
    assert {"rmse_float", "mae_deployed", "nrmse_deployed"} < set(compared.figures)
    assert not any(name.startswith("accuracy") for name in compared.figures)
    text = io.StringIO()
    print_comparison(compared, Console(file=text, width=80))
    assert "RMSE, deployed" in text.getvalue()
    assert max(map(len, text.getvalue().splitlines())) <= 80


def test_a_run_of_values_does_not_compare_with_one_of_classes() -> None:
    classes = make_report(study(PROGRAM, run(PROGRAM, SEQUENCES)), dataset="rooms")
    with pytest.raises(InputError, match="the kind of answer of a is 'values', that of b 'clas"):
        compare_reports(of_values()[1], classes, ("a", "b"))


@pytest.mark.parametrize(
    ("trained", "kind", "message"),
    [
        ({"float": {"rmsee": 1.0}}, SettingError, "unknown metric in trained.* 'rmsee'"),
        ({"float": {"rmse": -1.0}}, InputError, r"trained\['float'\]: rmse is -1.0, expected 0 or"),
        ({"float": {"smape": 201.0}}, InputError, "smape is 201.0, expected 0 to 200"),
        ({"float": {"rmse": float("nan")}}, InputError, "rmse is nan"),
        ({"float": 0.5}, InputError, "has 'accuracy', but the program answers with values"),
    ],
)
def test_metrics_of_training_that_cannot_be_are_refused(
    trained: Any, kind: type[Exception], message: str
) -> None:
    program = program_of_values("last")
    found = study(program, run(program, SEQUENCES))
    with pytest.raises(kind, match=message):
        make_report(found, dataset="rooms", trained=trained)
