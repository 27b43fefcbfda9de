from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from importlib.resources import files
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from pages import Page
from programs import every_cell, every_program, random_program, random_sequences, with_classes
from reports import LABELS, PROGRAM, VERIFICATION
from rich.console import Console

from hardware.reporting import Report, Study, make_report, print_report, render_page, study
from hardware.reporting.core_map import DARKEST
from hardware.reporting.markup import SHOWN, Figures
from hardware.reporting.page import mistakes
from hardware.runs.run import run
from hardware.runs.trace import Trace

MATRIX = 0.4
"""How much of a colour a full cell of the confusion matrix has, as in the style sheet."""

ODD = "$x_ $ \\frac [/] <i>"


@pytest.fixture(scope="module")
def page(report: Report, measured: Study) -> Page:
    return Page(render_page(report, measured))


def test_the_page_loads_nothing_and_shows_the_figures(page: Page, report: Report) -> None:
    outside = [
        value
        for _, attributes in page.tags
        for name, value in attributes.items()
        if name in ("src", "href", "xlink:href") and value and not value.startswith("#")
    ]
    assert outside == []
    pictures = [attributes for attributes in page.all("svg") if attributes.get("role") == "img"]
    assert len(pictures) == len(page.all("svg")) == 2 * (7 + len(report.samples))
    for width in ("wide", "narrow"):
        assert sum(picture["class"] == width for picture in pictures) == len(pictures) / 2
    assert all(picture["aria-label"] for picture in pictures)
    assert "0 of 210" in page.text
    assert report.conclusion in page.text.replace("\u00a0", " ")


def test_every_figure_on_the_page_is_that_of_the_json(page: Page, report: Report) -> None:
    content = Figures(json.loads(json.dumps(report.as_json())))
    assert len(page.figures) > 80
    for pointer, value, text in page.figures:
        assert float(value) == content.at(pointer), pointer
        # What is read is that number, rounded: in one of the ways that numbers are written.
        first = re.split(r" \(| [A-Za-zµ%]", text)[0]
        assert any(first in way(float(value)) for way in SHOWN.values()), (pointer, text)
    shown = {pointer for pointer, _, _ in page.figures}
    for needed in (
        "/networks/3/metrics/accuracy",
        "/energy_j/core_dynamic/nominal",
        "/chips/loihi1/latency_s/core/nominal",
        "/confusion/2/1",
        "/layers/2/core_dynamic_j/nominal",
        "/distribution/most_expensive/0/core_dynamic_j/nominal",
        "/delta_gru/formats/int8/with_memory_j/nominal",
        "/events_per_use",
        "/devices/1/total_j/nominal",
        "/chips/loihi2/bound_s/barrier",
        "/chips/loihi2/needed_s/synapses",
        "/host_operations",
    ):
        assert needed in shown


def test_a_screen_reader_finds_its_way(page: Page) -> None:
    names = [tag for tag, _ in page.tags]
    assert [names.count(tag) for tag in ("main", "header", "nav", "h1")] == [1, 1, 1, 1]
    assert page.all("html") == [{"lang": "en"}]
    levels = [int(name[1]) for name in names if re.fullmatch(r"h[1-6]", name)]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = [attributes["id"] for _, attributes in page.tags if attributes.get("id")]
    assert len(ids) == len(set(ids))
    for attributes in page.all("a"):
        assert (attributes["href"] or "#")[1:] in ids
    for section in page.all("section"):
        assert section["aria-labelledby"] in ids
    assert names.count("table") == names.count("caption")
    assert all(heading.get("scope") in ("row", "col") for heading in page.all("th"))
    for region in (a for a in page.all("div") if a.get("class") == "scroll"):
        assert (region["role"], region["tabindex"]) == ("region", "0")
        assert region["aria-label"]


def luminance(colour: tuple[float, ...]) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def themes() -> dict[str, dict[str, tuple[float, ...]]]:
    style = (files("hardware.reporting") / "templates" / "style.css.j2").read_text("utf-8")
    assert style.count(f"calc(var(--share) * {100 * MATRIX:.0f}%)") == 2
    found = re.findall(r":root \{([^}]*)\}", style)
    assert len(found) == 3
    return {
        name: {
            key: tuple(int(value[i : i + 2], 16) / 255 for i in (0, 2, 4))
            for key, value in re.findall(r"--(\w+): #(\w{6})", text)
        }
        for name, text in zip(("light", "dark", "print"), found, strict=True)
    }


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_text_stands_out_from_all_that_it_is_written_on(theme: str) -> None:
    colours = themes()[theme]
    for paper in ("paper", "panel"):
        for text in ("ink", "muted", "accent", "second"):
            assert contrast(colours[text], colours[paper]) >= 4.5, (text, paper)
    for tint, share in (("accent", MATRIX), ("second", MATRIX), ("accent", DARKEST)):
        mixed = tuple(
            share * a + (1 - share) * b
            for a, b in zip(colours[tint], colours["paper"], strict=True)
        )
        assert contrast(colours["ink"], mixed) >= 4.5, tint


