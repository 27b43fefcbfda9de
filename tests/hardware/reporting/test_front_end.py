"""What the host computes before the encoder is in every form of the report, and has a price."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from reports import LABELS, PROGRAM, SEQUENCES
from rich.console import Console

from hardware.cost.chip import load_chip
from hardware.cost.host_work import LOGARITHM
from hardware.errors import SettingError
from hardware.reporting import Report, make_report, print_report, render_page, study
from hardware.runs.run import run
from hardware.sequences.log_mel import LogMel

SETTINGS = LogMel(2000, window_ms=16, hop_ms=8, mels=3)


def printed(report: Report) -> str:
    console = Console(width=80, file=io.StringIO())
    print_report(report, console)
    return " ".join(console.file.getvalue().split())  # type: ignore[attr-defined]


def test_the_operations_of_log_mel_features_are_shown_and_charged_to_the_host() -> None:
    program = replace(PROGRAM, preprocessing=(("log-mel", SETTINGS.settings),))
    made = study(program, run(program, SEQUENCES), LABELS)
    report = make_report(made, dataset="words")
    found = report.front_end
    assert found is not None
    arithmetic, logarithms = SETTINGS.operations
    assert (found.name, found.settings) == ("log-mel", SETTINGS.settings)
    assert (found.arithmetic_per_frame, found.logarithms_per_frame) == (arithmetic, logarithms)
    frames = SEQUENCES.lengths.mean()
    assert found.arithmetic == pytest.approx(arithmetic * frames)
    text = (
        f"{arithmetic:,} multiplications and additions and 3 logarithms a frame, "
        f"{round(arithmetic * frames):,} of the former per inference, charged to the host"
    )
    assert text in printed(report)
    assert "charged to the host" in render_page(report, made)
    plain = make_report(study(PROGRAM, run(PROGRAM, SEQUENCES), LABELS), dataset="words")
    added = (arithmetic + LOGARITHM * logarithms) * frames
    assert report.host_operations - plain.host_operations == pytest.approx(added)
    joules = report.energy_j.host.nominal - plain.energy_j.host.nominal
    price = load_chip("loihi2").host.operation_pj.nominal
    assert joules == pytest.approx(added * price * 1e-12)
    assert report.as_json()["front_end"]["settings"]["mels"] == 3


def test_a_program_of_frames_says_nothing_of_the_host(report: Report) -> None:
    assert report.front_end is None
    assert "charged to the host" not in printed(report)


def test_settings_that_are_none_are_refused() -> None:
    program = replace(PROGRAM, preprocessing=(("log-mel", {"rate": 0}),))
    trace = run(program, SEQUENCES)
    with pytest.raises(SettingError, match="log-mel: rate is 0, expected 1 to"):
        study(program, trace, LABELS)
