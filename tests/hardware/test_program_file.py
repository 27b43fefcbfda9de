from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import random_program

from hardware.errors import InputError, ProgramError
from hardware.program import Program
from hardware.program_file import MANIFEST, WEIGHTS, digest

LAYER = {"name": "x", "cell": {}, "backward": False}


def rewrite(path: Path, **changes: object) -> None:
    """Change fields of a program file's manifest, leaving its tensors as they are."""
    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read(MANIFEST))
        weights = archive.read(WEIGHTS)
    manifest.update(changes)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(MANIFEST, json.dumps(manifest))
        archive.writestr(WEIGHTS, weights)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "p.sgru"
    random_program(0).save(path)
    return path


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 1000),
    hidden=st.lists(st.integers(1, 6), min_size=1, max_size=3).map(tuple),
    activation=st.sampled_from(["hard", "table"]),
    bits=st.integers(2, 8),
)
def test_what_is_saved_is_what_is_loaded(
    tmp_path_factory: pytest.TempPathFactory, seed: int, hidden: tuple, activation: str, bits: int
) -> None:
    path = tmp_path_factory.mktemp("program") / "p.sgru"
    program = random_program(seed, hidden=hidden, activation=activation, weight_bits=bits)
    program.save(path)
    loaded = Program.load(path)
    assert digest(loaded) == digest(program)
    assert loaded.provenance == program.provenance
    assert loaded.layers[0].cell == program.layers[0].cell
    for ours, theirs in zip(program.layers, loaded.layers, strict=True):
        assert np.array_equal(ours.input_weights, theirs.input_weights)
        assert np.array_equal(ours.gate.bias, theirs.gate.bias)


def test_equal_programs_give_equal_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        random_program(3).save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_the_digest_tells_programs_apart_but_not_their_provenance() -> None:
    program = random_program(0)
    assert digest(replace(program, provenance={"other": 1})) == digest(program)
    assert digest(replace(program, max_steps=7)) != digest(program)
    assert digest(random_program(1)) != digest(program)


def test_a_damaged_byte_is_refused_or_changes_nothing_that_is_computed(tmp_path: Path) -> None:
    path = tmp_path / "p.sgru"
    program = random_program(0, channels=1, hidden=(1,), outputs=1)
    program.save(path)
    content, refused = path.read_bytes(), 0
    for place in range(len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 1 << place % 8
        path.write_bytes(damaged)
        try:
            assert digest(Program.load(path)) == digest(program)
        except (ProgramError, InputError):
            refused += 1
    assert refused > len(content) / 2


def test_a_damaged_byte_of_a_tensor_is_refused(file: Path) -> None:
    content = bytearray(file.read_bytes())
    with zipfile.ZipFile(file) as archive:
        start = content.index(archive.read(WEIGHTS)[-64:])
    content[start + 10] ^= 1
    file.write_bytes(content)
    with pytest.raises(ProgramError, match="damaged"):
        Program.load(file)


def test_members_that_cannot_be_unpacked_are_refused(file: Path) -> None:
    stored = file.read_bytes()
    for offset, value in ((8, 1), (10, zipfile.ZIP_DEFLATED)):  # encrypted; falsely compressed
        content = bytearray(stored)
        content[content.index(b"PK\x01\x02") + offset] = value
        file.write_bytes(content)
        with pytest.raises(ProgramError, match="not a program file, or a damaged one"):
            Program.load(file)


def test_a_manifest_nested_without_end_is_refused(file: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        weights = archive.read(WEIGHTS)
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(MANIFEST, "[" * 200_000)
        archive.writestr(WEIGHTS, weights)
    with pytest.raises(ProgramError, match="not a program file, or a damaged one"):
        Program.load(file)


def test_a_checksum_that_is_wrong_names_its_tensor(file: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        sums = json.loads(archive.read(MANIFEST))["sha256"]
    rewrite(file, sha256={**sums, "readout.bias": "0" * 64})
    with pytest.raises(ProgramError, match=r"checksum of readout\.bias is wrong"):
        Program.load(file)


def test_a_program_of_a_newer_release_is_refused(file: Path) -> None:
    rewrite(file, schema_number=99)
    with pytest.raises(ProgramError, match="newer release .*update spiking-gru"):
        Program.load(file)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "other"}, "manifest field 'format'"),
        ({"surprise": 1}, "manifest field 'surprise'"),
        ({"max_steps": "many"}, "manifest field 'max_steps'"),
        ({"layers": []}, "at least one layer"),
        (
            {"layers": [{"name": "x", "cell": {"formulation": "lstm"}, "backward": False}]},
            "unknown formulation",
        ),
        (
            {"layers": [{"name": "x", "cell": {"colour": "red"}, "backward": False}]},
            "not a complete program",
        ),
        ({"layers": 2 * [LAYER]}, "not a complete program"),
    ],
)
def test_a_manifest_that_is_not_right_is_refused(file: Path, change: dict, message: str) -> None:
    rewrite(file, **change)
    with pytest.raises(ProgramError, match=message):
        Program.load(file)


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04" + bytes(40)])
def test_a_foreign_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "foreign.sgru"
    path.write_bytes(content)
    with pytest.raises(ProgramError, match="not a program file"):
        Program.load(path)


def test_a_zip_of_other_members_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.sgru"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../escape", "x")
    with pytest.raises(ProgramError, match="expected exactly manifest.json"):
        Program.load(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read .*none.sgru: No such file"):
        Program.load(tmp_path / "none.sgru")
