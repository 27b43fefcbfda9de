"""No code compares the name of a row outside its own table: rows are data."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware.definition.arithmetic import ACTIVATIONS
from hardware.definition.decision import DECISIONS
from hardware.definition.emission import EMISSIONS, RESET_MECHANISMS
from hardware.definition.encoder import ENCODERS
from hardware.definition.formulation import FORMULATIONS
from hardware.definition.readout import READOUTS

ROOT = Path(__file__).resolve().parents[1]
TABLES = {
    "formulation": FORMULATIONS,
    "emission": EMISSIONS,
    "reset mechanism": RESET_MECHANISMS,
    "activation": ACTIVATIONS,
    "encoder": ENCODERS,
    "readout": READOUTS,
    "decision": DECISIONS,
}
NAMES = {name for table in TABLES.values() for name in table}
SOURCES = [
    path
    for room in ("hardware", "conversion", "spiking_gru")
    for path in sorted((ROOT / room).rglob("*.py"))
    if "definition" not in path.parts
]


def names_in(node: ast.AST) -> set[str]:
    """Names of rows among the text constants of an operand."""
    return {
        part.value
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value in NAMES
    }


def decisions(tree: ast.AST) -> Iterator[tuple[int, set[str]]]:
    """Lines where code compares with a name, matches one, or looks a value up by several."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            found = set().union(*map(names_in, (node.left, *node.comparators)))
        elif isinstance(node, ast.MatchValue):
            found = names_in(node)
        elif isinstance(node, ast.Dict):
            keys = set().union(*(names_in(key) for key in node.keys if key is not None))
            most = max(len(keys & table.keys()) for table in TABLES.values())
            found = keys if most > 1 else set()
        else:
            continue
        if found:
            yield node.lineno, found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_code_decides_by_the_name_of_a_row(path: Path) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line} {', '.join(sorted(names))}"
        for line, names in decisions(ast.parse(path.read_text("utf-8")))
    ]
    assert not found


def test_a_comparison_with_a_name_is_found() -> None:
    code = 'if cell.formulation in ("keep", "write"): x = {"hard": 1, "table": 2}[cell.activation]'
    assert [names for _, names in decisions(ast.parse(code))] == [
        {"keep", "write"},
        {"hard", "table"},
    ]
