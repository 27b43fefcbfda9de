"""Several targets on the command line: from a file of data to the report."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hardware.definition.target import Head, Target
from hardware.errors import SettingError
from hardware.program.model import Program
from spiking_gru.cli.console import Voice
from spiking_gru.cli.convert import convert_run
from spiking_gru.cli.stream import answer
from spiking_gru.cli.train import train_network
from spiking_gru.heads import heads_of
from spiking_gru.run_folder import RunFolder

RNG = np.random.default_rng(3)
DATA = """folder = "spoken"
heads = ["digit", "who", "seconds"]
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The file that describes the data, and the folder of a run."""
    place = tmp_path_factory.mktemp("heads")
    (place / "spoken").mkdir()
    lines = ["file,digit,who,seconds"]
    for i in range(36):
        frames = int(RNG.integers(4, 8))
        x = RNG.normal(size=(frames, 2)) + np.array([i % 3, i % 2])
        np.savetxt(place / "spoken" / f"{i:02}.csv", x, delimiter=",")
        who = "" if i == 7 else ("anna", "ben")[i % 2]
        lines.append(f"{i:02}.csv,{('one', 'two', 'six')[i % 3]},{who},{frames / 8}")
    (place / "spoken" / "index.csv").write_text("\n".join(lines) + "\n")
    (place / "spoken.toml").write_text(DATA)
    run = RunFolder(place / "run")
    chosen = {
        "data": str(place / "spoken.toml"), "hidden": 6, "epochs": 1, "quantised_epochs": 1,
        "head_weights": "digit=2",
    }  # fmt: skip
    train_network(chosen, run, Voice(as_json=True))
    convert_run(run, None, Voice(as_json=True))
    return place / "spoken.toml", run.path


def test_data_check_shows_each_head(call: Any, trained: tuple[Path, Path]) -> None:
    code, out, err = call("data", "check", str(trained[0]))
    assert code == 0, err
    assert max(map(len, out.splitlines())) <= 80
    assert "digit (3 classes), who (2 classes), seconds (1 value) of each" in " ".join(out.split())
    assert "head digit: 3 classes of each sequence\n" in out
    assert "head who: 2 classes of each sequence; 1 of " in out
    assert "head seconds: 1 value of each sequence\n" in out
    _, out, _ = call("data", "check", str(trained[0]), "--json")
    assert json.loads(out)["heads"]["who"]["classes"] == ["anna", "ben"]


def test_a_run_answers_as_each_head_and_its_metrics_are_those_of_training(
    call: Any, trained: tuple[Path, Path]
) -> None:
    data, run = trained
    expected = json.loads((run / "training.json").read_text())["test"]["quantised"]
    for more in ((), ("--data", str(data))):
        code, out, err = call("run", str(run), "--engine", "numpy", "--json", *more)
        assert code == 0, err
        result = json.loads(out)
        assert {n: v for n, v in result["metrics"].items() if n in expected} == {
            n: v for n, v in expected.items() if n in result["metrics"]
        }
        assert result["heads"]["digit"]["accuracy"] == expected["digit/accuracy"]
        assert set(result["heads"]["who"]["predictions"]) <= {"anna", "ben"}
        assert len(result["heads"]["seconds"]["values"]) == result["sequences"]
        assert result["predictions"] is result["accuracy"] is None


def test_a_run_and_a_report_show_a_row_for_each_head(
    call: Any, trained: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    data, run = trained
    monkeypatch.setenv("COLUMNS", "80")
    code, out, err = call("run", str(run), "--engine", "numpy", "--data", str(data))
    assert code == 0, err
    for row in ("  digit: ", "  who: ", "  seconds: RMSE "):
        assert row in out
    code, out, err = call("report", str(run), "--no-measure", "--data", str(data))
    assert code == 0, err
    for title in ("spoken, digit: accuracy", "spoken, who: accuracy", "spoken, seconds: error"):
        assert title in out
    with (run / "per_inference.csv").open() as file:
        row = next(csv.DictReader(file))
    assert {"digit_predicted", "who_actual", "seconds_value_0", "seconds_error"} <= row.keys()
    report = json.loads((run / "report.json").read_text())
    tested = json.loads((run / "training.json").read_text())["test"]
    for head, metric in (("digit", "accuracy"), ("who", "accuracy"), ("seconds", "rmse")):
        (found,) = (each for each in report["heads"] if each["name"] == head)
        for name, network in (
            ("gru", "gru"),
            ("quantised", "quantised"),
            ("deployed", "quantised"),
        ):
            assert found["metrics"][name][metric] == tested[network][f"{head}/{metric}"]
    assert report["head"] == "digit"
    assert [curve["metric"] is not None for curve in report["curves"]] == [True] * 3


def test_a_stream_answers_every_frame_as_each_head(trained: tuple[Path, Path]) -> None:
    program = Program.load(trained[1] / "program.sgru")
    scores = np.arange(6) - 2
    text = answer(program, 3, scores, as_json=False)
    value = program.head("seconds").readout.values(scores[5:], 3)[0]
    assert text == f"digit: two; who: ben; seconds: {value:g}"
    found = json.loads(answer(program, 3, scores, as_json=True))
    assert found["step"] == 3
    assert found["heads"]["digit"]["class"] == "two"
    assert found["heads"]["who"]["scores"] == [1, 2]
    assert found["heads"]["seconds"]["values"] == [value]


def test_a_configuration_repeats_the_weights_of_heads(trained: tuple[Path, Path]) -> None:
    assert 'head_weights = "digit=2"' in (trained[1] / "config.toml").read_text()


def test_a_data_set_with_other_heads_is_one_line_and_exit_2(
    call: Any, trained: tuple[Path, Path], tmp_path: Path
) -> None:
    other = tmp_path / "other.toml"
    folder = trained[0].parent / "spoken"
    other.write_text(f"folder = '{folder}'\nheads = ['digit', 'who', 'seconds']\n[task]\nwho='x'\n")
    code, _, err = call("data", "check", str(other))
    assert code == 2
    assert "head 'who'" in err or "unknown task 'x'" in err
    assert err.count("\n") == 1
    other.write_text(f"folder = '{folder}'\nheads = ['digit']\n")
    code, _, err = call("run", str(trained[1]), "--data", str(other))
    assert (code, err.count("\n")) == (2, 1)


def test_a_task_and_a_target_of_different_kinds_are_refused() -> None:
    one = Target(("a", "b"))
    several = Target(heads=(Head("x", one, 2), Head("y", Target(), 1)))
    with pytest.raises(SettingError, match="'classify', but the target has heads"):
        heads_of(several, "classify")
    with pytest.raises(SettingError, match="'heads', but the target has no heads"):
        heads_of(one, "heads")
