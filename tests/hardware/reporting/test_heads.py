"""The report of a program with several heads: each has its own metrics, all share the costs."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from programs import random_program, random_sequences, with_readout
from rich.console import Console

from hardware import report
from hardware.definition.target import Head, Target
from hardware.errors import InputError, SettingError
from hardware.program.model import Program
from hardware.reporting import compare_reports, make_report, print_report, render_page, study
from hardware.runs.run import run
from hardware.runs.trace import Trace

TARGET = Target(
    heads=(
        Head("digit", Target(("zero", "one", "two")), 3),
        Head("loud", Target(("no", "yes"), decision="sign"), 1),
        Head("marks", Target(("a", "b"), decision="any-of"), 2),
        Head("seconds", Target(scale=(0.3,), offset=(1.7,)), 1),
    )
)
TARGETS: dict[str, Any] = {
    "digit": [0, 1, -1, 2],
    "loud": [0, 1, 1, 0],
    "marks": [[0, 1], [1, 1], [0, 0], [-1, 1]],
    "seconds": [1.5, np.nan, 2.5, 1.0],
}
TRAINED = {"gru": {"digit/accuracy": 0.5, "loud/accuracy": 0.25, "seconds/rmse": 2.0}}


@cache
def ran() -> tuple[Program, Trace]:
    program = random_program(5, outputs=7)
    program = with_readout(program, replace(program.readout, target=TARGET))
    return program, run(program, random_sequences(3, 3, [4, 1, 6, 3]))


def made(targets: dict[str, Any] | None = TARGETS) -> Any:
    return make_report(
        study(*ran(), targets), dataset="words", trained=TRAINED if targets else None
    )


def test_each_head_is_reported_as_a_program_of_it_alone_is() -> None:
    program, trace = ran()
    found = made()
    for head in found.heads:
        pair = program.head(head.name), trace.head(program, head.name)
        alone = make_report(study(*pair, TARGETS[head.name]), dataset="words")
        for field in ("classes", "decision", "targets", "by_class", "by_output", "confusion"):
            assert getattr(head, field) == getattr(alone, field)
        assert head.accuracy_interval == alone.accuracy_interval
        assert head.metrics["deployed"] == alone.deployed.metrics


def test_the_first_head_has_the_other_sections_and_all_share_the_cost() -> None:
    found = made()
    assert found.head == "digit"
    assert found.deployed.metrics == found.heads[0].metrics["deployed"]
    whole = study(*ran())
    assert found.energy_j.core_dynamic.nominal == whole.cost.core_dynamic_j[1].mean()
    assert found.samples[0].predicted in ("zero", "one", "two")


def test_metrics_of_other_networks_are_given_by_head_and_metric() -> None:
    found = made()
    assert found.network("gru").metrics["accuracy"] == 0.5
    assert found.heads[1].metrics["gru"]["accuracy"] == 0.25
    assert found.heads[3].metrics["gru"] == {
        "rmse": 2.0, "mae": None, "nrmse": None, "mase": None, "smape": None
    }  # fmt: skip


@pytest.mark.parametrize(
    ("trained", "message"),
    [
        ({"accuracy": 0.5}, "'accuracy', but the program has the heads .*: give it as digit/acc"),
        ({"digits/accuracy": 0.5}, r"unknown head in trained\['gru'\] 'digits'"),
        ({"digit/rmse": 0.5}, "has 'rmse', but the program names classes"),
        ({"digit/accuracy": 1.5}, "accuracy is 1.5, expected 0 to 1"),
    ],
)
def test_metrics_of_no_head_are_refused(trained: dict[str, float], message: str) -> None:
    with pytest.raises((InputError, SettingError), match=message):
        make_report(study(*ran(), TARGETS), dataset="words", trained={"gru": trained})


def test_the_rows_of_inferences_have_columns_of_each_head(tmp_path: Path) -> None:
    program, trace = ran()
    report(program, trace, tmp_path, targets=TARGETS, dataset="words")
    with (tmp_path / "per_inference.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["digit_actual"] for row in rows] == ["zero", "one", "", "two"]
    assert [row["marks_actual"] for row in rows] == ["b", "a | b", "none of them", ""]
    assert [row["seconds_target_0"] for row in rows] == ["1.5", "", "2.5", "1.0"]
    values = trace.head(program, "seconds").values
    assert values is not None
    assert [float(row["seconds_value_0"]) for row in rows] == values[:, 0].tolist()
    assert "loud_predicted" in rows[0]
    assert "loud_error" in rows[0]
    content = json.loads((tmp_path / "report.json").read_text())
    assert [head["name"] for head in content["heads"]] == list(TARGETS)


def test_the_table_and_the_page_show_the_metrics_of_each_head() -> None:
    found, console = made(), Console(width=80, record=True, file=None, quiet=False)
    with console.capture() as shown:
        print_report(found, console)
    text = shown.get()
    for title in ("words, digit: accuracy", "words, loud: accuracy", "words, seconds: error"):
        assert title in text
    page = render_page(found, study(*ran(), TARGETS))
    assert 'data-path="/heads/3/metrics/deployed/rmse"' in page
    assert 'data-path="/heads/2/by_class/1/f1"' in page
    assert "2.000" in page or "2.0" in page
    assert page.count('<h2 id="heads">Each head</h2>') == 1
    assert "accuracy of the deployed program" in page
    assert "RMSE" in page


def test_a_program_of_one_target_has_no_heads_in_its_report() -> None:
    program, trace = ran()
    pair = program.head("loud"), trace.head(program, "loud")
    found = make_report(study(*pair, [0, 1, 1, 0]), dataset="words")
    assert (found.head, found.heads) == (None, [])
    assert "Each head" not in render_page(found, study(*pair, [0, 1, 1, 0]))


def test_targets_may_be_known_of_some_heads_or_of_none() -> None:
    some = made({"seconds": TARGETS["seconds"]})
    assert some.targets is None
    assert some.heads[3].metrics["deployed"]["rmse"] is not None
    none = made(None)
    assert none.heads[3].metrics["deployed"]["rmse"] is None
    assert none.heads[0].classes == ["zero", "one", "two"]


def test_targets_and_forecasts_that_fit_no_head_are_refused() -> None:
    with pytest.raises(InputError, match="targets are not given by name, but the program has"):
        study(*ran(), [0, 1, 2, 0])
    with pytest.raises(InputError, match="naive forecasts are given, but the program has heads"):
        study(*ran(), TARGETS, naive={"last": [1.0] * 4})


def test_two_runs_with_heads_are_compared_head_by_head() -> None:
    found = compare_reports(made(), made(), ("a", "b"))
    assert found.figures["digit_accuracy_gru"].a == 0.5
    assert found.figures["seconds_rmse_deployed"].title == "seconds: RMSE, deployed"
    program, trace = ran()
    pair = program.head("loud"), trace.head(program, "loud")
    alone = make_report(study(*pair, [0, 1, 1, 0]), dataset="words")
    with pytest.raises(InputError, match="kind of answer"):
        compare_reports(made(), alone, ("a", "b"))
