from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from pages import Page
from programs import random_program, random_sequences, with_classes
from reports import LABELS, PROGRAM, SEQUENCES, TRAINED
from rich.console import Console

from hardware.errors import InputError
from hardware.reporting import (
    Report,
    compare_reports,
    make_report,
    print_comparison,
    study,
    write_comparison,
)
from hardware.reporting.markup import Figures
from hardware.runs.run import run
from hardware.runs.trace import Trace


@pytest.fixture(scope="module")
def other() -> Report:
    program = random_program(5, hidden=(4,), outputs=3)
    trained = {**TRAINED, "quantised": 0.6}
    measured = study(program, run(program, SEQUENCES), LABELS)
    return make_report(measured, dataset="small", trained=trained)


def test_both_runs_stand_beside_each_other_with_their_ratio(report: Report, other: Report) -> None:
    compared = compare_reports(report, other, ("first", "second"))
    spikes = compared.figures["spikes"]
    assert spikes.a == report.per_inference.spikes.mean
    assert spikes.b == other.per_inference.spikes.mean
    energy = compared.figures["core_dynamic_j"]
    assert (energy.a, energy.b) == (report.energy_j.core_dynamic, other.energy_j.core_dynamic)
    assert energy.ratio == pytest.approx(
        other.energy_j.core_dynamic.nominal / report.energy_j.core_dynamic.nominal
    )
    assert compared.figures["accuracy_quantised"].ratio == pytest.approx(0.6 / 0.75)
    assert compared.figures["core_s"].a == report.latency_s.core


def test_a_run_is_as_itself(report: Report) -> None:
    compared = compare_reports(report, report, ("one", "one"))
    assert {row.ratio for row in compared.figures.values()} == {1.0}


def test_what_is_not_known_has_no_ratio(report: Report) -> None:
    _, floating, *others = report.networks
    zero = floating.model_copy(update={"metrics": {**floating.metrics, "accuracy": 0.0}})
    changed = report.model_copy(update={"networks": [zero, *others]})
    compared = compare_reports(changed, report, ("a", "b"))
    assert compared.figures["accuracy_lstm"].a is None
    assert compared.figures["accuracy_lstm"].b == 0.9
    assert compared.figures["accuracy_lstm"].ratio is None
    assert compared.figures["accuracy_float"].ratio is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "big"}, "the data set of a is 'small', that of b 'big'"),
        ({"fingerprint": "f"}, "the fingerprint of the data set of a is None, that of b 'f'"),
        ({"test_samples": 5}, "the number of test samples of a is 4, that of b 5"),
    ],
)
def test_runs_on_other_data_are_refused(
    report: Report, change: dict[str, object], message: str
) -> None:
    other = report.model_copy(update={"dataset": report.dataset.model_copy(update=change)})
    with pytest.raises(InputError, match=f"{message}: only reports of the same data"):
        compare_reports(report, other, ("a", "b"))


def test_runs_on_another_chip_are_refused(report: Report) -> None:
    with pytest.raises(InputError, match="the chip of a is 'Loihi 2', that of b 'Loihi 1'"):
        compare_reports(report, report.model_copy(update={"chip": "Loihi 1"}), ("a", "b"))


def test_reports_of_other_cost_models_are_refused(report: Report) -> None:
    with pytest.raises(InputError, match="the cost model of a is '0.2', that of b '0.1'"):
        compare_reports(report, report.model_copy(update={"cost_model": "0.1"}), ("a", "b"))


def test_the_files_agree_and_the_table_shows_them(
    report: Report, other: Report, tmp_path: Path
) -> None:
    compared = compare_reports(report, other, ("<i>$x_", "second"))
    paths = write_comparison(compared, tmp_path)
    assert [path.name for path in paths] == ["compare.json", "compare.html"]
    content = json.loads(paths[0].read_text("utf-8"))
    assert content["schema"] == 3
    text = paths[1].read_text("utf-8")
    assert "<i>" not in text
    page = Page(text)
    assert len(page.figures) > 30
    for pointer, value, _ in page.figures:
        assert float(value) == Figures(content).at(pointer)
    assert len([th for th in page.all("th") if th.get("scope") == "row"]) == len(compared.figures)
    console = io.StringIO()
    print_comparison(compared, Console(file=console, width=80))
    assert "<i>$x_" in console.getvalue()
    for row in compared.figures.values():
        assert row.title in console.getvalue()
    lines = console.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    marked = [line for line in lines if line.startswith("│") and "*" in line]
    assert len(marked) == 6  # what is inherited: four energies and two times


def test_a_chip_on_which_nothing_could_run_is_said_to_be_a_reference(
    trace: Trace, tmp_path: Path
) -> None:
    content = make_report(study(PROGRAM, trace, LABELS, "loihi1"), dataset="small")
    compared = compare_reports(content, content, ("a", "b"))
    note = "a gated cell cannot run on it: its figures are a cost reference only"
    assert note in compared.note
    assert f"{note}.</p>" in write_comparison(compared, tmp_path)[1].read_text("utf-8")
    console = io.StringIO()
    print_comparison(compared, Console(file=console, width=80))
    assert "on Loihi 1†: nominal" in console.getvalue()
    assert note in " ".join(console.getvalue().split())


def test_long_names_are_told_apart(report: Report) -> None:
    names = tuple(f"a-long-name-of-a-run-whose-end-is-its-seed-{seed}" for seed in (1, 2))
    console = io.StringIO()
    print_comparison(compare_reports(report, report, names), Console(file=console, width=80))
    header = [line.split("┃")[2:4] for line in console.getvalue().splitlines() if "┃" in line]
    assert ["".join(part.strip() for part in parts) for parts in zip(*header, strict=True)] == [
        *names
    ]
    assert max(map(len, console.getvalue().splitlines())) <= 80


def test_programs_of_values_compare_too() -> None:
    program = with_classes(random_program(3))
    measured = study(program, run(program, random_sequences(3, 3, [4, 6])))
    content = make_report(measured, dataset="values")
    compared = compare_reports(content, content, ("a", "b"))
    assert compared.figures["rmse_deployed"].a is None
