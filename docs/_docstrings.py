"""Reads docstrings for the site: a Griffe extension that `mkdocs.yml` names.

One thing in our docstrings is not Markdown: a `::` opens a block, as in reStructuredText.
"""

from __future__ import annotations

import re
from typing import Any

import griffe

OPENING = re.compile(r"^([ \t]*)(.*?)::[ \t]*$", re.MULTILINE)
"""A line that opens a block: its indentation, and its words before the colons."""


def as_markdown(text: str) -> str:
    """Return a docstring whose indented blocks are code blocks of Markdown."""
    return OPENING.sub(lambda line: f"{line[1]}{line[2]}:" if line[2] else "", text)


class Docstrings(griffe.Extension):
    """Turns every docstring that the site shows into Markdown."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrite the docstring of an object that Griffe has found."""
        if obj.docstring is not None:
            obj.docstring.value = as_markdown(obj.docstring.value)
