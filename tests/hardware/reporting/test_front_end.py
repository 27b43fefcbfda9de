"""What the host computes before the encoder is counted in every form of the report, not priced."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from reports import LABELS, PROGRAM, SEQUENCES
from rich.console import Console

from hardware.errors import SettingError
from hardware.reporting import Report, make_report, print_report, render_page, study
from hardware.runs.run import run
from hardware.sequences.log_mel import LogMel

SETTINGS = LogMel(2000, window_ms=16, hop_ms=8, mels=3)


def printed(report: Report) -> str:
    console = Console(width=80, file=io.StringIO())
    print_report(report, console)
    return " ".join(console.file.getvalue().split())  # type: ignore[attr-defined]


def test_the_operations_of_log_mel_features_are_shown_without_a_price() -> None:
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
        f"{round(arithmetic * frames):,} of the former per inference: not priced"
    )
    assert text in printed(report)
    assert "not priced" in render_page(report, made)
    assert report.as_json()["front_end"]["settings"]["mels"] == 3


def test_a_program_of_frames_says_nothing_of_the_host(report: Report) -> None:
    assert report.front_end is None
    assert "not priced" not in printed(report)


def test_settings_that_are_none_are_refused() -> None:
    program = replace(PROGRAM, preprocessing=(("log-mel", {"rate": 0}),))
    made = study(program, run(program, SEQUENCES), LABELS)
    with pytest.raises(SettingError, match="log-mel: rate is 0, expected 1 to"):
        make_report(made, dataset="words")
