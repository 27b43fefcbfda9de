from __future__ import annotations

import json
import os
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import random_program, with_classes, with_readout
from safetensors.numpy import load as tensors_of
from safetensors.numpy import save as tensor_bytes
from sealing import joined, members_of, sealed_manifest, sum_of, zipped

from hardware.definition.cell import Cell, GateParameters
from hardware.definition.encoder import Encoder
from hardware.definition.readout import Readout, Target
from hardware.errors import InputError, ProgramError
from hardware.program.file import MANIFEST, WEIGHTS
from hardware.program.manifest import SCHEMA
from hardware.program.model import Layer, Program
from hardware.runs.run import run


def rewrite(path: Path, **changes: object) -> None:
    """Change fields of a program file's manifest, whose checksum is then that of the change."""
    manifest, weights = members_of(path.read_bytes())
    path.write_bytes(joined(sealed_manifest({**json.loads(manifest), **changes}), weights))


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
    assert loaded.digest == program.digest
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
    assert replace(program, provenance={"other": 1}).digest == program.digest
    assert replace(program, max_steps=7).digest != program.digest
    assert random_program(1).digest != program.digest


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
            assert Program.load(path).digest == program.digest
        except (ProgramError, InputError):
            refused += 1
    assert refused > len(content) / 2


def test_a_damaged_byte_of_a_tensor_is_named_though_the_zip_is_sound(file: Path) -> None:
    manifest, weights = members_of(file.read_bytes())
    file.write_bytes(joined(manifest, weights[:-1] + bytes([weights[-1] ^ 1])))
    with pytest.raises(ProgramError, match="the checksum of readouts.0.weights is wrong"):
        Program.load(file)


def test_any_zip_tool_opens_a_program_file(file: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [MANIFEST, WEIGHTS]
        assert (
            tensors_of(archive.read(WEIGHTS)).keys()
            == json.loads(archive.read(MANIFEST))["sha256"].keys()
        )


def test_a_checksum_that_is_wrong_names_its_tensor(file: Path) -> None:
    sums = json.loads(members_of(file.read_bytes())[0])["sha256"]
    rewrite(file, sha256={**sums, "readouts.0.bias": "0" * 64})
    with pytest.raises(ProgramError, match=r"checksum of readouts\.0\.bias is wrong"):
        Program.load(file)


@pytest.mark.parametrize(
    "change", [{"provenance": {}}, {"vocabulary": ["b", "a"]}, {"max_steps": 1001}, {"surprise": 1}]
)
def test_no_field_changes_under_the_manifests_own_checksum(file: Path, change: dict) -> None:
    manifest, weights = members_of(file.read_bytes())
    file.write_bytes(joined(json.dumps({**json.loads(manifest), **change}).encode(), weights))
    with pytest.raises(ProgramError, match="the checksum of manifest.json is wrong"):
        Program.load(file)


def test_a_program_of_a_newer_release_is_refused(file: Path) -> None:
    rewrite(file, schema_number=99)
    with pytest.raises(ProgramError, match="newer release .*update spiking-gru"):
        Program.load(file)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "other"}, "field 'format' is \"other\""),
        ({"surprise": 1}, "field 'surprise' is 1: extra inputs are not permitted"),
        ({"max_steps": "many"}, "field 'max_steps' is \"many\""),
        ({"max_steps": 0}, "max_steps is 0, expected 1 to"),
        ({"layers": []}, "holds tensors that no part uses: 'layers.0.bias'"),
        ({"layers": [{"name": "x"}]}, "no field 'layers.0.sources'"),
        ({"golden": ["0" * 64]}, "tensor golden.0.frames is missing"),
    ],
)
def test_a_manifest_that_is_not_right_is_refused(file: Path, change: dict, message: str) -> None:
    rewrite(file, **change)
    with pytest.raises(ProgramError, match=f"^{file}: .*{message}"):
        Program.load(file)


def test_a_setting_that_is_not_known_is_named(file: Path) -> None:
    layer = json.loads(members_of(file.read_bytes())[0])["layers"][0]
    rewrite(file, layers=[{**layer, "cell": {**layer["cell"], "formulation": "torsh"}}])
    with pytest.raises(ProgramError, match=f"{file}: unknown formulation 'torsh': did you mean"):
        Program.load(file)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"provenance": {"a": float("nan")}}, "not JSON compliant"),
        ({"provenance": {"a": {1, 2}}}, "not JSON serializable"),
        ({"provenance": {"a": {1: 1, "1": 2}}}, "the key '1' is there 2 times"),
        ({"provenance": {"a": 10**40}}, "41 digits, the limit is 32"),
        ({"provenance": {"a": "x" * 2**20}}, "manifest.json has .* bytes, the limit is 1048576"),
        ({"max_steps": -1}, "max_steps is -1"),
    ],
)
def test_what_could_not_be_read_again_is_not_written(
    file: Path, change: dict, message: str
) -> None:
    before = file.read_bytes()
    with pytest.raises(ProgramError, match=f"cannot write {file}: .*{message}"):
        replace(random_program(0), **change).save(file)
    assert file.read_bytes() == before


