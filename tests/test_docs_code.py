"""Every code block of every page runs in a test: here, or in the test of its page."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from event_data import some_events
from shortened import shortened, sizes
from snippets import DOCS, printed_by
from sounds import write_wav

from hardware.files.strict_toml import parse

pytest.importorskip("snntorch")

TESTS = Path(__file__).resolve().parent
RUN_BY = {
    "cost.md": "test_docs_code.py",
    "data.md": "test_data_page.py",
    "early_exit.md": "test_early_exit_page.py",
    "event_cameras.md": "test_event_cameras_page.py",
    "format.md": "hardware/test_format_page.py",
    "import.md": "test_import_docs.py",
    "lava.md": "test_docs_code.py",
    "live.md": "test_docs_code.py",
    "long_runs.md": "test_long_runs_page.py",
    "report.md": "test_docs_code.py",
    "search.md": "test_docs_code.py",
    "text.md": "test_text_pages.py",
    "training.md": "test_training_page.py",
    "translation.md": "test_text_pages.py",
    "tutorial.md": "test_tutorial.py",
}
"""The test that runs the Python and JSON of each page; commands and TOML may run below."""

COMMANDS = {"data.md", "event_cameras.md", "text.md", "translation.md"}
"""Pages whose commands and TOML files run below."""

COMMANDS_BY_THEIR_TEST = {
    "cost.md",
    "early_exit.md",
    "import.md",
    "long_runs.md",
    "search.md",
    "tutorial.md",
}


def blocks(page: str, *languages: str) -> list[str]:
    text = (DOCS / page).read_text()
    return re.findall(
        rf"^```(?:{'|'.join(languages)})\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE
    )


def commands(page: str) -> list[str]:
    """Return the commands of a page without their prompts and comments."""
    joined = [re.sub(r"\\\n +", "", block) for block in blocks(page, "sh")]
    lines = [line for block in joined for line in block.splitlines()]
    for block in blocks(page, "console"):
        lines += [line[2:] for line in block.splitlines() if line.startswith("$ ")]
    return [line.partition("  #")[0].strip() for line in lines]


def run(command: str, folder: Path) -> str:
    program, *_ = command.split()
    assert program == "spiking-gru"
    words = re.findall(r'"[^"]*"|\S+', command)[1:]
    line = [sys.executable, "-m", "spiking_gru", *(word.strip('"') for word in words)]
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, f"{command}\n{done.stderr}"
    return done.stdout


def test_every_page_with_code_has_a_test_that_runs_it() -> None:
    for path in sorted(DOCS.glob("**/*.md")):
        page = path.relative_to(DOCS).as_posix()
        if page.startswith("examples/"):  # tests/examples runs these
            continue
        if blocks(page, "python", "json"):
            test = (TESTS / RUN_BY[page]).read_text()
            assert path.stem in test or page == "format.md"
        if blocks(page, "sh", "console", "toml"):
            assert page in COMMANDS | COMMANDS_BY_THEIR_TEST


def test_every_block_names_its_language() -> None:
    for path in DOCS.glob("**/*.md"):
        fences = re.findall(r"^```(\w*)$", path.read_text(), re.MULTILINE)
        known = {"python", "sh", "console", "toml", "json", "text"}
        assert set(fences[::2]) <= known, path.name
        assert set(fences[1::2]) <= {""}, path.name


@pytest.fixture(scope="module")
def vowels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which the run `runs/vowels` of the README is."""
    folder = tmp_path_factory.mktemp("vowels")
    run(
        "spiking-gru train --data japanese-vowels --out runs/vowels --hidden 16 --epochs 2 "
        "--quantised-epochs 1",
        folder,
    )
    run("spiking-gru convert runs/vowels", folder)
    return folder


def test_the_code_of_the_page_on_costs_runs(vowels: Path) -> None:
    run("spiking-gru run runs/vowels", vowels)
    for command in commands("cost.md"):
        assert "empty the battery" in run(command, vowels)
    assert "worth it" in " ".join(printed_by((DOCS / "cost.md").read_text(), vowels))


def test_the_code_of_the_page_on_the_report_runs(vowels: Path) -> None:
    [energy] = printed_by((DOCS / "report.md").read_text(), vowels)
    assert 1e-9 < float(energy) < 1e-3


def test_the_code_of_the_page_on_lava_runs(vowels: Path) -> None:
    assert printed_by((DOCS / "lava.md").read_text(), vowels) == ["(20, 16)"]


