"""A search from settings to the reports of the chosen network."""

from __future__ import annotations

import csv
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import spiking_gru as sg
from hardware.errors import InputError, RangeError, SettingError
from spiking_gru.trials.finalists import REPEATS
from spiking_gru.trials.trial import DONE, FAILED, Figures, chosen

SETTINGS = sg.TrainingSettings(epochs=1, quantised_epochs=1, batch=8, baseline="none")
SPACE = {
    "hidden": {"low": 2, "high": 6},
    "emit": {"choices": ["graded", "binary"]},
    "threshold": {"low": 0.05, "high": 0.3},
}
SMALL: dict[str, Any] = {"space": SPACE, "trials": 6, "folds": 2, "finalists": 2, "seeds": 2}


def noises(groups: bool = False) -> sg.Dataset:
    rng = np.random.default_rng(0)
    sequences = [rng.normal(size=(6, 2)) for _ in range(48)]
    labels = ["up" if sequence.mean() > 0 else "down" for sequence in sequences]
    of_each = [i // 4 for i in range(48)] if groups else None
    return sg.Dataset.from_lists(sequences, labels, groups=of_each, name="noises")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("search")
    return sg.search(SETTINGS, noises(), folder, **SMALL)


def test_every_trial_is_trained_on_folds_and_priced(found: Any) -> None:
    assert [trial.index for trial in found.trials] == list(range(6))
    for trial in found.trials:
        assert set(trial.values) == set(SPACE)
        for fold in trial.folds:
            assert 0 <= fold.metric <= 1
            assert fold.operations > 0
            assert 0 < fold.energy_j < 1e-3
    assert sum(len(t.folds) == 2 for t in found.trials if t.state == DONE) >= 3


def test_the_chosen_settings_are_trained_with_fresh_seeds_and_reported(found: Any) -> None:
    assert found.chosen in found.finalists
    assert set(found.final) == {1, 2}
    for seed in found.final:
        run = found.folder / f"trial-{found.chosen.index}" / f"seed-{seed}"
        program = sg.Program.load(run / "program.sgru")
        assert program.layers[0].neurons == found.chosen.values["hidden"]
        assert program.provenance["settings"]["seed"] == seed
        report = json.loads((run / "report.json").read_text())
        assert report["dataset"]["name"] == "noises"
        assert (run / "report.html").is_file()
        accuracy = sg.Trace.load(run / "trace.safetensors").accuracy(noises().test.labels)
        assert found.final[seed].metric == pytest.approx(accuracy)


def test_all_trials_are_in_a_table_and_a_picture(found: Any) -> None:
    rows = list(csv.DictReader((found.folder / "trials.csv").read_text().splitlines()))
    assert [int(row["trial"]) for row in rows] == list(range(6))
    assert float(rows[0]["metric"]) == pytest.approx(found.trials[0].mean().metric)
    assert (found.folder / "pareto.png").read_bytes().startswith(b"\x89PNG")


def test_the_finalists_are_measured_again_on_all_folds_of_all_repeats(found: Any) -> None:
    rows = list(csv.DictReader((found.folder / "trials.csv").read_text().splitlines()))
    assert len(found.finalists) == 2
    for finalist in found.finalists:
        row = rows[finalist.index]
        assert len(finalist.repeats) == 2 * REPEATS
        assert (row["folds"], row["all_folds"]) == ("2", str(2 + 2 * REPEATS))
        assert float(row["spread"]) == pytest.approx(finalist.spread)
        assert float(row["all_spread"]) == pytest.approx(finalist.whole.spread)
        assert float(row["all_metric"]) == pytest.approx(finalist.whole.mean().metric)
    others = [row for row in rows if not row["all_folds"]]
    assert len(others) == 4


def test_a_search_is_one_line_and_a_table_in_a_notebook(found: Any) -> None:
    assert re.fullmatch(
        r"Search\(6 trials, trial \d chosen: accuracy [\d.]+ ± [\d.]+ at [\d,]+ operations on "
        r"2 fresh seeds\)",
        repr(found),
    )
    assert found._repr_html_().startswith("<table>")


def test_a_finished_search_gives_the_same_result_again(found: Any) -> None:
    again = sg.search(SETTINGS, noises(), found.folder, **SMALL)
    assert again.trials == found.trials
    assert again.chosen == found.chosen
    assert again.final == found.final


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"settings": SETTINGS.model_copy(update={"epochs": 2})}, r"other settings \(epochs: 1"),
        ({"space": {"hidden": {"choices": [2, 3]}}}, "other values to try"),
        ({"dataset": noises(groups=True)}, "other data"),
        ({"folds": 3}, r"other folds \(\[2, None\] there"),
        ({"cost": "operations"}, "other objectives"),
    ],
)
def test_another_search_in_the_folder_is_refused(
    changed: dict[str, Any], text: str, found: Any
) -> None:
    given = {"settings": SETTINGS, "dataset": noises(), "space": SPACE, "folds": 2, **changed}
    with pytest.raises(InputError, match=f"{text}.*--force to start over"):
        sg.search(folder=found.folder, trials=6, **given)