def test_a_class_name_that_no_terminal_prints_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match="expected 1 to 200 printable"):
        with_classes(random_program(0), "a", "b\nc").save(tmp_path / "p.sgru")
    assert not list(tmp_path.iterdir())


def test_a_number_that_32_bits_do_not_hold_is_not_written(tmp_path: Path) -> None:
    program = random_program(0)
    readout = replace(program.readout, bias=program.readout.bias + 2**40)
    with pytest.raises(ProgramError, match="readouts.0.bias does not fit int32"):
        with_readout(program, readout).save(tmp_path / "p.sgru")
    assert not list(tmp_path.iterdir())


def test_provenance_comes_back_as_json_has_it(tmp_path: Path) -> None:
    given = {"b": (1, 2), "c": {2: {"x": None}, 10: 0.1}, "ü": "π"}
    replace(random_program(0), provenance=given).save(tmp_path / "p.sgru")
    found = Program.load(tmp_path / "p.sgru").provenance
    assert found == {"b": [1, 2], "c": {"2": {"x": None}, "10": 0.1}, "ü": "π"}


def schema_1(**changes: object) -> bytes:
    """A file as the first release wrote it: no kinds, directions, samples or manifest checksum."""
    tensors = {
        "encoder.gain": np.array([32.0, 16.0]),
        "encoder.offset": np.array([0.5, -1.0]),
        "layers.0.bias": np.array([[5], [-6], [700]], dtype=np.int32),
        "layers.0.input_shift": np.array([1, 2, -3], dtype=np.int32),
        "layers.0.input_weights": np.array([[1, 2], [-3, 4], [127, -127]], dtype=np.int8),
        "layers.0.recurrent_bias": np.array([9], dtype=np.int32),
        "layers.0.recurrent_shift": np.array([4, 5, 6], dtype=np.int32),
        "layers.0.recurrent_weights": np.array([[7], [-8], [9]], dtype=np.int8),
        "layers.0.threshold": np.array([1229], dtype=np.int32),
        "readout.bias": np.array([3, -3], dtype=np.int32),
        "readout.weights": np.array([[100], [-100]], dtype=np.int8),
    }
    cell = {
        "formulation": "torch", "emit": "binary", "reset_mechanism": "subtract",
        "activation": "hard", "weight_bits": 8, "gate_fraction": 8, "state_fraction": 12,
    }  # fmt: skip
    manifest = {
        "format": "spiking-gru program",
        "schema_number": 1,
        "encoder": {"exponent": -5, "limit": 127},
        "layers": [{"name": "layer 0", "cell": cell}],
        "readout": {"exponent": -6, "gain": 5.0},
        "classes": ["no", "yes"],
        "max_steps": 81442,
        "provenance": {"settings": {"seed": 1}},
        "sha256": {name: sum_of(array) for name, array in tensors.items()},
        **changes,
    }
    text = json.dumps(manifest, indent=2, sort_keys=True)
    return joined(text.encode(), tensor_bytes(tensors))


