"""Seeds of the worked examples: run, resumed, kept, and the page of their means and bars."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

Import = Callable[[str], ModuleType]

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
    kept_results = example("kept_results")
    monkeypatch.setitem(kept_results.EXTRA_SOURCES, "fake", ("fake_sounds.py",))
    for source in (*kept_results.SHARED, "fake_sounds.py"):
        (tmp_path / source).write_text("")
    (tmp_path / "fake.py").write_text(FAKE)
    (tmp_path / "runs").mkdir()
    return kept_results.Kept(tmp_path / "runs", tmp_path)


@pytest.fixture
def shown(kept: Any, tmp_path: Path) -> Any:
    """A place for the figures of a page."""
    (tmp_path / "shown").mkdir()
    return replace(kept, folder=tmp_path / "shown")


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
    assert not kept.is_of_today("fake", 93)
    assert kept.missing({"fake": (93,)}) == [("fake", 93)]


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
    kept: Any, shown: Any, example: Import, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    results = example("results")
    monkeypatch.setitem(example("bars").BARS, "fake", ())
    (tmp_path / "fake.py").write_text(f"{FAKE}\nassert given.seeds != 91\n")
    seeds = {"fake": (91, 93)}
    results.run_missing(kept, shown, seeds, tmp_path / "page.md", seeds)
    assert kept.missing({"fake": (91, 93)}) == [("fake", 91)]
    assert shown.read("fake", 93) == kept.read("fake", 93)
    assert "Seeds finished: 1 of 2." in (tmp_path / "page.md").read_text()


def test_the_page_keeps_examples_that_do_not_run(
    kept: Any, shown: Any, example: Import, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    results = example("results")
    for name in ("fake", "other"):
        monkeypatch.setitem(example("bars").BARS, name, ())
    (tmp_path / "other.py").write_text(FAKE)
    shown.run("other", 80)
    every = {"fake": (91,), "other": (80,)}
    results.run_missing(kept, shown, {"fake": (91,)}, tmp_path / "page.md", every)
    page = (tmp_path / "page.md").read_text()
    assert "## `other.py`" in page
    assert page == example("results_page").page(shown, every)


def test_a_run_says_how_many_seeds_are_left(
    kept: Any,
    shown: Any,
    example: Import,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    results = example("results")
    monkeypatch.setitem(example("bars").BARS, "fake", ())
    seeds = {"fake": (91, 93)}
    results.run_missing(kept, shown, seeds, tmp_path / "page.md", seeds)
    out = capsys.readouterr().out
    assert out.splitlines() == ["fake, seed 91: 1 of 2", "fake, seed 93: 2 of 2"]
    results.run_missing(kept, shown, seeds, tmp_path / "page.md", seeds)
    assert capsys.readouterr().out == ""


def test_an_interrupted_run_says_where_it_goes_on(
    example: Import, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    results = example("results")

    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(results, "run_missing", interrupted)
    monkeypatch.setattr("sys.argv", ["results.py", "--out", str(tmp_path / "runs"), "--figures",
                                     str(tmp_path / "f"), "--to", str(tmp_path / "p")])  # fmt: skip
    with pytest.raises(SystemExit) as ended:
        results.main()
    assert str(ended.value) == f"stopped: run it again to go on; seeds in {tmp_path / 'runs'} stay"


@pytest.fixture
def two_bars(example: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    bars = example("bars")
    limits = (0.91, 0.93)
    of_fake = tuple(bars.Bar("task", "accuracy", "at least", limit) for limit in limits)
    monkeypatch.setitem(bars.BARS, "fake", of_fake)


@pytest.mark.usefixtures("two_bars")
def test_the_page_has_means_spread_bars_and_missing_seeds(kept: Any, example: Import) -> None:
    page_of, seeds = example("results_page").page, {"fake": (91, 93, 95)}
    assert "**Not run yet: seeds 91, 93, 95.**" in page_of(kept, seeds)
    kept.run("fake", 91)
    kept.run("fake", 93)
    page = page_of(kept, seeds)
    assert "**Not run yet: seeds 95.**" in page
    assert "Run before a change" not in page
    assert "| program | 92.00 % ± 1.41 % |" in page
    assert "| torch.nn.GRU | 90.00 % |" in page
    assert "python examples/fake.py --seeds 91 93" in page
    lines = [line for line in page.splitlines() if line.startswith("| task | accuracy at least")]
    assert [line.endswith("| met |") for line in lines] == [True, False]
    assert lines[1] == "| task | accuracy at least 93.00 % | 93.00 % | 92.00 % | **not met** |"


@pytest.mark.usefixtures("two_bars")
def test_the_page_begins_with_the_bars_that_are_not_met(kept: Any, example: Import) -> None:
    kept.run("fake", 92)
    page = example("results_page").page(kept, {"fake": (92,)})
    assert "1 of 2 bars are met. Not met:\n\n- `fake.py`: task, accuracy at least 93.00 %\n" in page
    kept.run("fake", 93)
    assert "All 2 bars are met." in example("results_page").page(kept, {"fake": (93,)})


@pytest.mark.usefixtures("two_bars")
def test_the_page_names_seeds_whose_sources_have_changed(
    kept: Any, example: Import, tmp_path: Path
) -> None:
    kept.run("fake", 93)
    (tmp_path / "worked.py").write_text("# changed\n")
    page = example("results_page").page(kept, {"fake": (93,)})
    assert "**Run before a change: seeds 93.**" in page
    assert "| program | 93.00 % |" in page


def test_an_example_whose_published_files_are_not_in_place_is_left_out(
    example: Import, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    results = example("results")
    monkeypatch.setenv("SPIKING_GRU_DATA", str(tmp_path))
    assert "shd" not in results.runnable()
    assert results.runnable(["speaker", "shd"]) == {"speaker": results.SEEDS["speaker"]}
    (tmp_path / "shd").mkdir()
    for name in results.DATASETS["shd"].files.names:
        (tmp_path / "shd" / name).write_bytes(b"")
    assert results.runnable()["shd"] == results.SEEDS["shd"]
    page = example("results_page").page(example("kept_results").Kept(tmp_path), {"shd": (30,)})
    assert "`make results` runs them where the published files are in place." in page


def test_the_page_of_the_documentation_is_written_from_the_figures_next_to_it(
    example: Import,
) -> None:
    docs, results = EXAMPLES.parent / "docs", example("results")
    kept = example("kept_results").Kept(docs / "results")
    page = example("results_page").page(kept, results.SEEDS)
    assert page == (docs / "results.md").read_text(), "run python examples/results.py --page"


def test_the_tables_of_the_pages_are_written_from_the_figures(
    example: Import, tmp_path: Path
) -> None:
    docs, results = EXAMPLES.parent / "docs", example("results")
    kept, with_tables = example("kept_results").Kept(docs / "results"), example("example_pages")
    copies = tmp_path / "examples"
    shutil.copytree(docs / "examples", copies)
    results.write_tables(copies, kept, results.SEEDS)
    tables = 0
    for page in (docs / "examples").glob("*.md"):
        assert (copies / page.name).read_text() == page.read_text(), "results.py --page"
        tables += len(with_tables.TABLE.findall(page.read_text()))
    assert tables >= 14


def test_a_table_of_a_page_is_replaced_by_its_seed_s_figures(
    example: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    pages = example("example_pages")
    row = {"title": "program", "baseline": False, "figures": {"accuracy": 0.5, "energy": 2e-6}}
    table = "words, seed 3\n┏━┓\n│ 1 │\n└─┘\n"
    page = f"text\n{table}text\n{table.replace('3', '4')}"
    new = pages.with_tables(page, {3: {"tables": {"words": {"deployed": row}}}})
    assert "│ program │  50.00 % │ 2.00 µJ │" in new
    assert new.count("words, seed 3") == 1
    assert new.endswith(table.replace("3", "4"))


@pytest.mark.parametrize(
    ("figure", "kind", "limit", "compared", "met"),
    [
        ("accuracy", "at least", 0.9, 0.9, True),
        ("accuracy", "at least", 0.91, 0.91, False),
        ("accuracy", "points behind", 0.02, 0.9, True),
        ("accuracy", "points behind", 0.01, 0.91, False),
        ("accuracy", "share of baseline", 0.5, 0.46, True),
        ("accuracy", "share of baseline", 1.0, 0.92, False),
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


def test_the_page_says_of_which_cost_model_each_energy_is(kept: Any, example: Import) -> None:
    about = example("results_page").about_energy
    kept.run("fake", 91)
    now = kept.read("fake", 91)
    assert now["cost_model"] == "0.2"
    before = {name: value for name, value in now.items() if name != "cost_model"}
    text = " ".join(about({"fake": {91: now}}))
    assert text.startswith(" Energy is that of [cost model 0.2](cost.md): the nominal core dynamic")
    lines = about({"a": {1: before, 2: now}, "b": {1: before}})
    assert max(map(len, lines)) <= 98
    assert "Energy of `a.py`, `b.py` is that of [cost model 0.1]" in " ".join(lines)
    assert "Energy of `a.py` is that of [cost model 0.2]" in " ".join(lines)


SOURCE = '''"""What it does."""
import math

CAPTION = """
In words.
"""
LIMIT = 3
"""Of something."""


def area(r):
    """Return the area."""
    return math.pi * r**2  # of a circle
'''


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("What it does", "Does much", True),
        ("In words.", "In other words,\nand more.", True),
        ("Of something", "Of nothing", True),
        ("Return the area", "Return\n\n    the area", True),
        ("LIMIT = 3", "LIMIT = 4", False),
        ("r**2", "r**3", False),
        ("import math\n", "import cmath as math\n", False),
    ],
)
def test_words_of_a_source_are_no_part_of_its_key(
    kept: Any, tmp_path: Path, old: str, new: str, same: bool
) -> None:
    for source in ("fake.py", "worked.py", "figures.py"):
        (tmp_path / source).write_text(SOURCE)
        before = kept.key("fake", 1)
        (tmp_path / source).write_text(SOURCE.replace(old, new))
        assert (kept.key("fake", 1) == before) == same
        (tmp_path / source).write_text(SOURCE)
