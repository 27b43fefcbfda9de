"""Objects as people see them: numbers with nouns, and small tables for notebooks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape


def number_of(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: `1 sequence`, `1,200 sequences`."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def html_table(caption: str, columns: Sequence[str], rows: Iterable[Sequence[str | float]]) -> str:
    """Return a table for `_repr_html_`; texts are escaped, whole numbers have commas."""
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    body = "".join(f"<tr>{''.join(f'<td>{_cell(item)}</td>' for item in row)}</tr>" for row in rows)
    return (
        f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table>"
    )


def _cell(item: str | float) -> str:
    return escape(item) if isinstance(item, str) else f"{item:,}"
