"""The progress of a training, for people at a terminal, in a notebook and in a log."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from datasets import small_file
from rich.console import Console

from hardware.metrics import class_metrics
from spiking_gru import data
from spiking_gru.cli.console import Voice
from spiking_gru.training import EpochReport, TrainingSettings, train
from spiking_gru.training.evaluation import Score
from spiking_gru.training.progress import bars, duration, in_notebook, lines, one_line, shown

SETTINGS = TrainingSettings(hidden=4, epochs=2, quantised_epochs=1, batch=8)


def epoch(phase: str, number: int, epochs: int, seconds: float = 2.0) -> EpochReport:
    right = np.zeros(4, np.int64)
    score = Score(0.5, 0.125, class_metrics(right, right, 2))
    return EpochReport(phase, number, epochs, 0.75, score, 1e-3, 1.0, seconds)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (125, "2 min 5 s"),
        (600, "10 min"),
        (3599, "59 min"),
        (3599.7, "1 h 0 min"),
        (7500, "2 h 5 min"),
    ],
)
def test_a_duration_is_read_at_a_glance(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_each_epoch_is_a_line_with_the_time_left_in_its_phase() -> None:
    text = io.StringIO()
    with lines(text.write) as show:
        for number, seconds in ((1, 2.0), (2, 4.0), (10, 3.0)):
            show(epoch("lstm", number, 10, seconds))
        show(epoch("float", 1, 3, 60.0))
    assert text.getvalue().splitlines() == [
        "lstm       1/10 loss 0.750 acc 100.0 % rate 12.5 %, 18 s left",
        "lstm       2/10 loss 0.750 acc 100.0 % rate 12.5 %, 24 s left",
        "lstm      10/10 loss 0.750 acc 100.0 % rate 12.5 %, 0 s left",
        "float     1/3 loss 0.750 acc 100.0 % rate 12.5 %, 2 min 0 s left",
    ]


def test_in_a_notebook_each_phase_is_one_line_that_is_written_again() -> None:
    text = io.StringIO()
    with one_line(text.write) as show:
        show(epoch("gru", 1, 2, 100.0))
        show(epoch("gru", 2, 2))
        show(epoch("float", 1, 1))
    first, second, *rest = text.getvalue().split("\n")
    assert [part[:14] for part in first.split("\r")] == ["", "gru       1/2 ", "gru       2/2 "]
    before, after = first.split("\r")[1:]
    assert len(after) == len(before), "nothing of the longer line is left"
    assert second.startswith("\rfloat     1/1")
    assert rest == [""]


def test_a_training_that_is_interrupted_ends_its_line() -> None:
    text = io.StringIO()
    with pytest.raises(KeyboardInterrupt), one_line(text.write) as show:
        show(epoch("gru", 1, 2))
        raise KeyboardInterrupt
    assert text.getvalue().endswith("left\n")


def test_bars_fit_a_terminal_of_80_columns() -> None:
    text = io.StringIO()
    with bars(Console(file=text, width=80, force_terminal=True)) as show:
        show(epoch("lstm-parameters", 7, 40, 100.0))
    written = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text.getvalue())
    row = [line.strip() for line in re.split(r"[\r\n]+", written) if "lstm-par" in line][-1]
    assert "7/40 loss 0.750 acc 100.0 % rate 12.5 %" in row
    assert row.endswith("7 min 51 s left")
    assert len(row) <= 80


def test_the_command_line_writes_lines_off_a_terminal() -> None:
    voice, text = Voice(as_json=False), io.StringIO()
    voice.console = Console(file=text, width=80)
    with voice.training_progress() as show:
        show(epoch("gru", 1, 2))
        assert text.getvalue().endswith("2 s left\n"), "written at once"
    assert text.getvalue().count("\n") == 1


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def two_phases(progress: bool | None) -> None:
    with shown(progress) as show:
        for phase in ("gru", "quantised"):
            show(epoch(phase, 1, 2))
            show(epoch(phase, 2, 2))


def test_from_python_a_training_is_quiet_unless_somebody_looks_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = {}
    for stream in (io.StringIO, Terminal):
        for progress in (None, True, False):
            error = stream()
            monkeypatch.setattr(sys, "stderr", error)
            two_phases(progress)
            found[stream.__name__, progress] = error.getvalue()
    monkeypatch.undo()
    assert found["StringIO", None] == found["StringIO", False] == found["Terminal", False] == ""
    assert found["StringIO", True].count(" left\n") == 4
    for progress in (None, True):
        assert "━" in found["Terminal", progress]
        assert "quantised" in found["Terminal", progress]


def test_a_notebook_shows_the_progress_in_its_cell(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kernel = SimpleNamespace(kernel=object())
    assert not in_notebook()
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: kernel))
    assert in_notebook()
    two_phases(None)
    assert capsys.readouterr().out.count("\r") == 4
    two_phases(False)
    assert capsys.readouterr().out == ""


def test_train_shows_every_epoch_where_it_is_told_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dataset = data.load(str(small_file(tmp_path)))
    for progress, epochs in ((True, 5), (None, 0)):
        train(SETTINGS, dataset, tmp_path / "run", force=True, progress=progress)
        assert capsys.readouterr().err.count(" left\n") == epochs


def test_ipython_in_a_terminal_is_no_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    for shell in (None, SimpleNamespace()):
        ipython = SimpleNamespace(get_ipython=lambda shell=shell: shell)
        monkeypatch.setitem(sys.modules, "IPython", ipython)
        assert not in_notebook()
