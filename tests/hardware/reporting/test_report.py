from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from programs import random_program, random_sequences
from rich.console import Console

from hardware.counts import count
from hardware.dense import delta_gru, dense_gru
from hardware.errors import InputError, SettingError
from hardware.inference import run
from hardware.program import Program
from hardware.program_file import digest
from hardware.reporting import Report, make_report, print_report, render_page, write_report
from hardware.trace import Trace

PROGRAM = random_program(4, hidden=(6, 4), outputs=3)
SEQUENCES = random_sequences(4, 3, [5, 8, 2, 6])
LABELS = np.array([0, 1, 2, 1])
TRAINED = {"baseline_gru": 0.9, "float": 0.8, "quantised": 0.75}
VERIFICATION = {
    "program_digest": digest(PROGRAM),
    "engines": ["torch", "events"],
    "spikes_compared": 210,
    "mismatches": 0,
    "more": 1,
}


@pytest.fixture(scope="module")
def trace() -> Trace:
    return run(PROGRAM, SEQUENCES)


@pytest.fixture(scope="module")
def report(trace: Trace) -> Report:
    return make_report(
        PROGRAM,
        trace,
        dataset="small",
        labels=LABELS,
        trained=TRAINED,
        verification=VERIFICATION,
    )


def test_the_json_has_every_field_that_is_promised(report: Report) -> None:
    content = json.loads(json.dumps(report.as_json()))
    assert content["schema"] == 1
    assert content["dataset"] == {"name": "small", "test_samples": 4}
    assert set(content["accuracy"]) == {"baseline_gru", "float", "quantised", "deployed"}
    assert content["verification"] == {
        "engines": ["torch", "events"],
        "spikes_compared": 210,
        "mismatches": 0,
    }
    for name in ("spikes", "synaptic_operations", "neuron_updates"):
        assert set(content["per_inference"][name]) == {"mean", "median", "p95"}
    for scope in ("core_dynamic", "core_static", "host"):
        assert set(content["energy_j"][scope]) == {"low", "nominal", "high"}
    assert {"latency_s", "versions"} <= set(content)


def test_the_figures_are_those_of_the_trace(report: Report, trace: Trace) -> None:
    counts = count(trace, PROGRAM)
    assert report.accuracy.deployed == (trace.predictions == LABELS).mean()
    assert report.per_inference.spikes.mean == counts.spikes.mean()
    assert report.per_inference.spikes.p95 == np.percentile(counts.spikes, 95)
    assert sum(layer.core_dynamic_j for layer in report.layers) == pytest.approx(
        report.energy_j.core_dynamic.nominal
    )


def test_the_dense_networks_stand_beside_it(report: Report, trace: Trace) -> None:
    dense, delta = report.dense_gru, report.delta_gru
    counts = count(trace, PROGRAM)
    assert dense.multiply_accumulates == dense_gru(PROGRAM, counts).multiply_accumulates.mean()
    assert delta.multiply_accumulates == delta_gru(PROGRAM, trace).multiply_accumulates.mean()
    assert delta.multiply_accumulates < dense.multiply_accumulates
    assert set(dense.energy_j) == {"int8", "fp32"}
    assert dense.device_j["GPU"] == pytest.approx(dense.multiply_accumulates * 0.3e-9)
    first = report.layers[0]
    assert first.firing_rate == pytest.approx(trace.emitted[0].mean())


def test_without_labels_training_or_verification_the_report_says_so(trace: Trace) -> None:
    content = make_report(PROGRAM, trace, dataset="small").as_json()
    assert content["verification"] is None
    assert set(content["accuracy"].values()) == {None}


def test_wrong_input_is_refused(trace: Trace) -> None:
    with pytest.raises(SettingError, match="unknown chip 'loihi': did you mean"):
        make_report(PROGRAM, trace, dataset="small", chip="loihi")
    with pytest.raises(InputError, match="2 labels for a trace of 4 sequences"):
        make_report(PROGRAM, trace, dataset="small", labels=LABELS[:2])
    incomplete = {"program_digest": digest(PROGRAM)}
    with pytest.raises(InputError, match="no field 'engines'"):
        make_report(PROGRAM, trace, dataset="small", verification=incomplete)
    foreign = {**VERIFICATION, "program_digest": "0"}
    with pytest.raises(InputError, match="verification is of another program"):
        make_report(PROGRAM, trace, dataset="small", verification=foreign)


