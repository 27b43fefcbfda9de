"""Texts in files go through every command, with the tokens of the program."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import hardware
from hardware import Program

TEXTS = {"good film": "+", "so good": "+", "bad film": "-", "so bad": "-"}


@pytest.fixture
def run(tmp_path: Path, call) -> Path:  # type: ignore[no-untyped-def]
    """A run of labelled texts, and two lines of text next to it."""
    rows = [f"{text},{label}" for text, label in TEXTS.items()] * 10
    (tmp_path / "reviews.csv").write_text("\n".join(["text,label", *rows]) + "\n")
    (tmp_path / "reviews.toml").write_text('texts = "reviews.csv"\nkind = "words"\n')
    (tmp_path / "new.txt").write_text("bad bad\nfilm so good\n")
    small = ["--hidden", "8", "--epochs", "1", "--quantised-epochs", "1", "--baseline", "none"]
    for words in (
        ("train", "--data", tmp_path / "reviews.toml", "--out", tmp_path / "run", *small),
        ("convert", tmp_path / "run"),
    ):
        code, _, err = call(*words)
        assert code == 0, err
    return tmp_path / "run"


def test_a_run_of_texts_is_run_verified_and_reported_on_lines(  # type: ignore[no-untyped-def]
    run: Path, call
) -> None:
    new = run.parent / "new.txt"
    code, out, err = call("run", run, "--data", new, "--json")
    assert code == 0, err
    found = json.loads(out)
    assert (found["sequences"], found["steps"]) == (2, 5)
    assert set(found["predictions"]) <= {"+", "-"}
    code, out, err = call("verify", run, "--data", new, "--engine", "events")
    assert code == 0, err
    assert "0 of" in out + err
    assert not (run / "verification.json").exists()


def test_texts_of_another_file_have_the_tokens_of_the_program(  # type: ignore[no-untyped-def]
    run: Path, call
) -> None:
    own, other = run.parent / "reviews.csv", run.parent / "other.csv"
    lines = own.read_text().splitlines()
    other.write_text("\n".join([lines[0], *reversed(lines[1:]), "a new word,+", "too,-"]) + "\n")
    (run.parent / "other.toml").write_text('texts = "other.csv"\nkind = "words"\n')
    code, out, err = call("run", run, "--data", run.parent / "other.toml", "--json")
    assert code == 0, err
    assert json.loads(out)["accuracy"] is not None


def test_early_exit_of_texts_whose_tokens_are_all_asked_for_is_refused(  # type: ignore[no-untyped-def]
    tmp_path: Path, call
) -> None:
    lines = tmp_path / "lines.txt"
    lines.write_text("the cat sat\nthe dog ran\n" * 6)
    small = ["--hidden", "4", "--epochs", "1", "--quantised-epochs", "1", "--baseline", "none"]
    run = tmp_path / "run"
    assert call("train", "--data", lines, "--out", run, *small)[0] == 0
    assert call("convert", run)[0] == 0
    code, _, err = call("run", run, "--early-exit", "1")
    assert code == 2
    assert "--early-exit ends a sequence at its answer, but each frame has a target" in err
    assert not (run / "trace.safetensors").exists()


def test_a_stream_answers_each_line_of_a_text(run: Path) -> None:
    lines = ["so good", "film", "", "bad"]
    command = [sys.executable, "-m", "spiking_gru", "run", str(run), "--stream", "--json"]
    given = "\n".join(lines) + "\n"
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=True)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    program = Program.load(run / "program.sgru")
    texts = ["so good", "so good film", "bad"]
    assert [answer["step"] for answer in found] == [2, 3, 1]
    assert [answer["scores"] for answer in found] == [
        scores.tolist() for scores in hardware.stream(program, texts)
    ]
    assert {answer["class"] for answer in found} <= {"+", "-"}
