"""Every snippet of the README does what it says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
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


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("readme")


def test_the_python_snippets_run_one_after_another(workspace: Path) -> None:
    quickstart, *others = blocks("python")
    assert quickstart == (ROOT / "examples" / "quickstart.py").read_text()
    done = run([sys.executable, str(ROOT / "examples" / "quickstart.py")], workspace)
    assert "differing values: 0\n" in done.stdout
    accuracy = re.search(r"accuracy on Lava: ([\d.]+)%", done.stdout)
    assert accuracy is not None
    assert float(accuracy[1]) > 95
    assert len(others) == 2
    for snippet in others:
        done = run([sys.executable, "-c", snippet], workspace)
    assert re.match(r"\['speaker \d', 'speaker \d'\] \d+ spikes\n$", done.stdout)


def test_the_commands_run_one_after_another(workspace: Path) -> None:
    _, steps = blocks("sh")
    for line in steps.splitlines():
        run(line.split(), workspace)
    report = json.loads((workspace / "runs" / "vowels" / "report.json").read_text())
    assert report["verification"]["mismatches"] == 0


def test_make_demo_ends_with_the_table_and_writes_every_file(workspace: Path) -> None:
    first, _ = blocks("sh")
    assert first.splitlines()[-1] == "make demo"
    out = workspace / "demo"
    done = run(["make", "--no-print-directory", "-C", str(ROOT), "demo", f"OUT={out}"], ROOT)
    report = json.loads((out / "report.json").read_text())
    accuracy = {row["name"]: row["metrics"]["accuracy"] for row in report["networks"]}
    assert accuracy["deployed"] == accuracy["quantised"]
    assert accuracy["deployed"] >= 0.97
    assert report["dataset"]["test_samples"] == 370
    assert report["verification"]["engines"] == ["torch", "events", "lava"]
    assert report["verification"]["mismatches"] == 0
    assert "lava: 0 (1,455,872 spikes compared" in done.stdout
    for name in ("model.safetensors", "program.sgru", "report.html", "per_inference.csv"):
        assert (out / name).stat().st_size > 0


@pytest.mark.parametrize(("chosen", "forced"), [((), True), (("OUT=runs/mine",), False)])
def test_make_demo_replaces_the_run_in_its_own_folder_only(
    chosen: tuple[str, ...], forced: bool
) -> None:
    done = run(["make", "--no-print-directory", "--dry-run", "demo", *chosen], ROOT)
    assert done.stdout.splitlines()[-1].strip().endswith("--force") == forced


def test_every_link_inside_the_repository_leads_somewhere() -> None:
    for document in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\(([^)#]+)\)", document.read_text()):
            if "://" not in target:
                assert (document.parent / target).exists(), f"{document.name}: {target}"
