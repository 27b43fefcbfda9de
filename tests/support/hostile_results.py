"""What must hold of every load of `hostile_loads`, whatever the file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import hostile_loads
from hostile_formats import FORMATS

SECONDS = 1.0
LONGEST_MESSAGE = 700
EVERY_BYTE_COUNTS = ("program", "trace", "sealed trace")
"""Kinds whose readers accept only what the writer writes."""


def lines_of(program: Path, *arguments: object) -> list[dict[str, Any]]:
    """What a program of the test support prints, a line of JSON for each result."""
    search = os.pathsep.join(filter(None, (str(program.parent), *sys.path)))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(program), *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": search, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def watched(folder: Path) -> dict[str, dict[str, Any]]:
    """Loads that do what none may, by what they do."""
    results = lines_of(Path(hostile_loads.__file__), folder)
    return {result["mutation"]: result for result in results}


def loads(folder: Path, count: int, *kinds: str) -> list[dict[str, Any]]:
    """`count` mutated files of each kind, each loaded; all alike in what is promised of all."""
    (folder / "in").mkdir()
    results = lines_of(Path(hostile_loads.__file__), folder / "in", count, *kinds)
    expected = [(kind, seed) for kind in kinds for seed in range(count)]
    assert [(result["kind"], result["seed"]) for result in results] == expected
    for result in results:
        assert result["outcome"] in allowed(result), result
        assert result["events"] == [], result
        assert result["seconds"] < SECONDS, result
        assert result["message"].isprintable(), result
        assert len(result["message"]) < LONGEST_MESSAGE + len(str(folder)), result
        assert "Unable to allocate" not in result["message"], result
    assert list(folder.rglob("*")) == [folder / "in"]
    return results


def allowed(result: dict[str, Any]) -> set[str]:
    """What may come of a load: nothing untyped, and nothing else that passes for the same."""
    if FORMATS[result["kind"]].use is not None:
        return {"refused", "identical", "usable"}
    # Within JSON there are spaces that mean nothing.
    spaces = result["mutation"].endswith((" in the manifest", " in the tensors"))
    if result["kind"] in EVERY_BYTE_COUNTS and result["changed"] and not spaces:
        return {"refused"}
    return {"refused", "identical"}
