"""The snippets of docs/data.md run, one after another."""

from __future__ import annotations

from pathlib import Path

from snippets import DOCS, printed_by

PAGE = (DOCS / "data.md").read_text()


def test_the_snippets_of_the_data_page_run(tmp_path: Path) -> None:
    assert printed_by(PAGE, tmp_path) == [
        "classify ('False', 'True') 144 40",
        "heads-with-values loud (2 classes), kind (2 classes), seconds (1 value) of each sequence",
        "('long', 'short') classify",
        "True 10 100",
        "('loud', 'quiet') 2 50",
        "('high', 'low') mel 0 16",
        "log-mel (30, 16) True",
        "regress 2 24 1345 377",
        "True",
    ]
