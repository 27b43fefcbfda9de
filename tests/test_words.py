"""Prose is plain: docs, docstrings, help texts and errors use no stilted word.

`plain_words.REFUSED` has each pattern and the plain word to write.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from plain_words import REFUSED, finds, pages, sources

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("path", [*pages(ROOT), *sources(ROOT)], ids=lambda path: path.name)
def test_a_file_is_plain(path: Path) -> None:
    found = [f"{path.relative_to(ROOT)}:{find}" for find in finds(path)]
    assert not found, "\n".join(found)


STILTED = (
    "begin it anew", "four abreast", "the frame beside it", "after so many steps",
    "held against a GRU", "holds two runs side by side against one", "that which is sent",
    "weights that are not 0", "98 % named rightly", "Nobody looks.",
    "It is exact. What is sent is counted.", "It works. That it fits is proven.",
    "Whoever has a GRU already", "it stands in a table",
)  # fmt: skip
PLAIN = (
    "a bundle of two", "besides", "as many steps as frames", "the cells hold a state",
    "What does it cost?", "# What an inference costs", "it stands for the scores",
    "what you trained is what runs", "the set that is loaded", "`beside` is a name",
)  # fmt: skip


@pytest.mark.parametrize("text", STILTED)
def test_a_stilted_text_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(text)
    assert finds(path)


@pytest.mark.parametrize("text", PLAIN)
def test_a_plain_text_passes(text: str, tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(text)
    assert not finds(path)


def test_docstrings_begin_with_a_verb_or_a_noun(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text('"""What it does."""\n\nSTEPS = 1\n"""Of a chunk."""\n')
    assert {find.split(":")[0] for find in finds(path)} == {"1", "4"}
    path.write_text('"""Return it."""\n\nSTEPS = 1\n"""Steps per chunk."""\n')
    assert not finds(path)


def test_every_pattern_has_a_plain_word() -> None:
    assert all(REFUSED.values())
