"""Every snippet of the README does what it says."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from datasets import small_file
from readme import EXCERPT, excerpt, with_excerpt
from shortened import shortened, sizes
from tutorial import PAGE as TUTORIAL

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
RESULTS = "model.safetensors", "program.sgru", "report.html", "per_inference.csv"
"""Files that the demo writes."""

BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", README, flags=re.DOTALL | re.MULTILINE)


def blocks(language: str) -> list[str]:
    return [text for name, text in BLOCKS if name == language]


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    scripts = Path(sys.executable).parent
    environment = {
        **os.environ,
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "80",
    }
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@sizes
def test_the_python_snippets_run_one_after_another(whole: bool, tmp_path: Path) -> None:
    quickstart, *others = blocks("python")
    assert quickstart == (ROOT / "examples" / "quickstart.py").read_text()
    code = quickstart if whole else shortened(quickstart)
    done = run([sys.executable, "-c", code], tmp_path)
    assert "differing values: 0\n" in done.stdout
    accuracy = re.search(r"accuracy on Lava: ([\d.]+)%", done.stdout)
    assert accuracy is not None
    assert float(accuracy[1]) > (95 if whole else 20)  # chance is 11
    assert len(others) == 2
    for snippet in others:
        done = run([sys.executable, "-c", snippet], tmp_path)
    assert re.match(r"\['speaker \d', 'speaker \d'\] \d+ spikes\n$", done.stdout)


@sizes
def test_the_commands_run_one_after_another(whole: bool, tmp_path: Path) -> None:
    _, steps = blocks("sh")
    for line in (steps if whole else shortened(steps)).splitlines():
        run(line.split(), tmp_path)
    report = json.loads((tmp_path / "runs" / "vowels" / "report.json").read_text())
    assert report["verification"]["mismatches"] == 0


def test_the_demo_is_the_steps_that_the_readme_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("snntorch")
    demo = importlib.import_module("spiking_gru.cli.demo")  # the package has its function

    train, given = demo.train_network, []

    def train_little(settings: dict, *rest: Any) -> Any:
        given.append(settings)
        data = str(small_file(tmp_path))
        return train({**settings, "data": data, "hidden": 6, "epochs": 2}, *rest)

    monkeypatch.setattr(demo, "train_network", train_little)
    out = tmp_path / "demo"
    demo.demo(out, seed=3)
    assert given == [{**demo.SETTINGS, "seed": 3}]
    report = json.loads((out / "report.json").read_text())
    accuracy = {row["name"]: row["metrics"]["accuracy"] for row in report["networks"]}
    assert accuracy["deployed"] == accuracy["quantised"]
    assert report["verification"]["engines"] == ["torch", "events", "lava"]
    assert report["verification"]["mismatches"] == 0
    assert f"the page is {out}/report.html" in capsys.readouterr().out.replace("\n", " ")
    for name in RESULTS:
        assert (out / name).stat().st_size > 0


@pytest.mark.long
def test_make_demo_ends_with_the_table_and_writes_every_file(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    done = run(["make", "--no-print-directory", "-C", str(ROOT), "demo", f"OUT={out}"], ROOT)
    report = json.loads((out / "report.json").read_text())
    accuracy = {row["name"]: row["metrics"]["accuracy"] for row in report["networks"]}
    assert accuracy["deployed"] == accuracy["quantised"]
    assert accuracy["deployed"] >= 0.97
    assert report["dataset"]["test_samples"] == 370
    assert report["verification"]["engines"] == ["torch", "events", "lava"]
    assert report["verification"]["mismatches"] == 0
    assert "lava: 0 (1,455,872 spikes compared" in done.stdout
    for name in RESULTS:
        assert (out / name).stat().st_size > 0


def test_the_excerpt_of_the_demo_is_one_that_the_command_writes() -> None:
    [tables] = EXCERPT.findall(README)
    assert excerpt(tables) == tables
    whole = TUTORIAL.read_text().split("--no-measure\n```\n\n```text\n")[1].split("```")[0]
    output = whole.replace("gestures: accuracy", "japanese-vowels: accuracy")
    assert "Energy and time per inference" in output
    page = with_excerpt(README, output)
    assert page.count("…\nPer inference\n") == page.count("…\nDevices, per inference") == 1
    assert "Energy and time per inference" not in page
    words = " ".join(page.split())
    assert words.index("Devices, per inference") < words.index("Fewer neurons or fewer steps")


def test_the_first_screen_says_what_for_whom_at_which_cost_and_with_which_limits() -> None:
    screen = "\n".join(README.splitlines()[:25])
    for part in ("What it does", "Who it is for", "What it costs to try", "What it cannot do"):
        assert f"**{part}**" in screen
    assert "make demo" in screen


@pytest.mark.parametrize(("chosen", "forced"), [((), True), (("OUT=runs/mine",), False)])
def test_make_demo_replaces_the_run_in_its_own_folder_only(
    chosen: tuple[str, ...], forced: bool
) -> None:
    first, _ = blocks("sh")
    assert first.splitlines()[-1] == "make demo"
    done = run(["make", "--no-print-directory", "--dry-run", "demo", *chosen], ROOT)
    assert ".venv/bin/spiking-gru demo --out runs/" in done.stdout
    assert done.stdout.splitlines()[-1].strip().endswith("--force") == forced


def test_every_link_inside_the_repository_leads_somewhere() -> None:
    for document in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/**/*.md")):
        for target in re.findall(r"\]\(([^)#]+)\)", document.read_text()):
            if "://" not in target:
                assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_the_map_of_the_architecture_is_short_and_names_every_package() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    assert len(page.split()) <= 600
    for package in ("spiking_gru", "conversion", "hardware", "extending"):
        assert f"(architecture/{package}.md" in page
        assert (ROOT / "docs" / "architecture" / f"{package}.md").is_file()
