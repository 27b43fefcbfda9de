"""Chip descriptions that are damaged, or that somebody who means harm would write."""

from __future__ import annotations

import re

import numpy as np

from mutations.damage import DAMAGE
from mutations.registry import HUGE, Mutation, one_of, place_in

CHIP_MUTATIONS: dict[str, Mutation] = {change.__name__: change for change in DAMAGE}

DEEP_KEYS = "\n".join(f"{k}" + ".a" * 490 + " = 1" for k in range(25))
FIELD = re.compile(r'(?<== )(?:"[^"]*"|\[[^\]]*\]|[\w.-]+)')
"""What a field holds: a text, a list, a number or a truth value."""

ODD_VALUES = (
    *(str(n) for n in HUGE), "1", "1.0", "30.5", "1e11", "'x'",
    "9" * 5000, "9" * 100_000, "0x" + "f" * 50_000, "0b" + "1" * 4000,
    "9" * 900, "0x" + "f" * 900,
    "[\n" * 3000 + "]" * 900, "-1", "0", "1e999", "-1e308", "nan", "inf", "-inf", "true",
    "'7'", "''", "[1]", "[]", "{}",
    "{a = 1}", "1979-05-27", "1979-05-27T07:32:00Z", "07:32:00", "1_000", "1." + "0" * 9000,
    "[" * 3000 + "]" * 3000, "[" * 100_000, "{a=" * 3000 + "1" + "}" * 3000,
    '"\\ud800"', '"\\U0010FFFF"', '"\\u001b[2J"', '"""\n\n"""', "x" * 5000,
    "[" + "1," * 20_000 + "]",
)  # fmt: skip
ODD_LINES = (
    "a." * 5000 + "a = 1", "a." * 400 + "a = 1", DEEP_KEYS,
    "[" + "a." * 5000 + "a]", "x = 1", "'' = 1", '"\\n" = 1', "k" * 9000,
    "[[limits]]", "[limits]", "[mesh.columns]", "mesh = 1", "\x00", "\x1b[2J", "name = 'a\\nb'",
    'name = "a\\nb"', 'name = "\\u202e"', "name = '" + "x" * 9000 + "'",
    "\n".join(f"[t{i}]" for i in range(9000)), "#" * 2**20, "[" * 9000, "=" * 99,
)  # fmt: skip


def chip_mutation(change: Mutation) -> Mutation:
    CHIP_MUTATIONS[change.__name__] = change
    return change


@chip_mutation
def a_field_that_is_another(rng: np.random.Generator, content: bytes) -> bytes:
    text = content.decode()
    found = one_of(rng, FIELD.finditer(text))
    return (text[: found.start()] + one_of(rng, ODD_VALUES) + text[found.end() :]).encode()


@chip_mutation
def a_line_put_in(rng: np.random.Generator, content: bytes) -> bytes:
    lines = content.decode().split("\n")
    place = one_of(rng, (0, int(rng.integers(len(lines)))))
    return "\n".join([*lines[:place], one_of(rng, ODD_LINES), *lines[place:]]).encode()


@chip_mutation
def lines_taken_out_or_twice(rng: np.random.Generator, content: bytes) -> bytes:
    lines = content.decode().split("\n")
    place = int(rng.integers(len(lines)))
    again = [lines[place]] * int(rng.integers(0, 3))
    return "\n".join([*lines[:place], *again, *lines[place + 1 :]]).encode()


@chip_mutation
def another_text(rng: np.random.Generator, content: bytes) -> bytes:
    text = content.decode()
    return one_of(
        rng,
        (
            b"", b"\0" * 100, text.encode("utf-16"), "\ufeff".encode() + content, content * 2,
            content + b"\xff", content + bytes(2**23), b"[" * 2**17, b"a." * 2**16, b"{}",
            content + b"\n# " + b"x" * 2**17, content[: place_in(rng, content)] + b"\xed\xa0\x80",
        ),
    )  # fmt: skip
