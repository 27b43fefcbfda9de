"""Finds stilted words in pages, docstrings and strings.

    python tests/support/plain_words.py

prints every find of the repository.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

REFUSED = {
    r"\banew\b": "again",
    r"\babreast\b": "in parallel",
    r"\bbeside\b": "next to",
    r"\bso many\b": "N steps, or that many steps",
    r"\b(hold|holds|held|holding)( \w+){0,6} against\b": "compare with",
    r"\bthat which\b": "a noun",
    r"\bthat (is|are) not (0|zero)\b": "nonzero",
    r"\brightly\b": "correctly, or an accuracy in per cent",
    r"\bnobody looks\b": "does nothing",
    r"\bwhoever\b": "if you",
    r"\b(stands|stand) (in|at|on|next|below|above|behind|there|side)\b": "is",
    r"(^|[.!;] )What (?!if\b|you trained\b)[^.?!:]*[.;]( |$)": "a sentence whose subject is a noun",
    r"(^|[.!;] )That (it|they|the|a|an|every|each|all|no) ": "a sentence whose subject is a noun",
}
"""Patterns of stilted words by what to write in their place."""

OPENINGS = {
    r"What\b": "a verb such as Return, or a noun",
    r"Of\b": "quantity and unit, such as Steps per chunk",
}
"""Patterns of the beginnings of docstrings that are refused, likewise."""

SOURCES = ("spiking_gru", "conversion", "hardware", "examples")
"""Folders of modules."""

CODE = re.compile(r"^( *)```.*?^\1```|`[^`]*`|<!--.*?-->|\]\([^)]*\)", re.S | re.M)
"""Text of a page that is no prose."""


def pages(root: Path) -> list[Path]:
    """Return the pages of prose."""
    top = [root / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
    return [*top, *sorted(root.glob("docs/**/*.md"))]


def sources(root: Path) -> list[Path]:
    """Return the modules whose docstrings and strings a user may read."""
    return [path for name in SOURCES for path in sorted((root / name).rglob("*.py"))]


def finds(path: Path) -> list[str]:
    """Return "line: the words found → what to write" for each find in a file."""
    if path.suffix == ".py":
        return sorted(_of_source(path.read_text("utf-8")), key=_line)
    return [
        find for start, text in _paragraphs(path.read_text("utf-8")) for find in _in(text, start)
    ]


def _line(find: str) -> int:
    return int(find.split(":")[0])


def _paragraphs(page: str) -> Iterator[tuple[int, str]]:
    """Yield each paragraph of prose on one line, and the number of its first line."""
    prose = CODE.sub(lambda found: re.sub(r"[^\n]", "", found[0]) or "§", page)
    start, lines = 1, list[str]()
    for number, line in enumerate([*prose.split("\n"), ""], 1):
        begins = re.match(r"\s*([-*|#>]|\d+\.) *", line)
        if lines and (begins or not line.strip()):
            yield start, " ".join(lines)
            lines = []
        if line.strip():
            start = start if lines else number
            lines.append(line[begins.end() :].strip() if begins else line.strip())


def _of_source(source: str) -> Iterator[str]:
    tree = ast.parse(source)
    docstrings = {id(node.value): node.value for node in ast.walk(tree) if _is_text(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _in(" ".join(node.value.split()), node.lineno)
            if id(node) in docstrings:
                yield from _opening(node.value, node.lineno)


def _is_text(node: ast.AST) -> bool:
    is_expression = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return is_expression and isinstance(node.value.value, str)


def _in(text: str, line: int) -> Iterator[str]:
    for pattern, plain in REFUSED.items():
        flags = 0 if "What" in pattern or "That" in pattern else re.IGNORECASE
        for found in re.finditer(pattern, text, flags):
            yield f"{line}: {found[0].strip()!r} → {plain}"


def _opening(text: str, line: int) -> Iterator[str]:
    for pattern, plain in OPENINGS.items():
        if re.match(rf"\s*{pattern}", text):
            yield f"{line}: {text.strip()[:60]!r} → {plain}"


def main() -> None:
    for path in [*pages(ROOT), *sources(ROOT)]:
        for find in finds(path):
            print(f"{path.relative_to(ROOT)}:{find}")


if __name__ == "__main__":
    main()
