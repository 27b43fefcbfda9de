"""The instruction list of docs/lava.md, run against the step."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from programs import random_program

from hardware.definition.cell import step

PAGE = Path(__file__).resolve().parents[3] / "docs" / "lava.md"
BLOCK = re.search(r"```text\n(.*?)```", PAGE.read_text(), re.DOTALL)
assert BLOCK is not None
PROGRAM = [
    line.split() for line in BLOCK.group(1).splitlines() if line and not line.startswith(";")
]


def run(words: dict[str, int]) -> tuple[int, int]:
    """Run the list for one neuron with these words; (spikes, instructions that were run)."""

    def value(operand: str) -> int:
        name, minus, number = operand.partition("-")
        if minus and name:
            return words[name] - int(number)
        return words[operand] if operand in words else int(operand)

    def shifted(x: int, k: int) -> int:
        return x << k if k >= 0 else x >> -k

    operations: dict[str, Callable[..., int]] = {
        "SHL": shifted,
        "ADD": lambda x, y: x + y,
        "NEG": lambda x: -x,
        "MIN": min,
        "MUL_SHR": lambda x, y, k: shifted(x * y, k),
    }
    flag, spikes, counted, at = False, 0, 0, 0
    while at < len(PROGRAM):
        name, *operands = PROGRAM[at]
        at, counted = at + 1, counted + 1
        if name == "RDC":
            words[operands[0]], words[operands[1]] = words[operands[1]], 0
        elif name == "GE":
            flag = value(operands[0]) >= value(operands[1])
        elif name == "SKP_C":
            at += int(operands[0]) if flag else 0
        elif name == "SPIKE":
            spikes += value(operands[0])
        else:
            words[operands[0]] = operations[name](*map(value, operands[1:]))
    return spikes, counted


@given(st.integers(0, 10_000), st.booleans())
def test_the_instructions_give_the_bits_of_the_step(seed: int, near: bool) -> None:
    layer = random_program(seed, channels=1, hidden=(1,)).layers[0]
    gate, rng = layer.gate, np.random.default_rng(seed)
    most = 2**8 if near else 2**15
    W, U = rng.integers(-most, most, 3), rng.integers(-most, most, 3)
    h, last = rng.integers(-(2**12), 2**12, 1), rng.integers(0, 2, 1)
    products = dict(zip(layer.cell.gates, U[:, np.newaxis], strict=True))
    s, expected = step(layer.cell, gate, W, lambda name, _: products[name], last, h)
    words = {"h": int(h[0]), "d_c": int(gate.recurrent_bias[0]), "θ": int(gate.threshold[0])}
    for i, name in enumerate("rzc"):
        words |= {f"W_{name}": int(W[i]), f"U_{name}": int(U[i])}
        words |= {f"k_W{name}": int(gate.input_shift[i]), f"b_{name}": int(gate.bias[i, 0])}
        words[f"k_U{name}"] = int(gate.recurrent_shift[i])
    spikes, _ = run(words)
    assert (spikes, words["h"]) == (s[0], expected[0])
    assert not any(words[f"{matrix}_{name}"] for matrix in "WU" for name in "rzc")


@pytest.mark.parametrize(
    ("threshold", "counted", "said"),
    [(-1, 44, "44 instructions for each neuron"), (1, 41, "and 41\nwhere it does not spike")],
)
def test_the_page_counts_the_instructions(threshold: int, counted: int, said: str) -> None:
    words = dict.fromkeys(re.findall(r"[WUbk]_[WU]?[rzc]|d_c|h", BLOCK.group(1)), 0)
    assert run({**words, "θ": threshold}) == (threshold < 0, counted)
    assert said in PAGE.read_text()
