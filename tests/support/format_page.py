"""The worked examples of docs/format.md, read out of the page."""

from __future__ import annotations

import json
import re
import struct
from itertools import takewhile
from pathlib import Path
from typing import Any

from independent.checksums import tensor_checksum
from independent.program import Program
from independent.reader import program_of
from independent.tensors import TYPES, Tensor

PAGE = (Path(__file__).parents[2] / "docs" / "format.md").read_text("utf-8")
KINDS = {
    "offset": "F64", "gain": "F64", "frames": "F32", "weights": "I8",
    "input_weights": "I8", "recurrent_weights": "I8",
}  # fmt: skip
MATRICES = ("frames", "weights", "input_weights", "recurrent_weights")
DIGEST = "[0-9a-f]{64}"

Table = dict[str, list[str]]


def section(title: str) -> str:
    """Return the text below a heading, up to the next heading of any level."""
    [text] = re.findall(rf"^#+ {re.escape(title)}\n(.*?)(?=^#|\Z)", PAGE, re.M | re.S)
    return text


def tables(text: str) -> list[list[list[str]]]:
    """Return the tables: rows of cells without backticks, the row of headings first."""
    lines = iter([*text.splitlines(), ""])
    found = []
    for line in lines:
        if line.startswith("|"):
            rows = [line, *takewhile(lambda row: row.startswith("|"), lines)]
            cells = [[cell.strip() for cell in row.split("|")[1:-1]] for row in rows]
            found.append([[cell.replace("`", "") for cell in row] for row in cells])
            del found[-1][1]
    return found


def numbers(text: str) -> list[float]:
    """Return the numbers in a text."""
    return [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", text)]


def stated(text: str, before: str) -> list[float]:
    """Return the numbers between `before` and the end of its sentence."""
    [sentence] = re.findall(rf"{before}(.*?)\.(?:\s|\Z)", text, re.S)
    return numbers(sentence)


class Example:
    """A worked example: its program, its frames, and what the page says follows from them."""

    def __init__(self, letter: str) -> None:
        self.text = section(f"Example {letter}")
        self.blocks = re.findall(r"```json\n(.*?)\n```", self.text, re.S)
        [self.digest] = re.findall(rf"program's digest is\s+`({DIGEST})`", self.text)
        found = tables(self.text)
        [given] = [table for table in found if table[0][0] == "tensor"]
        self.frames_table = [table[1:] for table in found if table[0][0] == "frame"]
        steps = [table[1:] for table in found if table[0][0] == "quantity"]
        self.of_layers, *self.of_readout = [{row[0]: row[1:] for row in rows} for rows in steps]
        self.tensors = {name: tensor_of(name, values) for name, values in given[1:]}
        self.program = self._program()

    def _program(self) -> Program:
        """Return the program of the first JSON block and the tensors."""
        manifest: dict[str, Any] = json.loads(self.blocks[0])
        if "golden" not in manifest:
            golden = re.findall(rf"golden sample is\s+`({DIGEST})`", self.text)
            sums = {name: tensor_checksum(tensor) for name, tensor in self.tensors.items()}
            manifest |= {"golden": golden, "provenance": {}, "sha256": sums, "manifest_sha256": ""}
        return program_of(manifest, self.tensors)


def tensor_of(name: str, values: str) -> Tensor:
    """Return a tensor of the page's values, whose rows are separated by `;`."""
    part = name.rpartition(".")[2]
    kind = KINDS.get(part, "I32")
    rows = [numbers(row) for row in values.split(";")]
    flat = [value if kind.startswith("F") else int(value) for row in rows for value in row]
    matrix = part in MATRICES or (part == "bias" and name.startswith("layers"))
    shape = (len(rows), len(rows[0])) if matrix else (len(flat),)
    return Tensor(kind, shape, struct.pack(f"<{len(flat)}{TYPES[kind].letter}", *flat))