def test_the_command_of_the_page_on_long_runs_stops_the_training(tmp_path: Path) -> None:
    [command] = [" ".join(block.split()) for block in blocks("long_runs.md", "sh")]
    timeout, _, options = command.partition(" spiking-gru ")
    assert " 55m" in timeout
    assert "--epochs 60" in options
    line = [*timeout.replace("55m", "25s").split(), sys.executable, "-m", "spiking_gru"]
    longer = options.replace("--epochs 60", "--epochs 5000").split()
    done = subprocess.run([*line, *longer], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 143, done.stderr
    assert "--resume" in done.stderr


def test_the_code_of_the_page_on_search_runs(tmp_path: Path) -> None:
    pytest.importorskip("optuna")
    [space] = blocks("search.md", "toml")
    (tmp_path / "space.toml").write_text(space)
    little = "--space space.toml --trials 1 --folds 2 --seeds 0 --epochs 1 --quantised-epochs 1"
    for number, command in enumerate(commands("search.md")):
        # Data that no package needs to bring, and a budget for any network.
        command = command.replace("exercises", "japanese-vowels")
        command = re.sub(r"--most-operations \d+", "--most-operations 10000000", command)
        run(f"{command} {little} --out {number}", tmp_path)
        assert (tmp_path / str(number) / "trials.csv").is_file()
    printed = printed_by((DOCS / "search.md").read_text(), tmp_path)
    assert "'hidden'" in printed[-1]


def test_the_page_on_live_streams_prints_what_its_code_prints(tmp_path: Path) -> None:
    text = (DOCS / "live.md").read_text()
    assert printed_by(text, tmp_path) == [block.strip() for block in blocks("live.md", "text")]


def words(folder: Path) -> None:
    """Write two classes of sounds."""
    rng = np.random.default_rng(0)
    for i in range(20):
        name = folder / ("low" if i % 2 else "high")
        name.mkdir(parents=True, exist_ok=True)
        tone = np.sin(np.arange(4000) * (0.2 if i % 2 else 0.9)) + rng.normal(0, 0.1, 4000)
        write_wav(name / f"{i}.wav", (8000 * tone).astype(np.int64))


def clips(folder: Path) -> None:
    """Write two classes of events."""
    for i in range(20):
        name = folder / ("left" if i % 2 else "right")
        name.mkdir(parents=True, exist_ok=True)
        t, x, y, p = np.array(some_events(i, 128, 128, 20_000)).T
        np.savez(name / f"{i}.npz", t=t, x=x, y=y, p=p)


def load(path: Path) -> None:
    """Write a series of hours."""
    rows = [f"{h},{np.sin(h / 4):.4f},{h % 24 // 12}" for h in range(2000)]
    path.write_text("hour,load,night\n" + "\n".join(rows))


def reviews(path: Path) -> None:
    """Write texts with a label."""
    lines = [f"a {word} film {i % 7},{word}" for i in range(60) for word in ("good", "bad")]
    path.write_text("text,label\n" + "\n".join(lines))


def write_descriptions(page: str, folder: Path) -> list[str]:
    """Write the TOML files of a page, each by the name of what it describes."""
    names = []
    for block in blocks(page, "toml"):
        description = parse(block.encode())
        source = next(
            description[key] for key in ("folder", "series", "texts") if key in description
        )
        names.append(f"{source.partition('.')[0]}.toml")
        (folder / names[-1]).write_text(block)
    return names


@sizes
@pytest.mark.parametrize("page", sorted(COMMANDS))
def test_the_commands_and_descriptions_of_a_page_run(
    page: str, whole: bool, tmp_path: Path
) -> None:
    if page == "translation.md" and not whole:
        pytest.skip("a pair that has learnt little writes the longest texts")
    words(tmp_path / "words")
    clips(tmp_path / "clips")
    load(tmp_path / "load.csv")
    reviews(tmp_path / "reviews.csv")
    (tmp_path / "new.txt").write_text("a good film\na bad film\n")
    for name in write_descriptions(page, tmp_path):
        assert "training" in run(f"spiking-gru data check {name}", tmp_path)
    for command in commands(page):
        if "runs/names" in command and not is_installed("names"):
            continue
        command = command.replace("check PATH", "check words")
        little = not whole and " train " in command
        run(with_little_training(command) if little else command, tmp_path)


def is_installed(package: str) -> bool:
    """Return whether a package of data is there; it is never imported."""
    return find_spec(package) is not None


def with_little_training(command: str) -> str:
    return (
        shortened(command)
        if "--epochs" in command
        else f"{command} --epochs 1 --quantised-epochs 1"
    )