def test_force_begins_anew(tmp_path: Path) -> None:
    few = {"space": SPACE, "folds": 2, "finalists": 1, "seeds": 0}
    sg.search(SETTINGS, noises(), tmp_path, trials=2, **few)
    found = sg.search(SETTINGS, noises(), tmp_path, trials=1, cost="operations", force=True, **few)
    assert len(found.trials) == 1
    assert found.goal.cost == "operations"


def test_more_trials_go_on_with_those_that_are_there(tmp_path: Path) -> None:
    few = {"space": SPACE, "folds": 2, "finalists": 1, "seeds": 0}
    first = sg.search(SETTINGS, noises(), tmp_path, trials=2, **few)
    more = sg.search(SETTINGS, noises(), tmp_path, trials=4, **few)
    assert more.trials[:2] == first.trials
    assert len(more.trials) == 4


def test_folds_by_group_have_no_group_in_two_parts(tmp_path: Path) -> None:
    dataset = noises(groups=True)
    found = sg.search(
        SETTINGS, dataset, tmp_path, space=SPACE, trials=1, folds=2, by="group", seeds=0
    )
    assert found.trials[0].state == DONE
    with pytest.raises(InputError, match="there are no groups"):
        sg.search(SETTINGS, noises(), tmp_path / "other", space=SPACE, by="group")


def test_a_trial_whose_network_does_not_fit_fails_and_the_search_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def proof(settings: sg.TrainingSettings, _: sg.Dataset) -> None:
        if settings.hidden == 5:
            raise RangeError("before the first epoch, layer 0 leaves the word")

    monkeypatch.setattr("spiking_gru.workflows.train.require_convertible", proof)
    space = {**SPACE, "hidden": {"choices": [4, 5]}}
    found = sg.search(
        SETTINGS, noises(), tmp_path, space=space, trials=5, folds=2, finalists=1, seeds=0
    )
    failed = [trial for trial in found.trials if trial.state == FAILED]
    assert {trial.values["hidden"] for trial in failed} == {5}
    assert all("before the first epoch" in trial.reason for trial in failed)
    assert found.chosen.values["hidden"] == 4


