"""Damaged and hostile files, by the hundred, loaded in a child that is held to its limits."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import killed_writer
import pytest
from hostile_formats import KINDS, sound_program
from hostile_results import SECONDS, lines_of, loads, watched
from mutations import MUTATIONS
from mutations import tensors as of_tensors
from sealing import sealed, taken_apart

from hardware.program.file import contents
from hardware.program.model import Program
from hardware.program.stored import stored


@pytest.mark.parametrize("count", [200, pytest.param(2000, marks=pytest.mark.long)])
def test_a_mutated_program_file_is_refused_in_one_line_or_is_the_identical_program(
    tmp_path: Path, count: int
) -> None:
    results = loads(tmp_path, count, "program")
    tried = Counter(result["mutation"] for result in results)
    assert tried.keys() == MUTATIONS.keys()
    assert min(tried.values()) >= count // len(MUTATIONS)
    # Where every checksum is made right, it is never a checksum that refuses.
    forged = {name for name in MUTATIONS if hasattr(of_tensors, name)} - {"a_file_that_is_large"}
    assert len(forged) >= 7
    for result in results:
        if result["outcome"] == "refused":
            assert str(tmp_path / "in" / "mutated") in result["message"], result
        if result["mutation"] in forged:
            assert result["outcome"] == "refused", result
            assert "checksum" not in result["message"], result


@pytest.mark.parametrize("count", [100, pytest.param(2000, marks=pytest.mark.long)])
def test_mutated_traces_and_chips_are_refused_in_one_line_or_can_be_used(
    tmp_path: Path, count: int
) -> None:
    results = loads(tmp_path, count, "trace", "sealed trace", "chip", "digital chip")
    for kind in ("chip", "digital chip"):
        assert {result["outcome"] for result in results if result["kind"] == kind} > {"refused"}
    for result in results:
        if result["kind"] == "sealed trace":
            assert "checksum" not in result["message"], result


def test_the_watch_over_the_loads_sees_what_a_load_must_not_do(tmp_path: Path) -> None:
    seen = watched(tmp_path)
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
