"""The code of a source without its words: docstrings and captions change no figure."""

from __future__ import annotations

import ast
from collections.abc import Iterator

CAPTION = "CAPTION"
"""The name of a constant that holds text only."""


def without_words(source: str) -> str:
    """Return the lines of a source, less those of docstrings and of the constant CAPTION."""
    words = {line for start, end in _words(ast.parse(source)) for line in range(start, end + 1)}
    lines = enumerate(source.splitlines(), 1)
    return "\n".join(line for number, line in lines if number not in words)


def _words(tree: ast.Module) -> Iterator[tuple[int, int]]:
    """Yield the first and the last line of each docstring, also of constants, and caption."""
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if is_text and isinstance(node.value.value, str):
            yield node.lineno, node.end_lineno or node.lineno
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == CAPTION for target in node.targets
        ):
            yield node.lineno, node.end_lineno or node.lineno