def test_two_processes_share_a_search(tmp_path: Path) -> None:
    found = sg.search(
        SETTINGS,
        noises(),
        tmp_path,
        space=SPACE,
        trials=5,
        folds=2,
        finalists=2,
        workers=2,
        seeds=0,
    )
    assert [trial.index for trial in found.trials] == list(range(5))
    assert [len(finalist.repeats) for finalist in found.finalists] == [2 * REPEATS] * 2
    assert not list((tmp_path / "workers").iterdir())


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"trials": 0}, "trials is 0, expected 1 or more"),
        ({"folds": 1}, "folds is 1, expected 2 or more"),
        ({"finalists": 0}, "finalists is 0, expected 1 or more"),
        ({"workers": 0}, "workers is 0"),
        ({"seeds": -1}, "seeds is -1"),
        ({"minutes": 0.0}, "minutes is 0, expected more than 0"),
        ({"minutes": float("nan")}, "minutes is nan"),
        ({"metric": "rmse"}, "unknown metric of the task 'classify' 'rmse'"),
        ({"cost": "joules"}, "unknown cost 'joules'"),
        ({"by": "subject"}, "unknown way to fold"),
        ({"space": {"hiden": {"choices": [1]}}}, "did you mean 'hidden'"),
    ],
)
def test_bad_input_is_one_line_before_anything_is_written(
    given: dict[str, Any], text: str, tmp_path: Path
) -> None:
    with pytest.raises((SettingError, InputError), match=text) as told:
        sg.search(SETTINGS, noises(), tmp_path / "new", **{"space": SPACE, **given})
    assert "\n" not in str(told.value)
    assert not (tmp_path / "new").exists()


def test_given_settings_are_no_part_of_the_usual_space(tmp_path: Path) -> None:
    given = SETTINGS.model_copy(update={"hidden": 3, "layers": 1, "bits": 8})
    found = sg.search(given, noises(), tmp_path, trials=1, folds=2, seeds=0)
    assert not {"hidden", "layers", "bits"} & set(found.chosen.values)
    assert found.settings.hidden == 3


class KilledError(Exception):
    """Stands for a process that dies."""


def test_a_search_that_is_killed_at_random_has_the_same_finalists_and_trains_no_fold_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance, made, danger = random.Random(0), list[str](), 0.0

    def measured(settings: sg.TrainingSettings, fold: sg.Dataset, _: str, place: Path) -> Figures:
        if chance.random() < danger:
            raise KilledError
        made.append(place.name)
        luck = random.Random(f"{settings.seed} {fold.fingerprint} {settings.hidden}")
        return Figures(0.9 + luck.random() / 10, 100.0 * settings.hidden, 1e-6)

    monkeypatch.setattr("spiking_gru.workflows.trying.fold_figures", measured)
    few: dict[str, Any] = {**SMALL, "most_operations": 500, "finalists": 3, "seeds": 0}
    expected = sg.search(SETTINGS, noises(), tmp_path / "undisturbed", **few)
    undisturbed, danger, kills = sorted(made), 0.3, 0
    made.clear()
    while True:
        try:
            found = sg.search(SETTINGS, noises(), tmp_path / "killed", **few)
            break
        except KilledError:
            kills += 1
    assert kills >= 8
    assert found.trials == expected.trials
    assert found.finalists == expected.finalists
    assert found.chosen == expected.chosen
    assert sorted(made) == undisturbed
    assert len(set(made)) == len(made)


def test_no_seed_and_no_fold_of_a_repeat_is_one_of_the_trials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, list[tuple[int, str]]] = {}

    def measured(settings: sg.TrainingSettings, fold: sg.Dataset, _: str, place: Path) -> Figures:
        index = place.name.split("-round-")[0]
        seen.setdefault(index, []).append((settings.seed, fold.fingerprint))
        return Figures(0.9, 100.0, 1e-6)

    monkeypatch.setattr("spiking_gru.workflows.trying.fold_figures", measured)
    found = sg.search(SETTINGS, noises(), tmp_path, **{**SMALL, "seeds": 0})
    a, b = (seen[f"trial-{finalist.index}"] for finalist in found.finalists)
    assert a == b, "finalists are compared on the same folds, with the same seeds"
    seeds, folds = zip(*a, strict=True)
    assert len(set(folds)) == 2 + 2 * REPEATS
    assert len(set(seeds)) == 1 + 2 * REPEATS, "trials have one seed, that of the search"