@pytest.mark.parametrize(
    ("verification", "message"),
    [
        ([], "is a list, expected an object with the field 'program_digest'"),
        ({**VERIFICATION, "engines": "torch"}, "field 'engines' is \"torch\""),
        ({**VERIFICATION, "engines": ["torch", 1]}, "field 'engines.1' is 1"),
        ({**VERIFICATION, "spikes_compared": "many"}, "field 'spikes_compared' is \"many\""),
        ({**VERIFICATION, "mismatches": None}, "field 'mismatches' is null"),
        ({**VERIFICATION, "mismatches": -1}, "field 'mismatches' is -1"),
    ],
)
def test_a_verification_of_a_wrong_form_is_refused_by_its_field(
    trace: Trace, verification: Any, message: str
) -> None:
    with pytest.raises(InputError, match=f"{message}.*run `spiking-gru verify` again") as found:
        make_report(PROGRAM, trace, dataset="small", verification=verification)
    assert "\n" not in str(found.value)


def test_the_table_fits_80_columns_and_names_every_caveat(report: Report) -> None:
    text = io.StringIO()
    print_report(report, Console(file=text, width=80))
    lines = text.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    words = " ".join(" ".join(lines).split())
    assert "torch, events: 0 (210 spikes compared, with their membranes and scores)" in words
    assert "inherited from Loihi 1" in words
    assert "Loihi 1 has no programmable neuron" in words
    assert "75.00 %" in words


def test_every_figure_that_rests_on_another_chip_is_marked(report: Report, trace: Trace) -> None:
    text = io.StringIO()
    print_report(report, Console(file=text, width=80))
    rows = {line.split("│")[1].strip(): line.split("│") for line in text.getvalue().splitlines()
            if line.count("│") == 4}  # fmt: skip
    inherited = {"core, dynamic", "host and I/O", "time on the cores", "time for the host"}
    for title in (*inherited, "core, static"):
        *_, one, two, _ = rows[title]
        assert not one.rstrip().endswith("*")
        assert two.rstrip().endswith("*") == (title in inherited), title
    page = render_page(report, PROGRAM, trace, LABELS)
    assert page.count("J*</td>") + page.count("s*</td>") == len(inherited)
    assert "<th>core dynamic*</th>" in page
    assert "core dynamic energy*" in page
    unmarked = make_report(PROGRAM, trace, dataset="small", chip="loihi1")
    assert "<th>core dynamic</th>" in render_page(unmarked, PROGRAM, trace, LABELS)


def test_a_chip_of_ones_own_stands_beside_loihi_2(trace: Trace, tmp_path: Path) -> None:
    file = tmp_path / "my.toml"
    file.write_text((files("hardware") / "chips" / "template.toml").read_text("utf-8"), "utf-8")
    report = make_report(PROGRAM, trace, dataset="small", chip=str(file))
    assert [chip.name for chip in report.chips.values()] == ["Loihi 2", "My chip"]
    assert report.chip == "My chip"
    assert report.energy_j == report.chips[str(file)].energy_j
    paths = write_report(report, PROGRAM, trace, LABELS, tmp_path, str(file))
    assert "My chip" in paths[-1].read_text("utf-8")
    text = io.StringIO()
    print_report(report, Console(file=text, width=80))
    assert max(map(len, text.getvalue().splitlines())) <= 80
    file.write_text(file.read_text("utf-8").replace("[energy_pj.spike]", "[energy_nj.spike]"))
    with pytest.raises(SettingError, match="my.toml: field 'energy_nj' has a wrong unit"):
        make_report(PROGRAM, trace, dataset="small", chip=str(file))


