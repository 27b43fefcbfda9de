"""The report of a translation: its figures, its page, its table, its files."""

from __future__ import annotations

import csv
import io
import json
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pages import Page
from pairs import of_texts, random_pair
from rich.console import Console

import hardware
from hardware.cost.halves import estimate_halves
from hardware.errors import InputError, SettingError
from hardware.reporting import (
    PairReport,
    PairStudy,
    TrainedNetwork,
    half_reports,
    make_pair_report,
    pair_study,
    print_pair_report,
    report_pair,
)
from hardware.reporting.markup import SHOWN, Figures
from hardware.reporting.pair.page import render_pair_page
from hardware.reporting.pair.schema import PAIR_SCHEMA
from hardware.reporting.pair.study import per_source, texts_by_source
from hardware.runs.decoding import translate
from hardware.runs.translation import Translation

SOURCES = ["abc", "a cab", "bad dab", "dab"]
GRU = TrainedNetwork(
    {"exact_match": 0.5, "accuracy": 0.9},
    title="torch.nn.GRU",
    dense=True,
    hidden=5,
    parameters=500,
    layer_weights=300,
    encoder_weights=180,
    readout_weights=20,
)
HISTORY = [
    {"phase": "gru", "epoch": [1, 2], "training_loss": [2.0, 1.0], "validation_loss": [1.5, 1.25]}
]
SCOPES = ("core_dynamic", "core_static", "chip_static", "host")


@pytest.fixture(scope="module")
def found() -> Translation:
    return translate(of_texts(3), SOURCES, most=5)


@pytest.fixture(scope="module")
def run(found: Translation) -> PairStudy:
    return pair_study(found, [found.texts[0], "no", found.texts[2], "no [/] <i>"])


def made(run: PairStudy, **more: Any) -> PairReport:
    pair = run.translation.pair
    verification = {
        half: {
            "program_digest": program.digest,
            "engines": ["torch", "events"],
            "spikes_compared": 70,
            "mismatches": 0,
        }
        for half, program in pair.halves.items()
    }
    halves = half_reports(run, dataset="small", verification=verification)
    given = {"trained": {"gru": GRU}, "history": HISTORY, "best_epochs": {"gru": 2}, **more}
    return make_pair_report(run, halves, **given)


@pytest.fixture(scope="module")
def report(run: PairStudy) -> PairReport:
    return made(run)


def test_the_figures_of_both_are_the_sums_of_the_halves(
    found: Translation, report: PairReport
) -> None:
    costs = estimate_halves(found)
    counts = [hardware.count(found.traces[half], found.pair.halves[half]) for half in found.traces]
    for name in ("steps", "spikes", "synaptic_operations", "neuron_updates", "input_events"):
        of_sources = np.sum([getattr(part, name) for part in counts], axis=0)
        spread = getattr(report.both.per_inference, name)
        assert spread.mean == of_sources.mean()
        assert spread.p95 == np.percentile(of_sources, 95)
        halves = [
            getattr(part.per_inference, name).mean for part in (report.encoder, report.decoder)
        ]
        assert sum(halves) == pytest.approx(spread.mean)
        assert min(halves) > 0
    for scope in SCOPES:
        summed = sum(getattr(cost, f"{scope}_j") for cost in costs).mean(axis=1)
        energy = getattr(report.both.chips["loihi2"].energy_j, scope)
        assert [energy.low, energy.nominal, energy.high] == pytest.approx(summed.tolist())
        assert getattr(costs.both, f"{scope}_j").shape == (3, len(SOURCES))
    seconds = sum(cost.core_s for cost in costs).mean(axis=1)
    assert report.both.chips["loihi2"].latency_s.core.nominal == pytest.approx(seconds[1])
    assert report.both.chips["loihi2"].cores == sum(cost.cores for cost in costs)
    by_operation = sum(costs.both.core_dynamic_by_operation_j.values())
    assert np.allclose(by_operation, costs.both.core_dynamic_j)
    assert np.allclose(sum(costs.both.core_dynamic_by_layer_j), costs.both.core_dynamic_j)


