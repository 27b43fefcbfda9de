"""`spiking-gru data`: list, show, check."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from datasets import small_file
from sounds import tone, write_wav

from spiking_gru.cli import sparkline
from spiking_gru.data.registry import DATASETS
from spiking_gru.data.sources import package


def test_list_has_a_line_for_every_data_set(call) -> None:  # type: ignore[no-untyped-def]
    code, out, err = call("data", "list")
    assert code == 0, err
    lines = out.splitlines()
    assert [line.split()[1] for line in lines[1 : len(DATASETS) + 1]] == list(DATASETS)
    assert max(map(len, lines)) <= 80


def test_list_says_what_installs_a_missing_package(  # type: ignore[no-untyped-def]
    call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package, "find_spec", lambda folder: None)
    _, out, _ = call("data", "list")
    assert "✓  walkers" in out
    assert "✗  weather" in out
    assert "for weather, weather-7-days, stocks: pip install --no-deps vega_datasets\n" in out


def test_list_as_json_has_every_field_of_a_row(call) -> None:  # type: ignore[no-untyped-def]
    _, out, _ = call("data", "list", "--json")
    rows = {row.pop("name"): row for row in json.loads(out)["datasets"]}
    assert list(rows) == list(DATASETS)
    assert rows["japanese-vowels"] == {
        "task": "classify",
        "description": DATASETS["japanese-vowels"].description,
        "licence": "CC BY 4.0",
        "split": "official",
        "package": None,
        "install": None,
        "installed": True,
    }
    assert rows["exercises"]["install"] == "pip install --no-deps seglearn==1.2.5"


def test_show_has_parts_classes_channels_and_a_plot(call) -> None:  # type: ignore[no-untyped-def]
    code, out, err = call("data", "show", "japanese-vowels")
    assert code == 0, err
    assert max(map(len, out.splitlines())) <= 80
    for text in (
        "classify: 9 classes of each sequence",
        "licence  CC BY 4.0",
        "test              370    5687     7–29       –   0 of 370",
        "speaker 9        27           3    29",
        "▁",
        "█",
    ):
        assert text in out, out


def test_only_channels_that_are_shown_are_drawn(  # type: ignore[no-untyped-def]
    call, monkeypatch
) -> None:
    """An event camera has thousands."""
    drawn = []
    monkeypatch.setattr(sparkline, "sparkline", lambda values, width: drawn.append(width) or "▁")
    _, out, _ = call("data", "show", "moving-shapes")
    assert "… and 2036 more" in out
    assert len(drawn) == 12


def test_show_of_values_has_the_range_of_each_output(call) -> None:  # type: ignore[no-untyped-def]
    _, out, _ = call("data", "show", "balls")
    assert "regress: 24 values of each sequence" in out
    assert "… and 12 more" in out
    _, out, _ = call("data", "show", "balls", "--json")
    found = json.loads(out)
    assert len(found["outputs"]) == 24
    assert found["parts"]["test"]["sequences"] == 1000
    assert found["channels"][3]["highest"] <= 1


def test_check_shows_a_file_of_ones_own(call, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    groups = np.array([f"person {i % 5}" for i in range(30)])
    path = small_file(tmp_path, train_groups=groups, classes=np.array(["x", "[y]", "z"]))
    code, out, err = call("data", "check", path)
    assert code == 0, err
    assert out.splitlines()[0] == str(path)
    assert "[y]" in out
    _, out, _ = call("data", "check", path, "--json")
    found = json.loads(out)
    assert found["classes"] == ["x", "[y]", "z"]
    parts = found["parts"]
    assert len(parts["training"]["groups"]) + len(parts["validation"]["groups"]) == 5
    assert parts["test"]["of_class"] == [3, 3, 3]


def test_check_refuses_what_cannot_be_trained_on(call, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = small_file(tmp_path, train_labels=np.zeros(30, int), test_labels=np.zeros(9, int))
    code, out, err = call("data", "check", path)
    assert (code, out) == (2, "")
    assert "expected at least two classes" in err
    assert err.count("\n") == 1


def test_a_file_with_the_name_of_a_data_set_is_the_file(  # type: ignore[no-untyped-def]
    call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_file(tmp_path).rename(tmp_path / "balls")
    monkeypatch.chdir(tmp_path)
    _, out, _ = call("data", "check", "balls")
    assert "3 classes of each sequence" in out


def test_what_is_not_there_is_refused_with_a_remedy(call, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    code, _, err = call("data", "check", tmp_path / "none")
    assert code == 2
    assert "none is not there, expected a path of your data: check the path" in err
    code, _, err = call("data", "check", "balls")
    assert code == 2
    assert "run: spiking-gru data show balls" in err
    code, _, err = call("data", "show", tmp_path)
    assert code == 2
    assert (
        f"{tmp_path} is a path, expected the name of a data set: for data of your own run: " in err
    )
    assert f"spiking-gru data check {tmp_path}" in err
    code, _, err = call("data", "show", "ball")
    assert code == 2
    assert "unknown data set 'ball': did you mean 'balls'?" in err


def test_alone_it_prints_its_help(call) -> None:  # type: ignore[no-untyped-def]
    code, out, _ = call("data")
    assert code == 2
    assert "list" in out
    assert "check" in out


def test_channels_are_shown_by_the_names_of_their_columns(call, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(0)
    for i in range(20):
        (tmp_path / "ab"[i % 2]).mkdir(exist_ok=True)
        rows = [f"{x:.3f},{y:.3f}" for x, y in rng.normal(size=(4, 2))]
        (tmp_path / "ab"[i % 2] / f"{i}.csv").write_text("left arm,right arm\n" + "\n".join(rows))
    code, out, err = call("data", "check", tmp_path)
    assert code == 0, err
    shown = [line for line in out.splitlines() if line.startswith(("left arm ", "right arm "))]
    assert len(shown) == 2
    code, out, _ = call("data", "check", tmp_path, "--json")
    assert [channel["name"] for channel in json.loads(out)["channels"]] == ["left arm", "right arm"]


def test_heads_with_missing_targets_are_shown_within_80_columns(call, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    for i in range(20):
        frames = [
            f"{j / 9},{'up' if j % 2 else 'down'},{j / 4 if j else ''}" for j in range(i % 3, 9)
        ]
        path = tmp_path / "recorded" / f"{i}.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(["x,state,level", *frames]) + "\n")
    description = tmp_path / "d.toml"
    description.write_text('folder = "recorded"\nheads = ["state", "level"]\n')
    code, out, err = call("data", "check", description)
    assert code == 0, err
    lines = out.splitlines()
    assert max(map(len, lines[1:])) <= 80
    first = next(i for i, line in enumerate(lines) if line.startswith("head level: 1 value of"))
    assert "missing in the test part" in f"{lines[first]} {lines[first + 1]}"


def test_the_settings_of_sound_are_shown_within_80_columns(call, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    for i in range(8):
        write_wav(tmp_path / "ab"[i % 2] / f"{i}.wav", tone(400, 900, seed=i))
    code, out, err = call("data", "check", tmp_path)
    assert code == 0, err
    lines = out.splitlines()
    place = next(i for i, line in enumerate(lines) if line.startswith("log-mel  rate 8000, "))
    assert max(map(len, lines[1 : place + 3])) <= 80
    assert lines[place + 1].startswith("         ")
    code, out, _ = call("data", "check", tmp_path, "--json")
    assert json.loads(out)["preprocessing"][0][1]["mels"] == 40


def test_texts_are_shown_as_text(call, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    long = "a very long film that nobody has seen to its end"
    (tmp_path / "t.csv").write_text("text,label\n" + f"{long},x\n{long},y\n" * 9)
    (tmp_path / "t.toml").write_text('texts = "t.csv"\nkind = "words"\n')
    _, out, _ = call("data", "check", tmp_path / "t.toml")
    assert out.splitlines()[-3] == "12 words; first text: 'a very long film that nobody has see…'"
    _, out, _ = call("data", "show", "dates")
    source, target = out.splitlines()[-2:]
    assert source.startswith("36 characters; first source: '")
    assert target.startswith("12 characters; first target: '2")


def test_check_warns_of_a_validation_part_that_is_too_small(call, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    note = "the validation part has 3 sequences: too few to choose settings by"
    code, out, err = call("data", "check", small_file(tmp_path))
    assert code == 0, err
    assert out.splitlines()[-1] == f"note: {note}"
    _, out, _ = call("data", "check", small_file(tmp_path), "--json")
    assert json.loads(out)["notes"] == [note]
    _, out, _ = call("data", "show", "balls", "--json")
    assert json.loads(out)["notes"] == []
