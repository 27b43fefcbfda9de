from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import asdict, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pages import Page
from programs import random_program
from reports import BEST, HISTORY, LABELS, MEASURED, PROGRAM, TRAINED, VERIFICATION
from rich.console import Console

import hardware
from hardware.cost.chip import load_chip
from hardware.cost.counts import count
from hardware.cost.dense_gru import DEVICES, Size, delta_gru, dense_gru
from hardware.errors import InputError, SettingError
from hardware.reporting import (
    Report,
    Skipping,
    Study,
    make_report,
    parquet_is_installed,
    print_report,
    render_page,
    study,
    write_report,
)
from hardware.reporting.metrics import wilson
from hardware.runs.trace import Trace


def test_the_json_has_every_field_that_is_promised(report: Report) -> None:
    content = json.loads(json.dumps(report.as_json()))
    assert content["schema"] == 5
    assert content["dataset"] == {"name": "small", "fingerprint": None, "test_samples": 4}
    names = ["lstm", "float", "quantised", "deployed"]
    assert [network["name"] for network in content["networks"]] == names
    assert len(content["accuracy_interval"]) == 2
    assert content["verification"] == {
        "engines": ["torch", "events"],
        "spikes_compared": 210,
        "mismatches": 0,
    }
    for name in ("spikes", "synaptic_operations", "neuron_updates"):
        assert set(content["per_inference"][name]) == {"mean", "median", "p95"}
    for scope in ("core_dynamic", "core_static", "chip_static", "host"):
        assert set(content["energy_j"][scope]) == {"low", "nominal", "high"}
    assert {"latency_s", "versions"} <= set(content)


def test_the_figures_are_those_of_the_trace(report: Report, trace: Trace) -> None:
    counts = count(trace, PROGRAM)
    assert report.deployed.metrics["accuracy"] == (trace.predictions == LABELS).mean()
    assert report.per_inference.spikes.mean == counts.spikes.mean()
    assert report.per_inference.spikes.p95 == np.percentile(counts.spikes, 95)
    assert sum(layer.core_dynamic_j.nominal for layer in report.layers) == pytest.approx(
        report.energy_j.core_dynamic.nominal
    )


def test_the_dense_networks_stand_beside_it(report: Report, trace: Trace) -> None:
    dense, delta = report.dense_gru, report.delta_gru
    counts = count(trace, PROGRAM)
    assert dense.multiply_accumulates == dense_gru(PROGRAM, counts).multiply_accumulates.mean()
    assert delta.multiply_accumulates == delta_gru(PROGRAM, trace).multiply_accumulates.mean()
    assert delta.multiply_accumulates < dense.multiply_accumulates
    for of_rival in (dense, delta):
        assert set(of_rival.formats) == {"int8", "fp32"}
        for found in of_rival.formats.values():
            assert found.arithmetic_j.nominal < found.with_memory_j.nominal
    assert set(dense.device_j) == set(DEVICES)
    assert dense.device_j["ARM core"] == pytest.approx(dense.multiply_accumulates * 0.9e-9)
    first = report.layers[0]
    assert first.firing_rate == pytest.approx(trace.emitted[0].mean())


def test_a_gru_that_skips_is_the_one_that_was_calibrated(measured: Study) -> None:
    found = Skipping(0.06, 200.0, {"accuracy": 0.75})
    report = make_report(measured, dataset="small", skipping=found)
    assert report.delta_gru.multiply_accumulates == pytest.approx(200, abs=1)
    assert report.dense_gru.multiply_accumulates > 200
    note = "skips what moves by less than 0.06 of a state's range, accuracy 75.00 %"
    assert report.delta_gru.note == note
    place = "int8 from SRAM, 8 kB; Digital, 45 nm"
    assert f"GRU that skips, {place}: {note}; no static power" in Page(
        render_page(report, measured)
    ).text.replace("\u00a0", " ")


def test_a_threshold_of_0_is_said_to_be_uncalibrated(report: Report) -> None:
    assert report.delta_gru.title == "GRU that skips at threshold 0, uncalibrated"
    assert report.delta_gru.note == (
        "skips only what has not changed at all: no threshold was calibrated, because the run has "
        "no `state` baseline"
    )
    rows = [device.name for device in report.devices]
    assert f"{report.delta_gru.title}, int8 from SRAM, 8 kB; Digital, 45 nm" in rows