def test_one_finalist_leaves_the_choice_to_the_trials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "spiking_gru.workflows.trying.fold_figures",
        lambda settings, *_: Figures(0.1 * settings.hidden, 1.0, 1e-6),
    )
    found = sg.search(SETTINGS, noises(), tmp_path, **{**SMALL, "finalists": 1, "seeds": 0})
    assert found.finalists == ()
    assert found.chosen == chosen(found.trials, found.goal)
    assert not any(trial.repeats for trial in found.trials)


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let children be interrupted: a background job of a shell ignores SIGINT, and so do they."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_a_search_that_is_interrupted_says_how_to_go_on(tmp_path: Path) -> None:
    (tmp_path / "space.toml").write_text(COMMAND)
    out = tmp_path / "search"
    command = [sys.executable, "-m", "spiking_gru", "search", "--epochs", "200", "--seeds", "0"]
    process = subprocess.Popen(
        [*command, "--space", str(tmp_path / "space.toml"), "--out", str(out)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        while not list(out.glob("unfinished/*/.unfinished/checkpoint/*.safetensors")):
            assert process.poll() is None
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert told.splitlines()[-1] == (
        f"spiking-gru: interrupted; the search is saved: go on with `spiking-gru search "
        f"--out {out} --resume`, or with the same command"
    )


def test_resume_takes_the_options_of_the_search(tmp_path: Path, call: Any) -> None:
    (tmp_path / "space.toml").write_text(COMMAND)
    options = ["--epochs", "1", "--quantised-epochs", "1", "--folds", "2", "--seeds", "0"]
    options += ["--finalists", "2"]
    begun = [*options, "--space", tmp_path / "space.toml", "--cost", "operations"]
    out = ["--out", tmp_path / "search"]
    assert call("search", *begun, "--trials", "1", *out)[0] == 0
    code, said, _ = call("search", "--resume", "--trials", "2", "--json", *out)
    assert code == 0
    found = json.loads(said)
    assert len(found["trials"]) == 2
    assert found["goal"]["cost"] == "operations"
    assert found["settings"]["epochs"] == 1
    assert sorted(found["finalists"]) == [0, 1]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--resume"], "holds no search to go on with: leave --resume out"),
        (["--metric", "rmse"], "unknown metric of the task 'classify' 'rmse'"),
        (["--space", "none.toml"], "cannot read none.toml"),
        (["--hidden", "0"], "hidden"),
        (["--data", "none"], "unknown data set"),
    ],
)
def test_bad_options_are_one_line_and_exit_code_2(
    options: list[str], text: str, tmp_path: Path, call: Any
) -> None:
    code, _, told = call("search", "--out", tmp_path / "search", *options)
    assert code == 2
    assert text in told
    assert len(told.splitlines()) == 1
    assert not (tmp_path / "search").exists()


COMMAND = """
[hidden]
low = 4
high = 24
[threshold]
low = 0.05
high = 0.4
[encoder]
choices = ["graded", "send-on-delta"]
"""


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_a_search_of_40_trials_killed_five_times_has_the_same_pareto_set(tmp_path: Path) -> None:
    (tmp_path / "space.toml").write_text(COMMAND)
    command = [sys.executable, "-m", "spiking_gru", "search", "--epochs", "1", "--json"]
    command += ["--quantised-epochs", "1", "--space", str(tmp_path / "space.toml")]
    command += ["--folds", "2", "--seeds", "0", "--trials", "40"]
    command += ["--finalists", "3", "--out"]

    def finished(folder: Path) -> dict[str, Any]:
        done = subprocess.run([*command, str(folder)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    start = time.monotonic()
    expected = finished(tmp_path / "undisturbed")
    seconds, chance = time.monotonic() - start, random.Random(0)
    for _ in range(5):
        process = subprocess.Popen(
            [*command, str(tmp_path / "killed")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(6 + chance.random() * seconds / 8)
        assert process.poll() is None
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    found = finished(tmp_path / "killed")
    assert found["front"] == expected["front"]
    assert found["trials"] == expected["trials"]
    assert found["finalists"] == expected["finalists"]
    assert found["chosen"] == expected["chosen"]