def test_the_programs_are_compared_with_the_trained_pairs(
    found: Translation, report: PairReport
) -> None:
    gru, deployed = report.networks
    read, written = (trace.lengths.mean() for trace in found.traces.values())
    assert gru.operations == pytest.approx(180 * read + (300 - 180 + 20) * written)
    assert gru.energy_j["int8_arithmetic"] == pytest.approx(gru.operations * 0.3e-12)
    assert gru.energy_j["int8"] == pytest.approx(gru.operations * (0.3 + 1.25) * 1e-12)
    assert gru.metrics == {"exact_match": 0.5, "accuracy": 0.9, "perplexity": None}
    assert deployed.metrics == {"exact_match": 0.5, "accuracy": None, "perplexity": None}
    assert report.exact_match_interval == pytest.approx((0.15, 0.85), abs=0.01)
    assert deployed.operations == report.both.per_inference.synaptic_operations.mean
    assert deployed.energy_j == {
        "core_dynamic": report.both.chips["loihi2"].energy_j.core_dynamic.nominal
    }
    assert report.verification is not None
    assert report.verification.spikes_compared == 140
    assert [curve.phase for curve in report.curves] == ["gru"]
    assert report.handed_over == 5


def test_the_dense_grus_have_no_readout_of_the_encoder(
    found: Translation, report: PairReport
) -> None:
    operations = 0.0
    for half, program in found.pair.halves.items():
        (layer,) = program.layers
        per_step = layer.input_weights.size // program.encoder.fields + layer.recurrent_weights.size
        per_step += program.readout.weights.size if half == "decoder" else 0
        operations += found.traces[half].lengths.mean() * per_step
    assert report.dense_gru.multiply_accumulates == pytest.approx(operations)
    assert report.deployed.parameters == sum(
        layer.input_weights.size
        + layer.recurrent_weights.size
        + layer.gate.bias.size
        + layer.gate.recurrent_bias.size * layer.cell.row.resets_after
        for program in found.pair.halves.values()
        for layer in program.layers
    ) + sum(getattr(found.pair.decoder.readout, name).size for name in ("weights", "bias"))


def test_wrong_texts_come_first(found: Translation, report: PairReport) -> None:
    assert [text.sample for text in report.texts] == [1, 3, 0, 2]
    assert [text.source for text in report.texts] == [SOURCES[i] for i in (1, 3, 0, 2)]
    assert [text.written for text in report.texts] == [found.texts[i] for i in (1, 3, 0, 2)]
    assert report.ended == np.mean(found.ended)


def test_every_figure_on_the_page_is_that_of_the_json(report: PairReport) -> None:
    page = Page(render_pair_page(report))
    content = Figures(json.loads(json.dumps(report.as_json())))
    assert len(page.figures) > 80
    for pointer, value, text in page.figures:
        assert float(value) == content.at(pointer), pointer
        first = re.split(r" \(| [A-Za-zµ%]", text)[0]
        assert any(first in way(float(value)) for way in SHOWN.values()), (pointer, text)
    shown = {pointer for pointer, _, _ in page.figures}
    for part in ("encoder", "decoder", "both"):
        assert f"/{part}/per_inference/synaptic_operations/mean" in shown
        assert f"/{part}/chips/loihi1/energy_j/host/nominal" in shown
    outside = {
        value
        for _, attributes in page.tags
        for name, value in attributes.items()
        if name in ("src", "href", "xlink:href") and value and not value.startswith("#")
    }
    assert outside == {"encoder/report.html", "decoder/report.html"}
    assert "no [/] <i>" in page.text, "texts are no markup"
    sections = {attributes["href"] for attributes in page.all("a")} - outside - {"#content"}
    ids = {f"#{a['id']}" for _, a in page.tags if a.get("id")}
    assert sections <= ids


def test_the_table_fits_80_columns(report: PairReport) -> None:
    console = Console(file=io.StringIO(), width=80)
    print_pair_report(report, console)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert max(map(len, text.splitlines())) <= 80
    words = " ".join(text.split())
    assert "torch.nn.GRU" in words
    assert "deployed programs (events engine)" in words
    for part in report.parts.values():
        mean = part.per_inference.synaptic_operations.mean
        assert f" {mean:,.0f} " in words