def test_a_smaller_gru_that_skips_says_so(measured: Study) -> None:
    given = Skipping(0.06, 20.0, {}, Size(hidden=2, weights=40))
    found = make_report(measured, dataset="small", skipping=given).delta_gru
    assert found.note == "2 neurons a layer; skips what moves by less than 0.06 of a state's range"
    same = given._replace(size=Size(hidden=6, weights=200))
    assert make_report(measured, dataset="small", skipping=same).delta_gru.note.startswith("skips")


def test_the_page_shows_the_instructions_of_a_step(report: Report, measured: Study) -> None:
    *layers, readout = report.layers
    assert [layer.instructions_per_step for layer in layers] == [41, 41]
    assert readout.instructions_per_step is None
    shown = {pointer for pointer, _, _ in Page(render_page(report, measured)).figures}
    assert "/layers/0/instructions_per_step" in shown


@pytest.mark.parametrize(
    ("chip", "words"),
    [
        (
            "loihi2",
            "Predicted / measured of published Loihi networks: core dynamic energy 0.633 – 2.12× "
            "on 3; energy of whole chips 0.184 – 2.36× on 3; with the host as well 7.35× on 1; "
            "time on the cores 0.486 – 1.16× on 3 (docs/validation.md)",
        ),
        ("xylo", "constants; no network was measured on Xylo Audio 2, so its errors are not known"),
    ],
)
def test_the_errors_of_the_model_are_next_to_the_ranges(
    chip: str, words: str, trace: Trace
) -> None:
    run = study(PROGRAM, trace, LABELS, chip)
    report, text = make_report(run, dataset="small"), io.StringIO()
    print_report(report, Console(file=text, width=80))
    for shown in (text.getvalue(), Page(render_page(report, run)).text):
        assert words in " ".join(shown.replace("\u00a0", " ").split())
    assert ("no network was measured on" in report.conclusion) == (chip == "xylo")


def test_a_report_of_cost_model_0_1_speaks_of_nothing_newer(trace: Trace) -> None:
    old = study(PROGRAM, trace, LABELS, cost_model="0.1")
    report = make_report(old, dataset="small")
    assert {layer.instructions_per_step for layer in report.layers} == {None}
    text = io.StringIO()
    print_report(report, Console(file=text, width=80))
    for shown in (text.getvalue(), Page(render_page(report, old)).text):
        assert "published Loihi networks" not in shown
        assert "cost model 0.1 was not compared with measurements" in " ".join(shown.split())
        assert "list of instructions" not in shown
        assert "while the host works" not in shown
        assert "leakage while cores and host work" not in shown


def test_what_a_gru_took_on_the_host_stands_on_every_sheet(measured: Study) -> None:
    known = replace(MEASURED, power_w=10.0)
    content = make_report(measured, dataset="small", measured=known)
    (figures,) = content.as_json()["measured"]
    assert figures == {**asdict(known), "energy_j": 0.02}
    last = len(content.devices) - 1
    assert (content.devices[last].name, content.devices[last].modelled) == (
        "a GRU, this machine",
        False,
    )
    table = io.StringIO()
    print_report(content, Console(file=table, width=200))
    assert (
        "Times on a machine (1 thread): the least of all rounds, for 5 frames" in table.getvalue()
    )
    assert "busy (load" not in table.getvalue()
    page = Page(render_page(content, measured))
    shown = {pointer: text for pointer, _, text in page.figures}
    assert shown[f"/devices/{last}/time_s/nominal"] == "1.00 ms"
    assert shown[f"/devices/{last}/total_j/nominal"] == "20.0 mJ"
    assert "least and median of 9 rounds" in page.text


def test_no_sentence_of_the_verdict_depends_on_a_clock(measured: Study) -> None:
    alone = make_report(measured, dataset="small").conclusion
    for seconds in (1e-9, 1e3):
        clocked = replace(MEASURED, power_w=10.0, least_s=seconds, median_s=seconds)
        assert make_report(measured, dataset="small", measured=[clocked]).conclusion == alone


def test_a_busy_machine_is_said_to_be_one(measured: Study) -> None:
    content = make_report(measured, dataset="small", measured=[replace(MEASURED, load=0.75)])
    table = io.StringIO()
    print_report(content, Console(file=table, width=200))
    for text in (table.getvalue(), Page(render_page(content, measured)).text):
        assert "The machine was busy (others used 75 % of its cores): compare with care" in text


