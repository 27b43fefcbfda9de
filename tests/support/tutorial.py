"""Runs the commands of a page and puts their outputs below them.

    python tests/support/tutorial.py

writes the outputs into docs/tutorial.md again.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "tutorial.md"
BLOCK = re.compile(r"^```sh\n(?P<commands>.*?)^```\n\n```text\n(?P<output>.*?)^```", re.S | re.M)


def with_outputs(page: str, folder: Path, changed: Callable[[str], str] = str) -> str:
    """Return the page with what its commands print, run one after another in a folder.

    `changed` makes the commands that run from those on the page.
    """

    def run(block: re.Match[str]) -> str:
        output = output_of(changed(block["commands"]), folder)
        return f"```sh\n{block['commands']}```\n\n```text\n{output}```"

    return BLOCK.sub(run, page)


def output_of(commands: str, folder: Path) -> str:
    scripts = Path(sys.executable).parent
    environment = os.environ | {
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "80",
    }
    commands = commands.replace("examples/", f"{ROOT}/examples/")
    done = subprocess.run(
        ["bash", "-e", "-c", commands],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"{commands}\n{done.stdout}")
    lines = [line.rstrip() for line in done.stdout.replace(f"{folder}/", "").splitlines()]
    return "".join(f"{line}\n" for line in without_epochs(lines))


def without_epochs(lines: list[str]) -> list[str]:
    """Return the lines with one "…" in the place of all epochs of a phase but the last."""
    kept: list[str] = []
    for line in lines:
        epoch = re.match(r"(\w+) +(\d+)/(\d+) loss", line)
        if epoch is None or epoch[2] == epoch[3]:
            kept.append(line)
        elif kept[-1] != "…":
            kept.append("…")
    return kept


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        written = with_outputs(PAGE.read_text(), Path(folder))
    PAGE.write_text(written)


if __name__ == "__main__":
    main()
