"""The page docs/format.md: its worked examples and tables are recomputed from its own text."""

from __future__ import annotations

import ast
import json
import re
import sys
import zlib
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from format_page import PAGE, Example, numbers, section, stated, tables
from independent import arithmetic
from independent.checksums import golden_digest, manifest_checksum, sha256, tensor_checksum
from independent.container import join, split
from independent.encoder import float32, response, standardised
from independent.engine import Result, run
from independent.program import ENCODERS, FORMULATIONS, Encoder
from independent.strict_json import canonical, parse
from independent.tensors import Tensor, read_tensors

from hardware.program.model import Program

REFERENCE = Path(arithmetic.__file__).parent
EXAMPLES = {letter: Example(letter) for letter in "ABC"}


def watched(example: Example) -> tuple[Result, dict[str, list[list[int]]]]:
    """Return the result of an example, and the values of each quantity in each call."""
    seen: dict[str, list[list[int]]] = defaultdict(list)
    result = run(
        example.program,
        example.program.golden[0].frames,
        watch=lambda name, values: seen[name].append(values),
    )
    seen |= {"x": result.events, "events": result.events, "h": seen["h after the reset"]}
    for name in ("e", "h"):  # examples A and B begin with 0
        seen[f"{name} before"] = [[0] * len(seen[name][0]), *seen[name]]
    for i, layer in enumerate(example.program.manifest["layers"]):
        seen[f"{layer['name']} emission"] = result.emissions[i]
        seen[f"{layer['name']} membrane"] = result.membranes[i]
    return result, seen


def quantity(label: str) -> str:
    """Return the name of a quantity, whatever the shifts and the ones of its gate grid are."""
    label = re.sub(r" · 2\^(\([^)]*\)|-?\d+)", "", label.partition(" = ")[0])
    return label.replace("(256 - z)", "(1 - z)")


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_every_intermediate_number_of_an_example_is_computed_again(example: Example) -> None:
    _, seen = watched(example)
    for label, cells in example.of_layers.items():
        for step, cell in enumerate(cells):
            assert seen[quantity(label)][step] == numbers(cell), (label, step)
    for table in example.of_readout:
        seen["m"] = seen["m of the readout"]
        for label, cells in table.items():
            for step, cell in enumerate(cells):
                assert seen[quantity(label)][step] == numbers(cell), (label, step)


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_values_class_and_digests_of_an_example_are_computed_again(example: Example) -> None:
    result, _ = watched(example)
    [values] = result.values
    assert values == stated(example.text, r"The values(?: of the scores)? are")
    if example.program.readout.heads[0].classes:
        assert result.labels == stated(example.text, "The class is")
    assert golden_digest(result) == example.program.golden[0].digest
    assert example.program.digest == example.digest


def test_the_scores_that_last_reads_from_membranes_are_computed_again() -> None:
    _, seen = watched(EXAMPLES["C"])
    [line] = re.findall("For the readout: (.*)", EXAMPLES["C"].text)
    found = [seen[name][0] for name in ("m of the readout", "V m", "score")]
    assert [numbers(part) for part in line.split(";")] == found


@pytest.mark.parametrize("letter", ["A", "B"])
def test_frames_of_an_example_are_rounded_as_its_table_says(letter: str) -> None:
    example = EXAMPLES[letter]
    encoder, frames = example.program.encoder, example.program.golden[0].frames
    [rows] = example.frames_table
    for frame, channel, value, scaled, q in (map(float, row) for row in rows):
        given = frames[int(frame)][int(channel)]
        exact = standardised(encoder, int(channel), given)
        assert (float32(given), exact) == (value, scaled)
        assert arithmetic.clamp(round(exact), -encoder.limit, encoder.limit) == q
    assert len(rows) == len(frames) * len(encoder.offset)


