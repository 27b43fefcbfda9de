from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from matplotlib.figure import Figure
from programs import (
    every_cell,
    every_program,
    random_program,
    random_sequences,
    with_classes,
    with_readout,
)

from hardware.cost.traffic import emissions
from hardware.definition.target import Target
from hardware.program.model import Program
from hardware.reporting import raster as drawing
from hardware.reporting.figures import ACCENT, NARROW, WIDE
from hardware.reporting.raster import raster, scores_over_time
from hardware.runs.run import run
from hardware.runs.trace import Trace


def traced(**kind: Any) -> tuple[Program, Trace]:
    program = random_program(**kind)
    return program, run(
        program, random_sequences(kind["seed"], program.encoder.channels, [3, 6, 4])
    )


@settings(max_examples=30, deadline=None)
@given(every_program, every_cell)
def test_the_scores_end_at_the_answer(kind: dict[str, Any], cell: dict[str, Any]) -> None:
    program, trace = traced(**kind, **cell)
    for sequence, length in enumerate(trace.lengths):
        scores = scores_over_time(program, trace, sequence)
        assert scores.shape == (length, program.readout.outputs)
        assert np.array_equal(scores[-1], trace.final_scores[sequence])


@settings(max_examples=30, deadline=None)
@given(every_program, every_cell)
def test_one_sequence_sends_what_it_sent_among_others(
    kind: dict[str, Any], cell: dict[str, Any]
) -> None:
    program, trace = traced(**kind, **cell)
    for sequence, start in enumerate(trace.starts):
        rows = slice(start, start + trace.lengths[sequence])
        alone = drawing._alone(trace, sequence)
        for i, layer in enumerate(program.layers):
            sent = emissions(trace, layer, i)[rows]
            assert np.array_equal(emissions(alone, layer, i), sent)


@pytest.mark.parametrize(
    ("emit", "words"),
    [
        ("binary", "spikes"),
        ("signed", "signed spikes"),
        ("graded", "values sent"),
        ("state", "state"),
        ("binary-on-change", "changes of spikes"),
    ],
)
def test_it_is_said_what_a_layer_sends(emit: str, words: str) -> None:
    program, trace = traced(seed=6, hidden=(5,), emit=emit)
    picture = raster(program, trace, 1)
    ElementTree.fromstring(picture)
    assert f">layer 0: {words}</text>" in picture


@pytest.mark.parametrize(
    ("encoder", "sender", "other"),
    [("graded", "channel", "field"), ("population", "field", "channel")],
)
def test_the_rows_of_the_input_are_what_sends(encoder: str, sender: str, other: str) -> None:
    picture = raster(*traced(seed=6, encoder=encoder), 1)
    assert f">{sender}</text>" in picture
    assert f">{other}</text>" not in picture


def bars(picture: str) -> int:
    """Closed shapes of the picture's longest path."""
    return max(path.count("z") for path in re.findall(r' d="([^"]*)"', picture))


def test_every_message_is_a_bar() -> None:
    program, trace = traced(seed=6, hidden=(40,))
    sent = emissions(drawing._alone(trace, 1), program.layers[0], 0)
    assert bars(raster(program, trace, 1)) == sent.sum() > 20


def test_of_too_many_messages_some_neurons_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    program, trace = traced(seed=6, hidden=(40,))
    sent = emissions(drawing._alone(trace, 1), program.layers[0], 0)
    monkeypatch.setattr(drawing, "MOST_MARKS", int(sent.sum()) - 1)
    picture = raster(program, trace, 1)
    assert "spikes, one neuron of 2 drawn" in picture
    assert bars(picture) == sent[:, ::2].sum()


def test_the_winner_is_named_and_values_are_not() -> None:
    program, trace = traced(seed=6, outputs=3)
    assert f">{program.classes[trace.predictions[1]]}</text>" in raster(program, trace, 1)
    values = raster(with_classes(program), trace, 1)
    assert ">class" not in values
    assert ">values</text>" in values


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_very_long_name_leaves_room_for_the_scores(width: float) -> None:
    program, trace = traced(seed=0, outputs=2)
    program = with_classes(program, "W" * 200, "W" * 199)
    picture = raster(program, trace, 0, width)  # matplotlib's warning is an error here
    assert f">{'W' * 15}…</text>" in picture


def test_the_scores_of_all_classes_that_are_named_have_the_colour() -> None:
    program, trace = traced(seed=5, outputs=3, readout="leaky")
    target = Target(("low", "mid", "high"), decision="any-of")
    program = with_readout(program, replace(program.readout, target=target))
    for sequence, scores in enumerate(trace.final_scores):
        figure = Figure()
        axes = figure.subplots()
        drawing._scores(axes, program, trace, sequence)
        coloured = [line.get_color() for line in axes.lines].count(ACCENT)
        assert coloured == len(axes.texts) == (scores > 0).sum()
    assert len({int((scores > 0).sum()) for scores in trace.final_scores}) > 1
