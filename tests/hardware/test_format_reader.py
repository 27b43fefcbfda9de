"""The project's reader and a reader that knows nothing but docs/format.md refuse the same files."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from changed_programs import changed, places
from independent.container import RefusedError
from independent.reader import read
from many_programs import hard_sequences, program_number
from programs import random_program, with_classes, with_readout
from sealing import (
    header_and_data,
    joined,
    json_sum,
    members_of,
    sealed,
    taken_apart,
    with_header,
)

from hardware import Program
from hardware.definition.target import Head, Target
from hardware.errors import ProgramError
from hardware.program.file import contents
from hardware.program.stored import stored
from hardware.runs.golden import golden_samples

SAVED = sorted((Path(__file__).parents[1] / "saved").glob("*.sgru"))


def file_of(program: Program, folder: Path) -> bytes:
    """Return the bytes of the program's file."""
    program.save(folder / "p.sgru")
    return (folder / "p.sgru").read_bytes()


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A program file of schema 3 with two levels, classes and two golden samples."""
    program = replace(program_number(66), preprocessing=(("windows", {}),))
    program = with_classes(program, *(f"class {i}" for i in range(program.readout.outputs)))
    inputs = hard_sequences(66, program.encoder.channels, [2, 1])
    return file_of(golden_samples(program, inputs), tmp_path_factory.mktemp("sound"))


@pytest.fixture(scope="module")
def sound_with_heads(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A program file whose target has two heads: classes, and a value."""
    program = random_program(3, outputs=4)
    heads = (Head("kind", Target(("a", "b", "c")), 3), Head("size", Target((), (0.5,), (2.0,)), 1))
    program = with_readout(program, replace(program.readout, target=Target(heads=heads)))
    return file_of(program, tmp_path_factory.mktemp("heads"))


def accepted(file: bytes, path: Path) -> tuple[bool, bool]:
    """Say whether the project and the reference accept a file; equal digests if both do."""
    path.write_bytes(file)
    try:
        ours = Program.load(path).digest
    except ProgramError:
        ours = ""
    try:
        theirs = read(file).digest
    except RefusedError:
        theirs = ""
    assert not (ours and theirs) or ours == theirs
    return bool(ours), bool(theirs)


def check_changes(seeds: range, sound: bytes, path: Path, others: Sequence[bytes]) -> None:
    """Compare both readers on changed files."""
    files = [sound, *others]
    found = set()
    for seed in seeds:
        rng = np.random.default_rng(seed)
        file = changed(files[rng.integers(len(files)) if seed % 2 else 0], rng)
        both = accepted(file, path)
        assert both[0] == both[1], seed
        found.add(both)
    assert found == {(True, True), (False, False)}


def test_both_readers_refuse_the_same_files(sound: bytes, tmp_path: Path) -> None:
    check_changes(range(100), sound, tmp_path / "p.sgru", [saved.read_bytes() for saved in SAVED])


def test_both_readers_refuse_the_same_files_with_heads(
    sound_with_heads: bytes, tmp_path: Path
) -> None:
    check_changes(range(60), sound_with_heads, tmp_path / "p.sgru", [sound_with_heads])


@pytest.mark.parametrize(
    "change",
    [
        lambda target: target["heads"].pop(),
        lambda target: target.update(heads=[]),
        lambda target: target.update(decision="any-of"),
        lambda target: target.update(classes=["a", "b", "c", "d"]),
        lambda target: target.update(scale=[1.0, 1.0, 1.0, 1.0]),
        lambda target: target["heads"][0].update(name="size"),
        lambda target: target["heads"][0].update(name="a/b"),
        lambda target: target["heads"][1].update(outputs=2),
        lambda target: target["heads"][1].update(outputs=True),
        lambda target: target["heads"][1]["target"].update(heads=[]),
        lambda target: target["heads"][1]["target"].update(decision="any-of"),
        lambda target: target["heads"][1]["target"].update(classes=["a"]),
    ],
)
def test_heads_that_the_page_does_not_allow_are_refused(
    change: Callable[[dict[str, Any]], Any], sound_with_heads: bytes, tmp_path: Path
) -> None:
    manifest, tensors = taken_apart(sound_with_heads)
    assert accepted(sealed(manifest, tensors), tmp_path / "p.sgru") == (True, True)
    change(manifest["readouts"][0]["target"])
    assert accepted(sealed(manifest, tensors), tmp_path / "p.sgru") == (False, False)