def test_that_no_gru_was_measured_is_said(report: Report, measured: Study) -> None:
    assert report.as_json()["measured"] == []
    table = io.StringIO()
    print_report(report, Console(file=table, width=200))
    assert "No network was timed on this machine" in table.getvalue()
    assert "by the clock" not in Page(render_page(report, measured)).text


def test_without_targets_training_or_verification_the_report_says_so(trace: Trace) -> None:
    content = make_report(study(PROGRAM, trace), dataset="small").as_json()
    assert content["verification"] is None
    (deployed,) = content["networks"]
    assert set(deployed["metrics"].values()) == {content["accuracy_interval"]} == {None}


def test_the_table_has_the_accuracies_that_are_known(trace: Trace, report: Report) -> None:
    imported = {"gru": 0.9}
    content = make_report(study(PROGRAM, trace, LABELS), dataset="small", trained=imported)
    texts = []
    for shown in (content, report):
        table = io.StringIO()
        print_report(shown, Console(file=table, width=80))
        texts.append(table.getvalue())
    assert ["torch.nn.GRU" in text for text in texts] == [True, False]
    assert ["torch.nn.LSTM" in text for text in texts] == [False, True]
    assert ["spiking GRU, quantised" in text for text in texts] == [False, True]


def test_wrong_input_is_refused(trace: Trace) -> None:
    with pytest.raises(SettingError, match="unknown chip 'loihi': did you mean"):
        study(PROGRAM, trace, chip="loihi")
    with pytest.raises(InputError, match="2 targets for a trace of 4 sequences"):
        study(PROGRAM, trace, LABELS[:2])
    incomplete = {"program_digest": PROGRAM.digest}
    with pytest.raises(InputError, match="no field 'engines'"):
        make_report(study(PROGRAM, trace), dataset="small", verification=incomplete)
    foreign = {**VERIFICATION, "program_digest": "0"}
    with pytest.raises(InputError, match="verification is that of a different program"):
        make_report(study(PROGRAM, trace), dataset="small", verification=foreign)


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
        make_report(study(PROGRAM, trace), dataset="small", verification=verification)
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


def test_every_figure_that_rests_on_another_chip_is_marked(report: Report) -> None:
    text = io.StringIO()
    print_report(report, Console(file=text, width=80))
    rows = {line.split("│")[1].strip(): line.split("│") for line in text.getvalue().splitlines()
            if line.count("│") == 4}  # fmt: skip
    of_host = ("host and I/O", "time for the host")
    others = ("core, dynamic", "static, cores in use", "static, whole chip", "time on the cores")
    for title in (*of_host, *others):
        *_, two, one, _ = rows[title]
        assert two.rstrip().endswith("*"), title
        assert one.rstrip().endswith("*") == (title in others), title


def test_a_chip_of_ones_own_stands_beside_loihi_2(trace: Trace, tmp_path: Path) -> None:
    file = tmp_path / "my.toml"
    file.write_text(
        (files("hardware.cost") / "chips" / "template.toml").read_text("utf-8"), "utf-8"
    )
    measured = study(PROGRAM, trace, LABELS, str(file))
    report = make_report(measured, dataset="small")
    assert [chip.name for chip in report.chips.values()] == ["My chip", "Loihi 2"]
    assert report.chip == "My chip"
    assert report.energy_j == report.chips[str(file)].energy_j
    paths = write_report(report, measured, tmp_path)
    assert "My chip" in paths[-1].read_text("utf-8")
    text = io.StringIO()
    print_report(report, Console(file=text, width=80))
    assert max(map(len, text.getvalue().splitlines())) <= 80
    file.write_text(file.read_text("utf-8").replace("[energy_pj.spike]", "[energy_nj.spike]"))
    with pytest.raises(SettingError, match="my.toml: field 'energy_nj' has a wrong unit"):
        study(PROGRAM, trace, chip=str(file))


def test_all_files_are_written_and_agree(report: Report, measured: Study, tmp_path: Path) -> None:
    paths = write_report(report, measured, tmp_path)
    assert [path.name for path in paths] == [
        "report.json",
        "per_inference.csv",
        *(["per_inference.parquet"] if parquet_is_installed() else []),
        "report.html",
    ]
    rows = list(csv.DictReader((tmp_path / "per_inference.csv").read_text().splitlines()))
    assert len(rows) == 4
    content = json.loads((tmp_path / "report.json").read_text())
    spikes = np.array([int(row["spikes"]) for row in rows])
    assert spikes.mean() == content["per_inference"]["spikes"]["mean"]
    nominal = np.array([float(row["core_dynamic_j_nominal"]) for row in rows])
    mean = content["energy_j"]["core_dynamic"]["nominal"]
    assert nominal.mean() == pytest.approx(mean, rel=1e-12)
    assert rows[1]["actual"] == "class 1"


