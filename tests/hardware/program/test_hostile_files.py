"""Damaged and hostile files, by the thousand, loaded in a child that is held to its limits."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import hostile_loads
import killed_writer
import pytest
from hostile_loads import KINDS, sound_program
from mutations import MUTATIONS, WEIGHTS_MUTATIONS
from mutations import tensors as of_tensors
from sealing import sealed, taken_apart

from hardware.program.file import contents
from hardware.program.model import Program
from hardware.program.stored import stored

SECONDS = 1.0
LONGEST_MESSAGE = 400


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


def loads(of: str, folder: Path, count: int) -> list[dict[str, Any]]:
    """Mutated files of seeds 0 to `count`, each loaded; all alike in what is promised of all."""
    folder.mkdir()
    results = lines_of(Path(hostile_loads.__file__), of, folder, 0, count)
    assert [result["seed"] for result in results] == list(range(count))
    for result in results:
        allowed = {"refused", "identical"} if may_be_identical(result) else {"refused"}
        assert result["outcome"] in allowed, result
        assert result["events"] == [], result
        assert result["seconds"] < SECONDS, result
        if result["outcome"] == "refused":
            assert str(folder / "mutated") in result["message"], result
            assert result["message"].isprintable(), result
            assert len(result["message"]) < LONGEST_MESSAGE + len(str(folder)), result
    assert sorted(folder.parent.rglob("*")) == [folder, folder / "mutated"]
    return results


def may_be_identical(result: dict[str, Any]) -> bool:
    """Where no byte differs, or one within JSON, which has spaces that mean nothing."""
    within = (" in the manifest", " in the tensors")
    return not result["changed"] or result["mutation"].endswith(within)


@pytest.mark.timeout(240)
def test_a_mutated_program_file_is_refused_in_one_line_or_is_the_identical_program(
    tmp_path: Path,
) -> None:
    results = loads("program", tmp_path / "in", 2000)
    tried = Counter(result["mutation"] for result in results)
    assert tried.keys() == MUTATIONS.keys()
    assert min(tried.values()) >= 30
    # Where every checksum is made right, it is never a checksum that refuses.
    forged = {name for name in MUTATIONS if hasattr(of_tensors, name)} - {"a_file_that_is_large"}
    assert len(forged) >= 7
    for result in results:
        if result["mutation"] in forged:
            assert result["outcome"] == "refused", result
            assert "checksum" not in result["message"], result


def test_a_mutated_trace_is_refused_in_one_line_or_is_the_identical_trace(tmp_path: Path) -> None:
    results = loads("trace", tmp_path / "in", 400)
    assert {result["mutation"] for result in results} == WEIGHTS_MUTATIONS.keys()


def test_the_watch_over_the_loads_sees_what_a_load_must_not_do(tmp_path: Path) -> None:
    results = lines_of(Path(hostile_loads.__file__), "watch", tmp_path)
    seen = {result["mutation"]: result for result in results}
    assert seen["memory"]["outcome"] == "MemoryError"
    assert seen["time"]["seconds"] > SECONDS
    assert seen["writing"]["events"][0].startswith("open")
    assert seen["code"]["events"][0].startswith("compile")
    assert seen["program"]["events"][0].startswith("subprocess.Popen")
    assert seen["nothing"]["events"] == []


@pytest.mark.parametrize("kind", range(len(KINDS)))
def test_a_file_taken_apart_and_sealed_again_is_the_same_program(tmp_path: Path, kind: int) -> None:
    """Else what is sealed would be refused for its seal, and prove nothing."""
    program = sound_program(kind)
    (tmp_path / "p.sgru").write_bytes(sealed(*taken_apart(contents(*stored(program)))))
    assert contents(*stored(Program.load(tmp_path / "p.sgru"))) == contents(*stored(program))


def test_a_writer_killed_at_any_moment_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    results = lines_of(Path(killed_writer.__file__), tmp_path, 50)
    assert len(results) == 50
    assert all(result["killed"] and result["whole"] for result in results)
    assert {result["found"] for result in results} == {0, 1}
    assert any(result["unfinished"] for result in results), "no kill came while a file was written"