@pytest.mark.long
def test_both_readers_refuse_the_same_of_5000_files(sound: bytes, tmp_path: Path) -> None:
    saved = [saved.read_bytes() for saved in SAVED]
    check_changes(range(100, 5_100), sound, tmp_path / "p.sgru", saved)


@pytest.mark.long
def test_both_readers_refuse_the_same_of_2000_files_with_heads(
    sound_with_heads: bytes, tmp_path: Path
) -> None:
    check_changes(range(60, 2_060), sound_with_heads, tmp_path / "p.sgru", [sound_with_heads])


def test_any_bit_that_flips_is_refused(sound: bytes, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for place in rng.choice(len(sound), 50, replace=False):
        file = bytearray(sound)
        file[place] ^= 1 << rng.integers(8)
        assert accepted(bytes(file), tmp_path / "p.sgru") == (False, False), place


@pytest.mark.parametrize("further", [False, True], ids=["missing", "unknown"])
def test_every_field_is_required_and_no_other_is_known(
    further: bool, sound: bytes, tmp_path: Path
) -> None:
    original, tensors = taken_apart(sound)
    original["provenance"] = {}
    del original["sha256"], original["manifest_sha256"]
    fields = [i for i, (part, _) in enumerate(places(original)) if isinstance(part, dict)]
    assert len(fields) > 40
    for field in fields:
        manifest = deepcopy(original)
        part, key = list(places(manifest))[field]
        if further:
            part["further"] = 0
        else:
            del part[key]
        file = sealed(manifest, tensors)
        assert accepted(file, tmp_path / "p.sgru") == (False, False), key


@pytest.mark.parametrize(
    ("kind", "fields", "sound"),
    [
        ("population", {"fields": 2}, True),
        ("population", {"fields": 2, "threshold": 254}, True),
        ("population", {}, False),
        ("population", {"fields": 1}, False),
        ("population", {"fields": 3}, False),
        ("population", {"fields": 2.0}, False),
        ("population", {"fields": 33}, False),
        ("graded", {}, True),
        ("graded", {"fields": 1}, False),
        ("graded", {"fields": 2}, False),
        ("level-crossing", {"threshold": 1}, True),
        ("level-crossing", {"threshold": 127}, True),
        ("level-crossing", {"threshold": 0}, False),
        ("level-crossing", {"threshold": 128}, False),
        ("level-crossing", {"limit": 32_767, "threshold": 3}, True),
        ("level-crossing", {"limit": 32_767, "threshold": 2}, True),
        ("level-crossing", {"limit": 32_767, "threshold": 1}, False),
        ("events", {}, True),
        ("events", {"limit": 32_767}, True),
        ("events", {"fields": 2}, False),
        ("events", {"offset": 0.5}, False),
        ("events", {"gain": 2.0}, False),
        ("tokens", {"fields": 2, "limit": 1}, True),
        ("tokens", {"fields": 2, "limit": 2}, False),
        ("tokens", {"fields": 3, "limit": 1}, False),
        ("tokens", {"limit": 1}, False),
        ("tokens", {"fields": 2, "limit": 1, "gain": 2.0}, False),
    ],
)
def test_both_readers_know_what_each_encoder_has(
    kind: str, fields: dict[str, Any], sound: bool, tmp_path: Path
) -> None:
    manifest, tensors = taken_apart(contents(*stored(random_program(5, 4, (3,)))))
    plain = kind in ("events", "tokens")
    for name, value in (("offset", 0.0), ("gain", 1.0)):
        values = tensors[f"encoder.{name}"]
        if kind in ("population", "tokens"):  # 4 inputs of the first layer are 2 of 2 channels
            values = values[:2]
        filled = np.full_like(values, fields.get(name, value))
        tensors[f"encoder.{name}"] = filled if plain else values
    fields = {name: value for name, value in fields.items() if name not in ("offset", "gain")}
    manifest["encoder"].update({"kind": kind, "threshold": 0, **fields})
    file = sealed(manifest, tensors)
    assert accepted(file, tmp_path / "p.sgru") == (sound, sound)


def test_an_encoder_of_more_sources_than_a_layer_takes_is_refused(tmp_path: Path) -> None:
    for channels, sound in ((2**15, True), (2**15 + 1, False)):
        program = random_program(
            0, channels, (1,), formulation="minimal", encoder="population", emit="state"
        )
        assert program.encoder.sources == 2 * channels
        file = contents(*stored(program))
        assert accepted(file, tmp_path / "p.sgru") == (sound, sound)


SIZES = {"manifest": 2**20, "header": 2**20, "layers": 64, "golden": 64}


@pytest.mark.parametrize("beyond", [0, 1])
@pytest.mark.parametrize("size", SIZES)
def test_sizes_are_limited_as_the_page_says(size: str, beyond: int, tmp_path: Path) -> None:
    most = SIZES[size] + beyond
    program = random_program(0, 1, (1,) * (most if size == "layers" else 1), emit="state")
    frames = np.zeros((most if size == "golden" else 1, 1, 1))
    text, weights = members_of(contents(*stored(golden_samples(program, frames))))
    header, data = header_and_data(weights)
    header_text = json.dumps(header).encode()
    if size == "manifest":
        text = text.ljust(most)
    if size == "header":
        header_text = header_text.ljust(most)
    file = joined(text, with_header(header_text, data))
    assert accepted(file, tmp_path / "p.sgru") == (not beyond, not beyond)


@pytest.mark.parametrize(
    "change",
    [
        lambda manifest: manifest.update(manifest_sha256="0" * 64),
        lambda manifest: manifest["sha256"].update({"encoder.gain": "0" * 64}),
        lambda manifest: manifest["sha256"].pop("encoder.gain"),
        lambda manifest: manifest.update(max_steps=999),
    ],
    ids=["manifest_sha256", "a sum", "no sum", "a field"],
)
def test_a_checksum_that_differs_is_refused(
    change: Callable[[dict[str, Any]], None], sound: bytes, tmp_path: Path
) -> None:
    text, tensors = members_of(sound)
    manifest = json.loads(text)
    change(manifest)
    file = joined(json.dumps(manifest).encode(), tensors)
    assert accepted(file, tmp_path / "p.sgru") == (False, False)


JSON_TEXTS = {
    '{"a": [true, null, -0, -0.0, 1E5, 5e-324, "Zürich \\ud83d\\ude00 \x7f"]}': True,
    '{"\\uffff": 1, "\\ud83d\\ude00": 2, "a": 1e16}': True,
    '{"a": ' + "9" * 32 + "}": True,
    '{"a": ' + "9" * 33 + "}": False,
    '{"a": -' + "9" * 32 + "}": False,
    '{"a":' * 62 + "1" + "}" * 62: True,
    '{"a":' * 63 + "1" + "}" * 63: False,
    '{"a": 1, "a": 1}': False,
    '{"a": NaN}': False,
    '{"a": -Infinity}': False,
    '{"a": 1e400}': False,
    '{"a": "\\ud800"}': False,
    '{"\\udc00": 1}': False,
}


@pytest.mark.parametrize(("text", "sound_text"), JSON_TEXTS.items(), ids=range(len(JSON_TEXTS)))
def test_json_is_restricted_as_the_page_says(
    text: str, sound_text: bool, sound: bytes, tmp_path: Path
) -> None:
    manifest_text, tensors = members_of(sound)
    manifest = {**json.loads(manifest_text), "provenance": json.loads(text)}
    del manifest["manifest_sha256"]
    whole = json.dumps({**manifest, "manifest_sha256": json_sum(manifest), "provenance": "@"})
    file = joined(whole.replace('"@"', text).encode(), tensors)
    assert accepted(file, tmp_path / "p.sgru") == (sound_text, sound_text)


@pytest.mark.parametrize(
    ("change", "sound_header"),
    [
        (lambda text: f" {text}\n ", True),
        (lambda text: '{"__metadata__": {}, ' + text[1:], True),
        (lambda text: '{"__metadata__": {"a": "b"}, ' + text[1:], False),
        (lambda text: text.replace("[0, ", "[0.0, "), False),
        (lambda text: text.replace('"F64"', '"F16"'), False),
        (lambda text: f"[{text}]", False),
    ],
)
def test_the_header_of_the_tensors_is_restricted_as_the_page_says(
    change: Callable[[str], str], sound_header: bool, sound: bytes, tmp_path: Path
) -> None:
    text, tensors = members_of(sound)
    header, data = header_and_data(tensors)
    file = joined(text, with_header(change(json.dumps(header)).encode(), data))
    assert accepted(file, tmp_path / "p.sgru") == (sound_header, sound_header)


MOST = 2**31 - 1
LIMITS = [
    ({}, {}, True),
    ({}, {"layers.0.input_shift": [24, 0, 0]}, True),  # 127 · 1 · 2^24
    ({}, {"layers.0.input_shift": [25, 0, 0]}, False),
    ({}, {"layers.0.recurrent_bias": [1 - MOST]}, True),  # 1 · 1 + D
    ({}, {"layers.0.recurrent_bias": [MOST]}, False),
    ({}, {"layers.0.recurrent_bias": [2**30 - 2], "layers.0.recurrent_shift": [0, 0, 1]}, True),
    ({}, {"layers.0.recurrent_bias": [2**30 - 1], "layers.0.recurrent_shift": [0, 0, 1]}, False),
    ({}, {"layers.0.recurrent_bias": [MOST - 1], "layers.0.recurrent_shift": [1, 1, 0]}, True),
    ({}, {"readouts.0.bias": [MOST - 2]}, True),  # 1 + 1 + B
    ({}, {"readouts.0.bias": [MOST - 1]}, False),
    ({"shift": -1}, {"readouts.0.bias": [1 - MOST]}, True),  # 0 + 1 + B
    ({"shift": 30}, {"readouts.0.bias": [2**30 - 2]}, True),
    ({"shift": 30}, {"readouts.0.bias": [2**30 - 1]}, False),
    ({"shift": 31}, {}, False),
    ({"kind": "leaky", "leak": 1}, {"readouts.0.bias": [2**30 - 3]}, True),
    ({"kind": "leaky", "leak": 1}, {"readouts.0.bias": [2**30 - 2]}, False),
    ({"kind": "sliding", "window": 2}, {"readouts.0.bias": [2**30 - 3]}, True),
    ({"kind": "sliding", "window": 2}, {"readouts.0.bias": [2**30 - 2]}, False),
    ({"kind": "tumbling", "window": 2}, {"readouts.0.bias": [2**30 - 3]}, True),
    ({"kind": "tumbling", "window": 2}, {"readouts.0.bias": [2**30 - 2]}, False),
    ({"kind": "sliding", "window": 2**16}, {}, True),
    ({"kind": "sliding", "window": 2**16 + 1}, {}, False),
    ({"kind": "sliding", "window": 0}, {}, False),
    ({"kind": "tumbling", "window": True}, {}, False),
    ({"kind": "tumbling"}, {}, False),
    ({"kind": "step", "window": 1}, {}, False),
    ({"kind": "step", "window": 0}, {}, False),
    ({"kind": "last"}, {"readouts.0.bias": [MOST - 257]}, True),  # 2^8 + 1 + B
    ({"kind": "last"}, {"readouts.0.bias": [MOST - 256]}, False),
]


@pytest.mark.parametrize(("readout", "changes", "sound_limits"), LIMITS, ids=range(len(LIMITS)))
def test_limits_are_those_of_the_page(
    readout: dict[str, Any], changes: dict[str, list[int]], sound_limits: bool, tmp_path: Path
) -> None:
    manifest, tensors = taken_apart(file_of(random_program(0, 1, (1,), 1), tmp_path))
    manifest["max_steps"] = None
    manifest["readouts"][0] |= {"kind": "mean", "shift": 0, **readout}
    for name, tensor in tensors.items():
        if name.startswith(("layers", "readouts")):
            tensor[...] = "weights" in name
    for name, values in changes.items():
        tensors[name][...] = values
    file = sealed(manifest, tensors)
    assert accepted(file, tmp_path / "p.sgru") == (sound_limits, sound_limits)