def test_a_page_that_cannot_be_made_leaves_the_old_files(
    report: Report, measured: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> str:
        raise RuntimeError("no page")

    monkeypatch.setattr("hardware.reporting.write.render_page", fail)
    with pytest.raises(RuntimeError, match="no page"):
        write_report(report, measured, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_one_call_writes_the_same_files(trace: Trace, report: Report, tmp_path: Path) -> None:
    content = hardware.report(
        PROGRAM,
        trace,
        tmp_path,
        targets=LABELS,
        dataset="small",
        trained=TRAINED,
        history=HISTORY,
        best_epochs=BEST,
        verification=VERIFICATION,
    )
    assert content == report
    assert json.loads((tmp_path / "report.json").read_text()) == json.loads(
        json.dumps(report.as_json())
    )
    assert (tmp_path / "report.html").read_text("utf-8").startswith("<!doctype html>")


def test_the_confusion_matrix_and_the_interval_are_those_of_the_predictions(
    report: Report, trace: Trace
) -> None:
    assert report.confusion is not None
    for actual, row in enumerate(report.confusion):
        for named, number in enumerate(row):
            assert number == np.sum((actual == LABELS) & (trace.predictions == named))
    low, high = report.accuracy_interval or (1, 0)
    assert 0 <= low < (report.deployed.metrics["accuracy"] or 0) < high <= 1


def test_wilsons_interval_is_the_published_one() -> None:
    # Brown, Cai and DasGupta 2001: no success of 10 gives an upper end of 0.278
    assert wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert wilson(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)


def test_operations_and_layers_add_up_to_core_dynamic_energy(report: Report) -> None:
    for bound in ("low", "nominal", "high"):
        whole = getattr(report.energy_j.core_dynamic, bound)
        of_layers = sum(getattr(layer.core_dynamic_j, bound) for layer in report.layers)
        of_operations = sum(getattr(e, bound) for e in report.core_dynamic_by_operation_j.values())
        assert of_layers == pytest.approx(whole)
        assert of_operations == pytest.approx(whole)


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ([0, 1, 3, 1], r"targets\[2\] is 3, expected 0 to 2, or -1"),
        ([0, -2, 2, 1], r"targets\[1\] is -2"),
        ([0.0, 1.0, 2.0, 1.0], "of float64, but the program names classes: give one whole"),
        ([[0], [1], [2], [1]], r"shape \(4, 1\)"),
    ],
)
def test_targets_that_are_no_class_are_refused(trace: Trace, targets: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        study(PROGRAM, trace, targets)


def test_a_trace_of_another_program_is_refused(trace: Trace) -> None:
    with pytest.raises(InputError, match="the trace was recorded with a different program"):
        study(PROGRAM, replace(trace, program_digest="0"))


def test_accuracies_that_are_none_are_refused_by_name(measured: Study) -> None:
    with pytest.raises(InputError, match=r"trained\['float'\]: accuracy is 1.5, expected 0 to 1"):
        make_report(measured, dataset="small", trained={"float": 1.5})
    with pytest.raises(InputError, match="trained has a network 'deployed', .* choose another"):
        make_report(measured, dataset="small", trained={"deployed": 0.5})


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (
            "\nneurons_per_core = ",
            "\nneurons_per_core = 0 #",
            "field 'limits.neurons_per_core' is 0",
        ),
        ("\nweight_bits = ", "\nweight_bits = 65 #", "field 'limits.weight_bits' is 65"),
        ("\nweight_bits = ", "\nweight_bytes = ", "'limits.weight_bytes' has a wrong unit"),
        ("\nneurons_per_core = ", "\n# ", "no field 'limits.neurons_per_core'"),
        ("\nnominal = ", "\nnominal = -1.0 #", "nominal' is -1.0"),
        ("\nlow = ", "\nlow = nan #", "low' is NaN"),
    ],
)
def test_a_chip_file_that_is_wrong_is_refused_by_its_field(
    trace: Trace, tmp_path: Path, before: str, after: str, message: str
) -> None:
    text = (files("hardware.cost") / "chips" / "template.toml").read_text("utf-8")
    assert before in text
    file = tmp_path / "my.toml"
    file.write_text(text.replace(before, after, 1), "utf-8")
    with pytest.raises(SettingError, match=re.escape(message)):
        study(PROGRAM, trace, chip=str(file))


