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
from hardware.program.model import Layer

PAGE = Path(__file__).resolve().parents[3] / "docs" / "lava.md"
Instructions = list[list[str]]


def parsed(text: str) -> Instructions:
    return [line.split() for line in text.splitlines() if line and not line.startswith(";")]


BLOCK, SUM, EMISSION = re.findall(r"```text\n(.*?)```", PAGE.read_text(), re.DOTALL)
PROGRAM = parsed(BLOCK)
SUMS = [f"{matrix}_{name}" for matrix in "WU" for name in "rzc"]


def with_changes() -> Instructions:
    """The list of the page, with its sums and its last part as the page has them for changes."""
    spike = PROGRAM.index(["GE", "θ", "h"])
    read, add, _ = parsed(SUM)
    found: Instructions = []
    for instruction in PROGRAM[:spike]:
        found.append(instruction)
        before = found[-2] if len(found) > 1 else []
        if before[:1] == ["RDC"]:
            # The next instruction uses the sum: now it uses the accumulator.
            accumulator = f"A_{before[2].replace('_', '')}"
            name, to, *rest = found.pop()
            rest[rest.index(before[1])] = accumulator
            found += [["ADD", accumulator, accumulator, before[1]], [name, to, *rest]]
    begin = found.index(read)
    assert found[begin : begin + 3] == parsed(SUM)
    assert found[begin + 1] == add
    return found + parsed(EMISSION)


def run(words: dict[str, int], program: Instructions = PROGRAM) -> tuple[int, int]:
    """Run a list for one neuron with these words; (sum of payloads, instructions that were run)."""

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
    while at < len(program):
        name, *operands = program[at]
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


def words_of(layer: Layer) -> dict[str, int]:
    """The parameters of the first neuron."""
    gate = layer.gate
    words = {"d_c": int(gate.recurrent_bias[0]), "θ": int(gate.threshold[0])}
    for i, name in enumerate("rzc"):
        words |= {f"k_W{name}": int(gate.input_shift[i]), f"b_{name}": int(gate.bias[i, 0])}
        words[f"k_U{name}"] = int(gate.recurrent_shift[i])
    return words


@given(st.integers(0, 10_000), st.booleans())
def test_the_instructions_give_the_bits_of_the_step(seed: int, near: bool) -> None:
    layer = random_program(seed, channels=1, hidden=(1,)).layers[0]
    gate, rng = layer.gate, np.random.default_rng(seed)
    most = 2**8 if near else 2**15
    W, U = rng.integers(-most, most, 3), rng.integers(-most, most, 3)
    h, last = rng.integers(-(2**12), 2**12, 1), rng.integers(0, 2, 1)
    products = dict(zip(layer.cell.gates, U[:, np.newaxis], strict=True))
    s, expected = step(layer.cell, gate, W, lambda name, _: products[name], last, h)
    words = {**words_of(layer), "h": int(h[0])}
    for i, name in enumerate("rzc"):
        words |= {f"W_{name}": int(W[i]), f"U_{name}": int(U[i])}
    spikes, _ = run(words)
    assert (spikes, words["h"]) == (s[0], expected[0])
    assert not any(words[name] for name in SUMS)


@pytest.mark.parametrize(
    ("threshold", "counted", "said"),
    [(-1, 44, "44 instructions for each neuron"), (1, 41, "and 41\nwhere it does not spike")],
)
def test_the_page_counts_the_instructions(threshold: int, counted: int, said: str) -> None:
    words = dict.fromkeys(re.findall(r"[WUbk]_[WU]?[rzc]|d_c|h", BLOCK), 0)
    assert run({**words, "θ": threshold}) == (threshold < 0, counted)
    assert said in PAGE.read_text()


@given(st.integers(0, 10_000), st.booleans())
def test_changes_add_up_to_the_bits_of_the_step(seed: int, near: bool) -> None:
    layer = random_program(seed, channels=1, hidden=(1,), emit="binary-on-change").layers[0]
    rng, most = np.random.default_rng(seed), 2**8 if near else 2**15
    program = with_changes()
    words = {**words_of(layer), "h": 0, "e": 0}
    words |= {f"A_{name.replace('_', '')}": 0 for name in SUMS}
    e, h, in_force = np.zeros(1, np.int64), np.zeros(1, np.int64), np.zeros(6, np.int64)
    for _ in range(6):
        arriving = rng.integers(-most, most, 6) * rng.integers(0, 2, 6)
        in_force += arriving
        products = dict(zip(layer.cell.gates, in_force[3:, np.newaxis], strict=True))
        s, h = step(layer.cell, layer.gate, in_force[:3], lambda g, _, u=products: u[g], e, h)
        words |= dict(zip(SUMS, map(int, arriving), strict=True))
        sent, _ = run(words, program)
        assert (sent, words["e"], words["h"]) == (s[0] - e[0], s[0], h[0])
        e = s


@pytest.mark.parametrize(
    ("what", "threshold", "last"),
    [
        ("no spike, as before", 1, 0),
        ("a spike begins", -1, 0),
        ("a spike goes on", -1, 1),
        ("a spike ends", 1, 1),
    ],
)
def test_the_page_counts_the_instructions_of_changes(what: str, threshold: int, last: int) -> None:
    program = with_changes()
    names = {word for line in program for word in line[1:] if not re.fullmatch(r"-?\d+", word)}
    words = {**dict.fromkeys(names, 0), "k_Uc": 0, "θ": threshold}
    _, of_values = run({**words, "e": last})
    _, of_changes = run({**words, "e": last}, program)
    assert f"| {what} | {of_values} | {of_changes} |" in PAGE.read_text()
