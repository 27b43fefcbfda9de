"""The commands and snippets of docs/early_exit.md run, one after another."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from shortened import shortened, sizes
from snippets import DOCS, printed_by

from hardware.reporting.early_exit import MARGINS

PAGE = (DOCS / "early_exit.md").read_text()
COMMANDS = re.findall(r"^\$ spiking-gru (.*)$", PAGE, re.MULTILINE)


@sizes
def test_the_commands_and_snippets_of_the_page_run(whole: bool, tmp_path: Path) -> None:
    assert len(COMMANDS) == 3
    said = ""
    for command in COMMANDS:
        words = shortened(command) if not whole and "--epochs" in command else command
        line = [sys.executable, "-m", "spiking_gru", *words.split()]
        done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stderr
        said += done.stderr + done.stdout
    assert re.search(r"events: 370 sequences, .* [\d.]+ of 15\.4 frames used on average", said)
    printed = printed_by(PAGE if whole else shortened(PAGE), tmp_path)
    steps = [line for line in printed if " speaker " in line]
    assert [line.split()[0] for line in steps] == [str(n + 1) for n in range(len(steps))]
    assert steps[0].split()[:2] == ["1", "speaker"]
    curve = [line.split() for line in printed[len(steps) :]]
    assert [row[0] for row in curve] == ["1", "2", "3", "4", "inf"]
    frames = [float(row[2]) for row in curve]
    assert frames == sorted(frames)
    if whole:
        assert float(steps[-1].split()[-1]) >= 3
        assert float(curve[-1][1]) > 0.9


def test_the_page_has_the_margins_of_a_report() -> None:
    *others, last = (f"{margin:g}" for margin in MARGINS)
    assert f"The margins are {', '.join(others)} and {last}." in PAGE
