"""The worked examples run at a small size, and their results can be resumed."""

from __future__ import annotations

import hashlib
import importlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import packages_of_data
import pytest

import hardware
import spiking_gru as sg
from spiking_gru.data import load

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
BASELINES = {"gru", "lstm", "state"}

Import = Callable[[str], ModuleType]


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Import]:
    """Import a module of examples/, where packages of data hold small files."""
    packages_of_data.put_all(tmp_path / "site")
    watch = tmp_path / "site/seglearn/data/watch_dataset.npy"
    digest = hashlib.sha256(watch.read_bytes()).hexdigest()
    monkeypatch.setattr("spiking_gru.data.sources.exercises.SHA256", digest)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.syspath_prepend(str(EXAMPLES))
    before = set(sys.modules)
    yield importlib.import_module
    for name in set(sys.modules) - before:
        if Path(getattr(sys.modules[name], "__file__", None) or "/").parent == EXAMPLES:
            del sys.modules[name]


@pytest.fixture
def unpainted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the pictures out of reports, which take most of the time; one test has them."""
    monkeypatch.setattr("hardware.reporting.write.render_page", lambda *_: "")


def small(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the networks of an example small."""
    monkeypatch.setitem(module.SETTINGS, "hidden", 16)


def test_the_speaker_example_tells_what_the_program_and_three_baselines_do(
    example: Import, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    speaker = example("speaker")
    small(speaker, monkeypatch)
    found = speaker.main([1], tmp_path, epochs=2)
    rows = found[1]["tables"]["japanese-vowels"]
    assert set(rows) == {*BASELINES, "deployed"}
    folder = tmp_path / "seed-1" / "vowels"
    trained = json.loads((folder / "training.json").read_text())
    assert rows["deployed"]["figures"]["accuracy"] == trained["test"]["quantised"]["accuracy"]
    for name in BASELINES:
        assert rows[name]["figures"]["accuracy"] == trained["test"][name]["accuracy"]
        assert rows[name]["baseline"]
    program = hardware.Program.load(folder / "program.sgru")
    trace = hardware.Trace.load(folder / "trace.safetensors")
    counted = hardware.count(trace, program).synaptic_operations.mean()
    assert rows["deployed"]["figures"]["operations"] == counted
    assert program.layers[0].cell.sends_changes
    assert "torch.nn.LSTM" in (folder / "report.html").read_text()
    assert json.loads((tmp_path / "seed-1" / "figures.json").read_text()) == found[1]


@pytest.mark.usefixtures("unpainted")
def test_validating_leaves_the_test_part_alone(
    example: Import, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    digits, worked = example("spoken_digits"), example("worked")
    small(digits, monkeypatch)
    monkeypatch.setattr(worked, "BASELINES", "none")
    tested = []
    monkeypatch.setattr(
        worked, "answers_of", lambda model, part: tested.append(part) or np.zeros(len(part))
    )
    digits.main([3], tmp_path, epochs=1, validate=True)
    validation = load("spoken-digits", 3).validation
    assert tested
    assert all((part.sequences.values == validation.sequences.values).all() for part in tested)


@pytest.mark.usefixtures("unpainted")
def test_the_exercises_example_takes_three_folds_of_unseen_subjects(
    example: Import, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    exercises = example("exercises")
    small(exercises, monkeypatch)
    found = exercises.main([0], tmp_path, epochs=1)[0]["tables"]["exercises, mean of three folds"]
    of_folds = []
    for number in (1, 2, 3):
        trained = json.loads((tmp_path / f"seed-0/fold-{number}/training.json").read_text())
        of_folds.append(trained["test"]["lstm"]["accuracy"])
    assert found["lstm"]["figures"]["accuracy"] == pytest.approx(np.mean(of_folds))
    assert 0 <= found["deployed"]["figures"]["vote"] <= 1


def test_figures_of_folds_are_averaged_row_by_row(example: Import) -> None:
    figures = example("figures")

    def table(a: float, b: float) -> dict[str, Any]:
        return {
            "gru": figures.Row("GRU", True, {"accuracy": a, "spikes": None}),
            "deployed": figures.Row("program", False, {"accuracy": b, "spikes": 10 * b}),
        }

    mean = figures.mean_of([table(0.5, 1.0), table(0.6, 3.0)])
    assert mean["gru"] == figures.Row("GRU", True, {"accuracy": 0.55, "spikes": None})
    assert mean["deployed"] == figures.Row("program", False, {"accuracy": 2.0, "spikes": 20.0})


def test_every_fold_has_its_subjects_in_the_test_part_alone(example: Import) -> None:
    exercises = example("exercises")
    whole = load("exercises", 0)
    for subjects in exercises.FOLDS:
        fold = exercises.fold_of(whole, subjects, 0)
        names = {f"subject {number}" for number in subjects}
        assert set(fold.test.groups) == names
        assert not names & {*fold.training.groups, *fold.validation.groups}
        parts = (fold.training, fold.validation, fold.test)
        assert sum(map(len, parts)) == sum(map(len, (whole.training, whole.validation, whole.test)))


def test_a_recording_has_the_class_of_most_of_its_windows(example: Import) -> None:
    exercises = example("exercises")
    a, b = (np.random.default_rng(i).normal(size=(250, 2)) for i in range(2))
    windows = [x[start : start + 100] for x in (a, b) for start in (0, 50, 100, 150)]
    labels = [0] * 4 + [1] * 4
    part = sg.Dataset.from_lists(windows * 2, labels * 2, parts=["train"] * 8 + ["test"] * 8).test
    assert exercises.recordings(list(part.sequences)).tolist() == labels
    assert exercises.vote(np.array([0, 0, 1, 0, 0, 0, 1, 0]), part) == 0.5
    assert exercises.vote(np.array([1, 0, 0, 0, 1, 1, 0, 1]), part) == 1


@pytest.mark.usefixtures("unpainted")
def test_the_forecast_example_compares_with_naive_forecasts(
    example: Import, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    forecast = example("forecast")
    monkeypatch.setitem(
        forecast.MEASURES,
        "error in ppm",
        lambda answers, part: float(np.sqrt(np.mean((answers - part.targets) ** 2))),
    )
    found = forecast.main([0], tmp_path, only=["co2-12-weeks"], epochs=1)[0]
    rows = found["tables"]["co2-12-weeks"]
    first = rows["naive: 52 steps before"]
    assert first["figures"]["MASE"] == 1
    assert first["figures"]["operations"] is None
    assert not first["baseline"]
    assert set(rows) == {"naive: 52 steps before", "naive: last value", *BASELINES, "deployed"}
    trained = json.loads((tmp_path / "seed-0/co2-12-weeks/training.json").read_text())
    for name, phase in (("deployed", "quantised"), ("gru", "gru")):
        assert rows[name]["figures"]["MASE"] == pytest.approx(trained["test"][phase]["mase"])
        error = rows[name]["figures"]["error in ppm"]
        assert error == pytest.approx(trained["test"][phase]["rmse"])


@pytest.mark.usefixtures("unpainted")
def test_the_forecast_example_takes_a_long_csv(example: Import, tmp_path: Path) -> None:
    t = np.arange(400)
    path = tmp_path / "tides.csv"
    path.write_text("hour,tide\n" + "\n".join(f"{i},{np.sin(i / 4):.4f}" for i in t))
    forecast = example("forecast")
    words = f"{path} --target tide --time hour --history 24 --season 25 --epochs 1 --out {tmp_path}"
    found = forecast.with_options(vars(forecast.options().parse_args(words.split())))
    assert set(found[0]["tables"]) == {"tides"}
    assert "naive: 25 steps before" in found[0]["tables"]["tides"]


@pytest.mark.usefixtures("unpainted")
def test_the_trajectories_example_has_displacement_errors(
    example: Import, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    trajectories = example("trajectories")
    small(trajectories, monkeypatch)
    found = trajectories.main([0], tmp_path, epochs=1)[0]["tables"]
    for rows in found.values():
        for name in ("naive: constant velocity", "gru", "deployed"):
            assert 0 < rows[name]["figures"]["ADE"] < rows[name]["figures"]["FDE"]


def test_constant_velocity_is_right_where_nothing_turns(example: Import) -> None:
    trajectories = example("trajectories")
    ahead = np.arange(1, 13)[:, None] * [0.5, -1.0]
    paths = sg.Dataset.from_lists(
        [np.tile([0.5, -1.0], (7, 1))] * 20, [np.add(ahead, [0, 3 * i]).ravel() for i in range(20)]
    )
    part = trajectories.with_constant_velocity(paths.test)
    forecast = part.naive["constant velocity"]
    assert np.allclose(forecast[0], ahead.ravel())
    expected = (part.targets[:, 1] + 1) / 1.0  # each path is that far away at every step
    assert np.allclose(trajectories.distances(forecast, part), expected[:, None])


def test_settings_of_an_example_are_known(example: Import) -> None:
    for name in ("speaker", "spoken_digits", "exercises", "trajectories", "keywords"):
        sg.TrainingSettings(**example(name).SETTINGS)
    for settings in example("forecast").TASKS.values():
        sg.TrainingSettings(**settings)


# The results of all examples.

FAKE = """
import argparse, json, pathlib
options = argparse.ArgumentParser()
options.add_argument("--seeds", type=int)
options.add_argument("--out", type=pathlib.Path)
given = options.parse_args()
folder = given.out / f"seed-{given.seeds}"
folder.mkdir(parents=True)
row = lambda title, baseline, a: {"title": title, "baseline": baseline, "figures": {"accuracy": a}}
rows = {"gru": row("torch.nn.GRU", True, 0.9), "deployed": row("program", False, given.seeds / 100)}
figures = {"processor_seconds": 5.0, "tables": {"task": rows}}
(folder / "figures.json").write_text(json.dumps(figures))
"""


@pytest.fixture
def kept(example: Import, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """A place for results, next to an example that takes no time."""
    results = example("results")
    monkeypatch.setitem(results.EXTRA_SOURCES, "fake", ("fake_sounds.py",))
    for source in (*results.SHARED, "fake_sounds.py"):
        (tmp_path / source).write_text("")
    (tmp_path / "fake.py").write_text(FAKE)
    (tmp_path / "runs").mkdir()
    return results.Kept(tmp_path / "runs", tmp_path)


def test_a_finished_seed_is_not_run_again(kept: Any, tmp_path: Path) -> None:
    assert kept.missing({"fake": (91, 93)}) == [("fake", 91), ("fake", 93)]
    kept.run("fake", 93)
    assert kept.missing({"fake": (91, 93)}) == [("fake", 91)]
    assert kept.read("fake", 93)["processor_seconds"] == 5


@pytest.mark.parametrize("source", ["fake.py", "worked.py", "figures.py", "fake_sounds.py"])
def test_a_seed_is_run_again_where_a_source_has_changed(
    kept: Any, tmp_path: Path, source: str
) -> None:
    kept.run("fake", 93)
    (tmp_path / source).write_text((tmp_path / source).read_text() + "# changed\n")
    assert kept.read("fake", 93) is None


def test_the_figures_of_one_seed_are_not_taken_for_those_of_another(kept: Any) -> None:
    kept.run("fake", 93)
    kept.file("fake", 91).write_bytes(kept.file("fake", 93).read_bytes())
    assert kept.missing({"fake": (91, 93)}) == [("fake", 91)]


def test_an_example_that_fails_is_not_kept(kept: Any, tmp_path: Path) -> None:
    (tmp_path / "fake.py").write_text("raise SystemExit(3)")
    with pytest.raises(Exception, match="exit status 3"):
        kept.run("fake", 93)
    assert kept.missing({"fake": (93,)}) == [("fake", 93)]


def test_the_other_seeds_run_where_one_fails(
    kept: Any, example: Import, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    results = example("results")
    monkeypatch.setitem(results.BARS, "fake", ())
    (tmp_path / "fake.py").write_text(f"{FAKE}\nassert given.seeds != 91\n")
    results.run_missing(kept, {"fake": (91, 93)}, tmp_path / "page.md")
    assert kept.missing({"fake": (91, 93)}) == [("fake", 91)]
    assert "Seeds finished: 1 of 2." in (tmp_path / "page.md").read_text()


def test_the_page_has_means_spread_bars_and_missing_seeds(
    kept: Any, example: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    bars, results = example("bars"), example("results")
    monkeypatch.setitem(
        results.BARS,
        "fake",
        (
            bars.Bar("task", "accuracy", "at least", 0.91),
            bars.Bar("task", "accuracy", "at least", 0.93),
        ),
    )
    seeds = {"fake": (91, 93, 95)}
    assert "**Not run yet: seeds 91, 93, 95.**" in results.page(kept, seeds)
    kept.run("fake", 91)
    kept.run("fake", 93)
    page = results.page(kept, seeds)
    assert "**Not run yet: seeds 95.**" in page
    assert "| program | 92.00 % ± 1.41 % |" in page
    assert "| torch.nn.GRU | 90.00 % |" in page
    assert "python examples/fake.py --seeds 91 93" in page
    lines = [line for line in page.splitlines() if line.startswith("| task | accuracy at least")]
    assert [line.endswith("| met |") for line in lines] == [True, False]
    assert lines[1] == "| task | accuracy at least 93.00 % | 93.00 % | 92.00 % | **not met** |"


def test_the_page_of_the_documentation_is_one_that_the_program_writes(example: Import) -> None:
    page = (EXAMPLES.parent / "docs" / "results.md").read_text()
    results = example("results")
    assert page.startswith(results.INTRODUCTION)
    assert [line for line in page.splitlines() if line.startswith("## ")] == [
        f"## `{name}.py`" for name in results.SEEDS
    ]


@pytest.mark.parametrize(
    ("figure", "kind", "limit", "compared", "met"),
    [
        ("accuracy", "at least", 0.9, 0.9, True),
        ("accuracy", "at least", 0.91, 0.91, False),
        ("accuracy", "points behind", 0.02, 0.9, True),
        ("accuracy", "points behind", 0.01, 0.91, False),
        ("error", "at most", 2.0, 2.0, True),
        ("error", "at most", 1.9, 1.9, False),
        ("error", "of baseline", 1.25, 2.0, True),
        ("error", "of baseline", 1.2, 1.92, False),
        ("error", "of naive", 0.5, 2.0, True),
        ("error", "of naive", 0.4, 1.6, False),
    ],
)
def test_a_bar_is_met_up_to_its_limit(
    example: Import, figure: str, kind: str, limit: float, compared: float, met: bool
) -> None:
    bars = example("bars")

    def row(baseline: bool, accuracy: float, error: float) -> dict[str, Any]:
        return {"baseline": baseline, "figures": {"accuracy": accuracy, "error": error}}

    means = {
        "naive: none": row(False, 0.99, 4.0),
        "gru": row(True, 0.92, 1.8),
        "lstm": row(True, 0.90, 1.6),
        "deployed": row(False, 0.9, 2.0),
    }
    bar = bars.Bar("task", figure, kind, limit)
    assert bar.value(means) == pytest.approx(compared)
    assert bar.is_met(means) is met


def test_every_example_has_seeds_and_bars_on_its_own_tasks(example: Import) -> None:
    bars, results = example("bars").BARS, example("results")
    assert set(results.SEEDS) == set(bars)
    assert all((EXAMPLES / f"{name}.py").is_file() for name in bars)
    assert {bar.task for bar in bars["forecast"]} == set(example("forecast").TASKS)