def test_inherited_figures_are_marked(report: Report, measured: Study, trace: Trace) -> None:
    text = render_page(report, measured)
    # Six scopes of Loihi 2, and of Loihi 1 all but the host's two.
    assert len(re.findall(r"</data>\*</td>", text)) == 6 + 4
    assert '<th scope="col">core dynamic*</th>' in text
    assert "core dynamic energy*" in text
    of_loihi_1 = study(PROGRAM, trace, chip="loihi1", cost_model="0.1")
    unmarked = render_page(make_report(of_loihi_1, dataset="small"), of_loihi_1)
    assert '<th scope="col">core dynamic</th>' in unmarked


def test_a_chip_on_which_nothing_could_run_is_said_to_be_a_reference_at_once(
    report: Report, measured: Study, trace: Trace
) -> None:
    of_loihi_1 = study(PROGRAM, trace, chip="loihi1")
    text = render_page(make_report(of_loihi_1, dataset="small"), of_loihi_1)
    note = "its figures are a cost reference only"
    assert "a spiking GRU on Loihi 1†</h1>" in text
    assert note in text.split("<main")[0]
    assert note not in render_page(report, measured).split("<main")[0]


def test_the_page_is_the_same_twice(report: Report, measured: Study) -> None:
    assert render_page(report, measured) == render_page(report, measured)


def test_values_that_differ_are_never_called_spikes(trace: Trace) -> None:
    found = {**VERIFICATION, "mismatches": 1234}
    measured = study(PROGRAM, trace)
    report = make_report(measured, dataset="small", verification=found)
    page = render_page(report, measured)
    assert "1,234</data></b><span>values differ between torch, events</span>" in page
    assert "spikes differ" not in page
    text = io.StringIO()
    print_report(report, Console(file=text, width=80))
    words = " ".join(text.getvalue().split())
    assert "torch, events: 1,234 (210 spikes compared, with their" in words


def test_any_name_can_be_shown(trace: Trace) -> None:
    layers = tuple(replace(layer, name=f"{i} {ODD}") for i, layer in enumerate(PROGRAM.layers))
    program = with_classes(replace(PROGRAM, layers=layers), ODD, ODD, ODD)
    measured = study(program, replace(trace, program_digest=program.digest), LABELS)
    report = make_report(measured, dataset=ODD)
    chips = {name: chip.model_copy(update={"name": ODD}) for name, chip in report.chips.items()}
    report = report.model_copy(update={"chips": chips, "chip": ODD, "engine": ODD})
    text = render_page(report, measured)
    assert Page(text).text.count(ODD) > 6
    assert "<i>" not in text
    console = io.StringIO()
    print_report(report, Console(file=console, width=200))
    assert console.getvalue().count(ODD) >= 2


@settings(max_examples=12, deadline=None)
@given(every_program, every_cell)
def test_the_page_works_for_every_kind_of_program(kind: dict[str, Any], cell: Any) -> None:
    program = random_program(**kind, **cell)
    trace = run(program, random_sequences(kind["seed"], kind["channels"], [3, 1, 4]))
    measured = study(program, trace)
    page = Page(render_page(make_report(measured, dataset="any"), measured))
    rasters = [a["aria-label"] or "" for a in page.all("svg") if "below" in str(a["aria-label"])]
    assert len(rasters) >= 4
    assert all(f"{layer.name} sends" in label for label in rasters for layer in program.layers)


@pytest.mark.parametrize("readout", ["mean", "step"])
def test_a_program_without_classes_shows_its_values(readout: str) -> None:
    program = with_classes(random_program(3, readout=readout))
    trace = run(program, random_sequences(3, 3, [4, 6]))
    measured = study(program, trace)
    report = make_report(measured, dataset="values")
    assert report.confusion is None
    assert report.samples[0].predicted is None
    scores = trace.final_scores * 2.0**program.readout.exponent
    assert report.samples[0].scores == scores[report.samples[0].sample].tolist()
    page = Page(render_page(report, measured))
    assert "the values after each step" in page.text
    assert "Answer:" not in page.text


def test_of_many_classes_the_mistakes_made_most_often_are_named() -> None:
    program = random_program(2, outputs=40)
    sequences = random_sequences(2, 3, [3] * 30)
    trace = run(program, sequences)
    labels = (trace.predictions + (np.arange(30) % 3 > 0)) % 40
    measured = study(program, trace, labels)
    report = make_report(measured, dataset="many")
    page = Page(render_page(report, measured))
    assert "Confusion matrix" not in page.text
    assert "The mistakes made most often, of 40 classes" in page.text
    assert sum(number for _, _, number in mistakes(report)) <= 20
    assert mistakes(report)[0][2] == max(
        number for i, row in enumerate(report.confusion or []) for j, number in enumerate(row)
        if i != j
    )  # fmt: skip