def test_all_three_files_are_written_and_agree(
    report: Report, trace: Trace, tmp_path: Path
) -> None:
    paths = write_report(report, PROGRAM, trace, LABELS, tmp_path, "loihi2")
    assert [path.name for path in paths] == ["report.json", "per_inference.csv", "report.html"]
    rows = list(csv.DictReader((tmp_path / "per_inference.csv").read_text().splitlines()))
    assert len(rows) == 4
    content = json.loads((tmp_path / "report.json").read_text())
    spikes = np.array([int(row["spikes"]) for row in rows])
    assert spikes.mean() == content["per_inference"]["spikes"]["mean"]
    nominal = np.array([float(row["core_dynamic_j_nominal"]) for row in rows])
    assert nominal.mean() == pytest.approx(content["energy_j"]["core_dynamic"]["nominal"], rel=1e-5)
    assert rows[1]["actual"] == "class 1"


class Collector(HTMLParser):
    """Every tag with its attributes, and all text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_loads_nothing_and_shows_the_figures(report: Report, trace: Trace) -> None:
    page = render_page(report, PROGRAM, trace, LABELS)
    collector = Collector()
    collector.feed(page)
    outside = [
        value
        for _, attributes in collector.tags
        for name, value in attributes.items()
        if name in ("src", "href", "xlink:href") and value and not value.startswith("#")
    ]
    assert outside == []
    names = [tag for tag, _ in collector.tags]
    assert names.count("svg") == 3
    assert "script" not in names
    assert "0 of 210" in collector.text
    assert report.conclusion in collector.text


def test_the_page_is_the_same_twice(report: Report, trace: Trace) -> None:
    assert render_page(report, PROGRAM, trace, LABELS) == render_page(
        report, PROGRAM, trace, LABELS
    )


def test_values_that_differ_are_never_called_spikes(trace: Trace) -> None:
    found = {**VERIFICATION, "mismatches": 1234}
    report = make_report(PROGRAM, trace, dataset="small", verification=found)
    page = render_page(report, PROGRAM, trace, None)
    assert "<b>1,234</b><span>values differ between torch, events</span>" in page
    assert "spikes differ" not in page
    text = io.StringIO()
    print_report(report, Console(file=text, width=80))
    words = " ".join(text.getvalue().split())
    assert "torch, events: 1,234 (210 spikes compared, with their" in words


ODD = "$x_ $ \\frac [/] <i>"


def test_any_name_can_be_shown(trace: Trace) -> None:
    layers = tuple(replace(layer, name=f"{i} {ODD}") for i, layer in enumerate(PROGRAM.layers))
    program = replace(PROGRAM, classes=(ODD, ODD, ODD), layers=layers)
    report = make_report(program, replace(trace, program_digest=digest(program)), dataset=ODD)
    chips = {name: chip.model_copy(update={"name": ODD}) for name, chip in report.chips.items()}
    report = report.model_copy(update={"chips": chips, "chip": ODD, "engine": ODD})
    collector = Collector()
    collector.feed(render_page(report, program, trace, LABELS))
    assert collector.text.count(ODD) > 6
    text = io.StringIO()
    print_report(report, Console(file=text, width=200))
    assert text.getvalue().count(ODD) >= 2


def test_a_page_that_cannot_be_made_leaves_the_old_files(
    report: Report, trace: Trace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> str:
        raise RuntimeError("no page")

    monkeypatch.setattr("hardware.reporting.write.render_page", fail)
    with pytest.raises(RuntimeError, match="no page"):
        write_report(report, PROGRAM, trace, LABELS, tmp_path, "loihi2")
    assert list(tmp_path.iterdir()) == []


def test_names_in_the_page_are_escaped(trace: Trace) -> None:
    report = make_report(PROGRAM, trace, dataset="<b>bold</b>")
    assert "<b>bold</b>" not in render_page(report, PROGRAM, trace, None)


def test_the_page_works_for_any_program() -> None:
    program: Program = random_program(9, channels=1, hidden=(1,), outputs=1)
    trace = run(program, random_sequences(9, 1, [1]))
    page = render_page(make_report(program, trace, dataset="tiny"), program, trace, None)
    assert page.startswith("<!doctype html>")
