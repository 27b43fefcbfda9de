"""The events example: clips at other places, decisions of each frame, and the curve of margins."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import hardware
import spiking_gru as sg
from spiking_gru.data import load
from spiking_gru.data.registry import DATASETS
from spiking_gru.data.sources.moving_shapes import CHANNELS, FRAMES, SIDE, moving_shapes

Import = Callable[[str], ModuleType]
CLIPS = {"train": 64, "test": 24}


@pytest.fixture
def events(example: Import, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the example, with few clips."""
    row = replace(DATASETS["moving-shapes"], arrays=lambda: moving_shapes(CLIPS["train"]))
    monkeypatch.setitem(DATASETS, "moving-shapes", row)
    monkeypatch.setattr("spiking_gru.data.sources.moving_shapes.TEST", CLIPS["test"])
    return example("events")


def maps(part: sg.Part) -> np.ndarray:
    """Return the events of each clip (clips, frames, polarities, y, x)."""
    return part.sequences.dense().values.reshape(-1, FRAMES, CHANNELS // SIDE**2, SIDE, SIDE)


def test_a_moved_clip_is_the_same_clip_at_another_place(events: ModuleType) -> None:
    part = load("moving-shapes").validation
    moved = events.moved(part, np.random.default_rng(0))
    assert (moved.labels == part.labels).all()
    places = set()
    for before, after in zip(maps(part), maps(moved), strict=True):
        found = [
            (down, right)
            for down in range(SIDE)
            for right in range(SIDE)
            if np.array_equal(np.roll(before, (down, right), axis=(2, 3)), after)
        ]
        assert len(found) == 1
        places.update(found)
    assert len(places) > len(part) / 2, "each clip has a place of its own"


def test_only_the_training_part_has_moved_clips(events: ModuleType) -> None:
    data = load("moving-shapes", 3)
    more = events.with_moved(data, 2, 3)
    clips = len(data.training)
    assert len(more.training) == 3 * clips
    assert np.array_equal(maps(more.training)[:clips], maps(data.training))
    assert np.array_equal(more.training.labels, np.tile(data.training.labels, 3))
    assert not np.array_equal(maps(more.training)[clips:][:clips], maps(data.training))
    for mine, whole in ((more.validation, data.validation), (more.test, data.test)):
        assert np.array_equal(maps(mine), maps(whole))
        assert np.array_equal(mine.labels, whole.labels)
    assert (more.classes, more.task, more.encoder) == (data.classes, "classify", "events")
    assert more.fingerprint not in ("", data.fingerprint)


@pytest.mark.usefixtures("unpainted")
def test_the_events_example_has_a_curve_and_the_decisions_of_a_clip(
    events: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setitem(events.SETTINGS, "hidden", 16)
    monkeypatch.setattr(events, "MARGINS", (0.05, 0.3))
    monkeypatch.setattr(events, "MARGIN", 0.3)
    found = events.main([1], tmp_path, epochs=2)[1]["tables"]
    assert json.loads((tmp_path / "seed-1" / "figures.json").read_text())["tables"] == found
    of_clips, curve = found["moving-shapes"], found["moving-shapes, early exit"]
    assert set(of_clips) == {"gru", "lstm", "state", "deployed"}
    assert list(curve) == ["margin 0.05", "margin 0.3", "deployed"]
    for figure in ("accuracy", "operations", "energy"):
        whole = curve["deployed"]["figures"][figure]
        assert whole == pytest.approx(of_clips["deployed"]["figures"][figure])
    frames = [row["figures"]["frames"] for row in curve.values()]
    assert 1 <= frames[0] < frames[1] < frames[2] == FRAMES

    folder = tmp_path / "seed-1" / "moving-shapes"
    assert (folder / "early-exit.png").read_bytes().startswith(b"\x89PNG")
    program, data = hardware.Program.load(folder / "program.sgru"), load("moving-shapes", 1)
    test, direction = data.test, data.classes[data.test.labels[0]]
    trace = hardware.run(program, test.sequences, early_exit=0.3)
    figures = curve["margin 0.3"]["figures"]
    assert figures["frames"] == trace.exits.mean()
    assert figures["accuracy"] == (trace.predictions == test.labels).mean()
    assert figures["operations"] == hardware.count(trace, program).synaptic_operations.mean()

    for clip, frames_used in enumerate(trace.exits.tolist()):
        decided = list(events.decisions(program, test.sequences.take([clip])))
        assert len(decided) == frames_used
        assert decided[-1][0] == program.classes[trace.predictions[clip]]
    assert trace.exits.min() < FRAMES

    printed = capsys.readouterr().out
    assert f"a clip that moves {direction}: frame, decision, lead\n" in printed
    steps = re.findall(r"^ ?(\d+) (\S+) +(\d+\.\d\d)$", printed, re.MULTILINE)
    assert [int(frame) for frame, _, _ in steps] == list(range(1, trace.exits[0] + 1))
    decided = list(events.decisions(program, test.sequences.take([0])))
    assert [(way, lead) for _, way, lead in steps] == [(way, f"{x:.2f}") for way, x in decided]


@pytest.mark.usefixtures("unpainted")
def test_validating_measures_the_curve_and_the_clip_on_the_validation_part(
    events: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(events.SETTINGS, "hidden", 8)
    monkeypatch.setattr("worked.BASELINES", "none")
    seen = []
    curve = hardware.early_exit_curve
    monkeypatch.setattr(
        hardware,
        "early_exit_curve",
        lambda p, t, labels, m: seen.append(labels) or curve(p, t, labels, m),
    )
    shown = []
    decisions = events.decisions
    monkeypatch.setattr(
        events, "decisions", lambda p, clip: shown.append(clip.values) or decisions(p, clip)
    )
    events.main([2], tmp_path, epochs=1, validate=True)
    validation = load("moving-shapes", 2).validation
    assert np.array_equal(seen[0], validation.labels)
    assert np.array_equal(shown[0], validation.sequences.take([0]).values)
