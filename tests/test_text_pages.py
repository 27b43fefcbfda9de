"""The snippets of docs/text.md and docs/translation.md run, one after another."""

from __future__ import annotations

from pathlib import Path

from snippets import DOCS, printed_by


def test_the_snippets_of_the_page_on_text_run(tmp_path: Path) -> None:
    page = (DOCS / "text.md").read_text()
    first, _, tags, perplexity, written = printed_by(page, tmp_path)
    assert first in page
    assert tags in page
    assert perplexity.startswith("perplexity 1.")
    assert set(written) <= set("the cat sat on mat dog log and ran")
    assert (tmp_path / "runs/lines/program.sgru").is_file()  # what the command `generate` reads


def test_the_snippets_of_the_page_on_translation_run(tmp_path: Path) -> None:
    page = (DOCS / "translation.md").read_text()
    texts, own, shapes, figures = printed_by(page, tmp_path)
    assert texts in page
    assert own in page
    assert shapes == "(3, 2) (3, 2)"
    assert figures in page
    names = {path.name for path in (tmp_path / "runs/digits").iterdir()}
    assert {"encoder", "decoder", "report.json", "report.html", "per_inference.csv"} <= names
