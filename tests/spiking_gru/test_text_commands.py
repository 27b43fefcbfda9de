"""Texts in files go through every command, with the tokens of the program."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

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
