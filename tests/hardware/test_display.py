"""Objects show one line with shapes and figures, and notebooks a small table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from programs import random_program, random_sequences, with_classes

import hardware
from hardware.display import html_table, number_of

PROGRAM = random_program(4, hidden=(6, 4), outputs=3)
SEQUENCES = random_sequences(4, 3, [5, 8, 2, 6])


@pytest.fixture(scope="module")
def shown() -> dict[str, object]:
    trace = hardware.run(PROGRAM, SEQUENCES)
    return {
        "Sequences": SEQUENCES,
        "Trace": trace,
        "Program": PROGRAM,
        "Counts": hardware.count(trace, PROGRAM),
        "Cost": hardware.estimate(trace, PROGRAM),
    }


def test_one_thing_has_no_plural() -> None:
    assert number_of(1, "sequence") == "1 sequence"
    assert number_of(0, "sequence") == "0 sequences"
    assert number_of(12345, "class", "classes") == "12,345 classes"


def test_reprs_are_one_line_with_shapes_and_figures(shown: dict[str, object]) -> None:
    for name, value in shown.items():
        assert repr(value).startswith(f"{name}(")
        assert len(repr(value)) < 160
        assert "\n" not in repr(value)
    assert repr(SEQUENCES) == "Sequences(4 sequences, 21 frames, 3 channels)"
    assert repr(shown["Trace"]) == (
        "Trace('events': 4 sequences, 21 steps, layers of 6, 4 neurons, 3 scores of each sequence)"
    )
    counts, cost = shown["Counts"], shown["Cost"]
    assert isinstance(counts, hardware.Counts)
    assert isinstance(cost, hardware.Cost)
    assert f"{counts.spikes.mean():,.1f} spikes" in repr(counts)
    assert f"{counts.synaptic_operations.mean():,.1f} synaptic operations" in repr(counts)
    assert repr(cost).startswith(f"Cost('Loihi 2': 4 inferences on {cost.cores} cores")
    assert f"{1e6 * cost.core_dynamic_j[1].mean():.3g} µJ core dynamic" in repr(cost)
    assert f"{1e6 * cost.core_s[1].mean():.3g} µs" in repr(cost)


def test_a_trace_of_answers_of_frames_and_nothing_at_all_have_a_repr() -> None:
    program = random_program(3, readout="step")
    trace = hardware.run(program, random_sequences(3, 3, [4]))
    assert repr(trace) == (
        "Trace('events': 1 sequence, 4 steps, layers of 5 neurons, 2 scores of each step)"
    )
    nothing = hardware.run(program, [])
    assert "0 sequences" in repr(nothing)
    counts, cost = hardware.count(trace, program), hardware.estimate(trace, program)
    none = np.zeros((3, 0))
    assert "0 inferences" in repr(replace(cost, core_dynamic_j=none, core_s=none))
    layers = tuple(replace(layer, spikes=np.array([])) for layer in counts.layers)
    assert "0 sequences" in repr(replace(counts, steps=np.array([]), layers=layers))


def test_a_session_says_how_far_it_has_come() -> None:
    with hardware.Session(PROGRAM) as session:
        session.step(np.zeros(3))
        assert repr(session) == f"Session('events': 1 frame of {PROGRAM!r})"
    assert repr(session) == f"Session('events': 1 frame of {PROGRAM!r}, closed)"


def test_equality_is_of_numbers_or_of_identity_and_never_an_error(
    shown: dict[str, object],
) -> None:
    again = hardware.run(PROGRAM, SEQUENCES)
    others = {
        "Sequences": random_sequences(4, 3, [5, 8, 2, 6]),
        "Trace": again,
        "Program": random_program(4, hidden=(6, 4), outputs=3),
        "Counts": hardware.count(again, PROGRAM),
        "Cost": hardware.estimate(again, PROGRAM),
    }
    for name, other in others.items():
        assert shown[name] == shown[name]
        assert (shown[name] == other) == (name in ("Trace", "Program"))


def test_a_table_escapes_every_text() -> None:
    table = html_table("a <b>", ["<i>", "n"], [["<script>", 1.5], ["&", 12345]])
    assert "<caption>a &lt;b&gt;</caption>" in table
    assert "<th>&lt;i&gt;</th>" in table
    assert "<td>&lt;script&gt;</td><td>1.5</td>" in table
    assert "<td>&amp;</td><td>12,345</td>" in table
    assert "<script>" not in table


def test_notebooks_show_programs_traces_and_costs_as_tables(shown: dict[str, object]) -> None:
    tables = {name: shown[name]._repr_html_() for name in ("Program", "Trace", "Cost")}  # type: ignore[attr-defined]
    for layer in PROGRAM.layers:
        row = f"<td>{layer.name}</td><td>{layer.inputs}</td><td>{layer.neurons}</td>"
        assert row in tables["Program"]
        assert f"<td>{layer.name}</td><td>{layer.neurons}</td>" in tables["Trace"]
    trace, cost = shown["Trace"], shown["Cost"]
    assert isinstance(trace, hardware.Trace)
    assert isinstance(cost, hardware.Cost)
    assert f"<td>{np.count_nonzero(trace.emitted[1]):,}</td>" in tables["Trace"]
    low, nominal, high = 1e6 * cost.core_dynamic_j.mean(axis=1)
    assert (
        f"<td>core dynamic, µJ</td><td>{low:.3g}</td><td>{nominal:.3g}</td><td>{high:.3g}</td>"
        in tables["Cost"]
    )
    program = with_classes(PROGRAM, "<a>", "b", "c")
    renamed = replace(program, layers=(replace(program.layers[0], name="<x>"), program.layers[1]))
    assert "&lt;x&gt;" in renamed._repr_html_()
    assert "<x>" not in renamed._repr_html_()


def test_notebooks_show_a_table_of_each_public_result(shown: dict[str, object]) -> None:
    trace = shown["Trace"]
    assert isinstance(trace, hardware.Trace)
    shown |= {
        "Verification": hardware.verify_engines(PROGRAM, SEQUENCES, ["numpy", "events"]),
        "Report": hardware.report(PROGRAM, trace),
    }
    for name, value in shown.items():
        assert repr(value).startswith(f"{name}(")
        assert len(repr(value)) < 160
        if name != "Sequences":
            html = value._repr_html_()  # type: ignore[attr-defined]
            assert html.startswith("<table>")
            assert len(html) < 10_000
    assert "0 differing values in 4 sequences" in repr(shown["Verification"])


def test_parts_of_a_program_and_of_a_cost_are_one_line() -> None:
    layer, trace = PROGRAM.layers[0], hardware.run(PROGRAM, SEQUENCES)
    loads = hardware.core_loads(trace, PROGRAM, hardware.place(PROGRAM))
    assert repr(layer) == "Layer('layer 0': 3 inputs, 6 neurons, torch, binary, 8 bits)"
    assert repr(PROGRAM.encoder) == "Encoder('graded': 3 channels)"
    assert repr(PROGRAM.readout) == "Readout('mean': 4 inputs, 3 outputs)"
    assert repr(hardware.load_chip("loihi2")) == "Chip('Loihi 2': 128 cores, gated neurons)"
    assert repr(loads) == "CoreLoads('Loihi 2': 4 inferences on 3 cores)"


def test_a_figure_of_cost_is_the_mean_of_an_inference(shown: dict[str, object]) -> None:
    cost = shown["Cost"]
    assert isinstance(cost, hardware.Cost)
    for figure, values in {
        "core_dynamic": cost.core_dynamic_j,
        "core_static": cost.core_static_j,
        "chip_static": cost.chip_static_j,
        "host": cost.host_j,
        "core_time": cost.core_s,
        "host_time": cost.host_s,
    }.items():
        found = getattr(cost, figure)
        assert (found.low, found.nominal, found.high) == pytest.approx(values.mean(axis=1))


def test_a_report_without_a_folder_writes_nothing(
    shown: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    trace = shown["Trace"]
    assert isinstance(trace, hardware.Trace)
    alone, written = hardware.report(PROGRAM, trace), hardware.report(PROGRAM, trace, "there")
    assert alone == written
    assert [path.name for path in tmp_path.iterdir()] == ["there"]