def test_the_file_of_example_a_is_the_one_that_its_parts_make(tmp_path: Path) -> None:
    example = EXAMPLES["A"]
    manifest, header = (block.encode("ascii") for block in example.blocks)
    parsed = parse(manifest)
    assert parsed["manifest_sha256"] == manifest_checksum(parsed)
    assert parsed["sha256"] == {k: tensor_checksum(v) for k, v in example.tensors.items()}
    header = header.rstrip().ljust(int(stated(example.text, "Its header has")[0]))
    data = b"".join(example.tensors[name].data for name in json.loads(header))
    tensors = len(header).to_bytes(8, "little") + header + data
    assert read_tensors(tensors) == example.tensors
    file = join(manifest, tensors)
    assert split(file) == (manifest, tensors)
    assert [len(manifest)] == stated(example.text, "The manifest,")[:1]
    assert [len(tensors)] == stated(example.text, "The tensor file has")[:1]
    assert [len(file)] == stated(example.text, "The program file has")[:1]
    [start] = re.findall("begins with\n`(50 4b .*)`", example.text)
    assert file.startswith(bytes.fromhex(start))
    assert f"Its SHA-256 is `{sha256(file)}`." in example.text
    path, again = tmp_path / "a.sgru", tmp_path / "again.sgru"
    path.write_bytes(file)
    Program.load(path).save(again)
    assert again.read_bytes() == file


def test_every_table_of_the_page_is_computed_again() -> None:
    [rows] = [t[1:] for t in tables(section("σ and tanh")) if t[0][0] == "function"]
    for name, fraction, entries, digest in rows:
        of = arithmetic.sigmoid_table if name == "σ" else arithmetic.tanh_table
        table = of(int(fraction.partition("= ")[2]))
        assert [table[j] for j in (0, 96, 127, 128, 160, 255)] == numbers(entries)
        assert sha256(",".join(map(str, table)).encode())[:16] == digest
    assert len(rows) == 14


def test_the_responses_of_receptive_fields_on_the_page_are_computed_again() -> None:
    encoder = Encoder("population", 127, 0, 1, 8, (0.0,), (1.0,))
    [rows] = [t[1:] for t in tables(section("Encoder")) if t[0] == ["q", "responses"]]
    for q, cells in rows:
        assert [response(encoder, int(q), j) for j in range(8)] == numbers(cells)
    assert len(rows) == 4


def test_the_reference_has_the_encoders_of_the_page() -> None:
    [rows] = [t[1:] for t in tables(section("Encoder")) if t[0][0] == "kind"]
    assert [row[0] for row in rows] == list(ENCODERS)


def test_the_reference_has_the_formulations_of_the_page() -> None:
    rows = tables(section("Formulations"))[0][1:]
    for name, gates, inputs, recurrent, reset, mixing, becomes in rows:
        row = FORMULATIONS[name]
        assert ", ".join(row.gates) == gates
        assert ", ".join(row.input_gates) == inputs.replace("all", gates)
        assert ", ".join(row.recurrent_gates) == recurrent.replace("all", gates).replace("none", "")
        assert (row.reset, row.mixing) == (reset, mixing)
        assert f"z {row.mixing_gate_scales}" in becomes
        assert ("o ⊙" in becomes) == ("output" in row.gates)
    assert [row[0] for row in rows] == list(FORMULATIONS)


def test_small_examples_of_the_page_hold() -> None:
    assert f"`{zlib.crc32(b'123456789'):08x}` for the nine bytes" in PAGE
    value = {"rate": 1e-5, "place": "Zürich", "leak": -0, "gain": 5.0}
    assert f"For example: `{canonical(value).decode()}`" in PAGE
    weights = np.zeros((6, 2), np.int8).tobytes()
    assert tensor_checksum(Tensor("I8", (6, 2), weights)) == sha256(b"|i1 (6, 2) " + weights)


def test_the_reference_needs_nothing_but_the_standard_library() -> None:
    for path in REFERENCE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                root = name.partition(".")[0]
                assert root == "independent" or root in sys.stdlib_module_names, (path, name)
