"""An interpreter of the instructions of docs/lava.md, for one neuron."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from hardware.definition.arithmetic import sigmoid_table, tanh_table
from hardware.definition.cell import Cell

Instruction = tuple[str, ...]
Words = dict[str, int]

OPERATIONS: dict[str, Callable[..., int]] = {
    "SHL": lambda x, k: shifted(x, k),
    "ADD": lambda x, y: x + y,
    "NEG": lambda x: -x,
    "MIN": min,
    "MUL_SHR": lambda x, y, k: shifted(x * y, k),
}


def shifted(x: int, k: int) -> int:
    return x << k if k >= 0 else x >> -k


def parsed(text: str) -> tuple[Instruction, ...]:
    """The instructions of a text, without its comments."""
    lines = text.splitlines()
    return tuple(tuple(line.split()) for line in lines if line and not line.startswith(";"))


def tables(cell: Cell) -> dict[str, Sequence[int]]:
    """The tables that a look-up may name."""
    return {
        "σ": sigmoid_table(cell.gate_fraction).tolist(),
        "tanh": tanh_table(cell.state_fraction).tolist(),
    }


def value(words: Words, operand: str) -> int:
    """The value of a number, of a word, or of a word and a number such as `k_Uc-8`."""
    if re.fullmatch(r"-?\d+", operand):
        return int(operand)
    found = re.fullmatch(r"(.+?)([+-]\d+)?", operand)
    assert found is not None
    return words[found[1]] + int(found[2] or 0)


def execute(
    words: Words,
    program: Sequence[Instruction],
    tables: Mapping[str, Sequence[int]] | None = None,
) -> tuple[list[int], int]:
    """Run a list with these words; (payloads that were sent, instructions that were run)."""
    sent: list[int] = []
    flag, count, at = False, 0, 0
    while at < len(program):
        name, *operands = program[at]
        at, count = at + 1, count + 1
        if name == "RDC":
            words[operands[0]], words[operands[1]] = words[operands[1]], 0
        elif name == "GE":
            flag = value(words, operands[0]) >= value(words, operands[1])
        elif name == "SKP_C":
            at += int(operands[0]) if flag else 0
        elif name == "SPIKE":
            sent.append(value(words, operands[0]))
        elif name == "LUT":
            assert tables is not None
            index = value(words, operands[1])
            assert 0 <= index < len(tables[operands[2]])
            words[operands[0]] = tables[operands[2]][index]
        else:
            words[operands[0]] = OPERATIONS[name](*(value(words, x) for x in operands[1:]))
    assert at == len(program)
    return sent, count