def test_a_program_of_schema_1_migrates(tmp_path: Path) -> None:
    path = tmp_path / "old.sgru"
    path.write_bytes(schema_1())
    program = Program.load(path)
    expected = Program(
        encoder=Encoder(np.array([0.5, -1.0]), np.array([32.0, 16.0]), exponent=-5, limit=127),
        layers=(
            Layer(
                name="layer 0",
                cell=Cell(),
                input_weights=np.array([[1, 2], [-3, 4], [127, -127]], dtype=np.int8),
                recurrent_weights=np.array([[7], [-8], [9]], dtype=np.int8),
                gate=GateParameters(
                    input_shift=np.array([1, 2, -3]),
                    recurrent_shift=np.array([4, 5, 6]),
                    bias=np.array([[5], [-6], [700]]),
                    recurrent_bias=np.array([9]),
                    threshold=np.array([1229]),
                ),
                initial_membrane=np.array([0]),
            ),
        ),
        readouts=(
            Readout(
                np.array([[100], [-100]], dtype=np.int8),
                np.array([3, -3]),
                exponent=-6,
                gain=5.0,
                target=Target(("no", "yes")),
            ),
        ),
        max_steps=81442,
    )
    assert program.digest == expected.digest
    assert program.provenance == {"settings": {"seed": 1}}
    assert program.golden == ()
    assert run(program, np.ones((2, 5, 2))).scores.shape == (2, 2)

    program.save(tmp_path / "new.sgru")
    assert (
        json.loads(members_of((tmp_path / "new.sgru").read_bytes())[0])["schema_number"] == SCHEMA
    )
    assert Program.load(tmp_path / "new.sgru").digest == expected.digest


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"encoder": {"exponent": -5, "limit": 127, "kind": "rate"}}, "schema 1 has no 'kind'"),
        ({"golden": []}, "schema 1 has no 'golden'"),
        ({"manifest_sha256": "0" * 64}, "the checksum of manifest.json is wrong"),
        ({"encoder": {"exponent": -5}}, "no field 'encoder.limit'"),
        ({"encoder": None}, "field 'encoder' is null: input should be an object"),
        ({"layers": None}, "field 'layers' is null"),
        ({"layers": [None]}, "field 'layers.0' is null"),
        ({"layers": []}, "initial_membrane|holds tensors that no part uses"),
        ({"sha256": []}, "holds no checksums of tensors"),
        ({"surprise": 1}, "field 'surprise' is 1"),
    ],
)
def test_a_file_that_is_not_quite_of_schema_1_is_refused(
    tmp_path: Path, changes: dict, message: str
) -> None:
    path = tmp_path / "old.sgru"
    path.write_bytes(schema_1(**changes))
    with pytest.raises(ProgramError, match=f"{path}: .*({message})"):
        Program.load(path)


def test_what_is_no_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, reason in (
        (tmp_path / "pipe", "not a regular file"),
        (Path("/dev/zero"), "not a regular file"),
        (tmp_path, "Is a directory"),
    ):
        with pytest.raises(InputError, match=f"cannot read {path}: {reason}"):
            Program.load(path)


def test_a_file_of_any_size_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "sparse.sgru"
    with path.open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(InputError, match=f"it has {2**40} bytes, the limit is {2**26}"):
        Program.load(path)


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04" + bytes(40)])
def test_a_foreign_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "foreign.sgru"
    path.write_bytes(content)
    with pytest.raises(ProgramError, match="not a program file"):
        Program.load(path)


def test_a_zip_of_other_members_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.sgru"
    path.write_bytes(zipped([("../escape", b"x")]))
    with pytest.raises(ProgramError, match="expected exactly manifest.json .*'../escape'"):
        Program.load(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read .*none.sgru: No such file"):
        Program.load(tmp_path / "none.sgru")


def test_a_program_too_large_to_be_read_again_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = random_program(0)
    monkeypatch.setattr("hardware.program.file.FILE_LIMIT", 1000)
    with pytest.raises(ProgramError, match=r"cannot write .*bytes, the limit is 1000"):
        program.save(tmp_path / "program.sgru")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("classes", "decision"),
    [(("a", "b", "c"), "one-of"), (("a", "b", "c"), "any-of"), (("no", "yes"), "sign")],
)
def test_the_decision_is_kept_and_the_usual_one_is_not_written(
    tmp_path: Path, classes: tuple[str, ...], decision: str
) -> None:
    program = random_program(0, outputs=1 if decision == "sign" else 3)
    target = Target(classes, decision=decision)
    program = with_readout(program, replace(program.readout, target=target))
    program.save(tmp_path / "p.sgru")
    loaded = Program.load(tmp_path / "p.sgru")
    assert (loaded.readout.target, loaded.digest) == (target, program.digest)
    manifest, _ = members_of((tmp_path / "p.sgru").read_bytes())
    written = json.loads(manifest)["readouts"][0]["target"].get("decision", "one-of")
    assert written == decision
    assert (b'"decision"' in manifest) == (decision != "one-of")


def test_a_decision_that_fits_no_outputs_is_refused(file: Path) -> None:
    manifest = json.loads(members_of(file.read_bytes())[0])
    for decision, fault in (("sign", "expected 1 with"), ("most", "unknown decision 'most'")):
        readout = dict(manifest["readouts"][0])
        readout["target"] = {**readout["target"], "decision": decision}
        rewrite(file, readouts=[readout])
        with pytest.raises(ProgramError, match=fault):
            Program.load(file)