def test_a_chip_on_which_nothing_costs_anything_still_has_a_report(
    trace: Trace, tmp_path: Path
) -> None:
    text = (files("hardware.cost") / "chips" / "template.toml").read_text("utf-8")
    file = tmp_path / "free.toml"
    file.write_text(re.sub(r"\n(low|nominal|high) = [\d.]+", r"\n\1 = 0.0", text), "utf-8")
    measured = study(PROGRAM, trace, LABELS, str(file))
    report = make_report(measured, dataset="small")
    assert report.energy_j.core_dynamic.high == 0
    assert render_page(report, measured).startswith("<!doctype html>")


def test_a_study_takes_a_chip_in_every_form(trace: Trace, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_bytes(
        (files("hardware.cost") / "chips" / "template.toml").read_bytes()
    )
    by_path = study(PROGRAM, trace, chip=tmp_path / "mine.toml")
    assert list(by_path.chips) == [str(tmp_path / "mine.toml"), "loihi2"]
    as_it_is = study(PROGRAM, trace, chip=load_chip(tmp_path / "mine.toml"))
    assert list(as_it_is.chips) == ["My chip", "loihi2"]
    assert np.array_equal(as_it_is.cost.core_dynamic_j, by_path.cost.core_dynamic_j)
    named = study(PROGRAM, trace, chip=load_chip("loihi2"))
    assert list(named.chips) == ["Loihi 2"]
    assert list(study(PROGRAM, trace, chip="loihi2").chips) == ["loihi2", "loihi1"]


def test_an_empty_trace_can_be_studied_but_not_reported() -> None:
    empty = study(PROGRAM, hardware.run(PROGRAM, []), [])
    assert empty.counts.steps.shape == empty.cost.core_s[1].shape == (0,)
    with pytest.raises(InputError, match="the trace holds no sequence.*run the program on"):
        make_report(empty, dataset="small")


def test_clamped_inputs_are_in_the_report_the_table_and_the_page(
    measured: Study, report: Report, trace: Trace
) -> None:
    counts = np.array([1, 9, 0])
    run = replace(measured, trace=replace(trace, clamped=counts))
    few = make_report(run, dataset="small")
    assert few.clamped_inputs is not None
    assert few.clamped_inputs.share == counts.sum() / trace.events.size
    assert few.clamped_inputs.largest_share == 9 / len(trace.events)
    assert few.clamped_inputs.channel == 1
    assert few.clamped_inputs.warning is None
    run = replace(measured, trace=replace(trace, clamped=counts + 12))
    many = make_report(run, dataset="small")
    assert "another unit than the training data" in many.as_json()["clamped_inputs"]["warning"]
    page = Page(render_page(many, run)).text.replace("\u00a0", " ")
    assert "of channel 1, which has the most, 100.00 %" in page
    for content, share in ((few, "42.86 %"), (many, "100.00 %")):
        console = Console(width=200, record=True, file=io.StringIO())
        print_report(content, console)
        text = console.export_text()
        assert f"of channel 1, which has the most, {share}\n" in text
        assert ("Warning: the encoder clamped" in text) == (content is many)


TOKENS = random_program(4, channels=1, outputs=3, encoder="tokens")


@pytest.mark.parametrize("of_tokens", [False, True])
def test_nothing_is_said_of_clamped_inputs_where_none_were_counted_or_none_can_be(
    measured: Study, trace: Trace, of_tokens: bool
) -> None:
    run = replace(measured, trace=replace(trace, clamped=None))
    if of_tokens:
        run = study(TOKENS, hardware.run(TOKENS, [[[1], [2], [0]], [[2]]]), [0, 2])
        assert run.trace.clamped is not None
    content = make_report(run, dataset="small")
    assert content.as_json()["clamped_inputs"] is None
    console = Console(width=200, record=True, file=io.StringIO())
    print_report(content, console)
    assert "lamped" not in console.export_text()
    assert "lamped" not in Page(render_page(content, run)).text