def test_texts_whose_right_ones_are_not_known_are_reported_too(found: Translation) -> None:
    report = made(pair_study(found), trained={}, history=())
    assert report.deployed.metrics["exact_match"] is None
    assert report.exact_match_interval is None
    assert "right as a whole" not in render_pair_page(report)
    assert [text.expected for text in report.texts] == [None] * 4


def test_sources_need_not_be_texts() -> None:
    sources = [np.random.default_rng(n).normal(size=(n, 3)) for n in (5, 2)]
    found = translate(random_pair(emit="graded"), sources, most=3, beam=2)
    report = made(pair_study(found), trained={}, history=())
    assert [text.source for text in report.texts] == [None, None]
    assert "beam of 2" in Page(render_pair_page(report)).text


def test_all_files_are_written(found: Translation, tmp_path: Path) -> None:
    content = report_pair(found, tmp_path, expected=found.texts, dataset="small")
    tables = ("csv", "parquet") if find_spec("pyarrow") else ("csv",)
    names = {"report.json", "report.html", *(f"per_inference.{kind}" for kind in tables)}
    of_frames = {f"predictions.{kind}" for kind in tables}  # the decoder answers every step
    for folder, more in (("", set()), ("encoder", set()), ("decoder", of_frames)):
        written = {path.name for path in (tmp_path / folder).iterdir() if path.is_file()}
        assert written == names | more
    assert json.loads((tmp_path / "report.json").read_text()) == content.as_json()
    assert content.as_json()["schema"] == PAIR_SCHEMA == 2
    half = json.loads((tmp_path / "encoder" / "report.json").read_text())
    assert half["dataset"]["name"] == "small, encoder"
    mean = half["per_inference"]["synaptic_operations"]["mean"]
    assert mean == content.encoder.per_inference.synaptic_operations.mean
    with (tmp_path / "per_inference.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["written"] for row in rows] == list(found.texts)
    energy = [float(row["core_dynamic_j_nominal"]) for row in rows]
    assert energy == estimate_halves(found).both.core_dynamic_j[1].tolist()
    operations = [int(row["synaptic_operations"]) for row in rows]
    assert np.mean(operations) == content.both.per_inference.synaptic_operations.mean


@pytest.mark.parametrize(
    ("trained", "message"),
    [
        ({"deployed": GRU}, "which is the name of the programs themselves"),
        ({"gru": TrainedNetwork({"rmse": 0.1})}, "unknown metric in trained"),
        ({"gru": TrainedNetwork({"exact_match": 1.5})}, "exact_match is 1.5, expected 0 to 1"),
    ],
)
def test_what_no_pair_can_be_compared_with_is_refused(
    run: PairStudy, trained: dict[str, TrainedNetwork], message: str
) -> None:
    with pytest.raises((InputError, SettingError), match=message):
        made(run, trained=trained, history=())


def test_right_texts_of_another_number_are_refused(found: Translation) -> None:
    with pytest.raises(InputError, match="1 expected texts for 4"):
        pair_study(found, ["a"])


PAGE = (Path(__file__).parents[4] / "docs" / "translation.md").read_text("utf-8")


def described(heading: str) -> set[str]:
    """Return the names in the first column of the table below a heading."""
    part = re.split(r"^#+ ", PAGE.split(f"### {heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)
    rows = [line.split("|")[1] for line in part[0].splitlines() if line.startswith("| `")]
    return {name for row in rows for name in re.findall(r"`(\w+)`", row)}


def test_every_field_and_column_is_described(run: PairStudy, report: PairReport) -> None:
    content = report.as_json()
    assert described("PairReport") == set(content)
    assert described("PartFigures") == set(content["both"])
    assert described("TextFigures") == set(content["texts"][0])
    texts = texts_by_source(run.translation, run.expected)
    assert described("per_inference") == set(texts)
    assert list(per_source(run))[: len(texts)] == list(texts)
    assert f"`schema` is {PAIR_SCHEMA};" in PAGE
