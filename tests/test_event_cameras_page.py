"""The snippets of docs/event_cameras.md run, and its tables say what the registry says."""

from __future__ import annotations

from pathlib import Path

from snippets import DOCS, printed_by

from hardware.sequences.events import NAMES
from spiking_gru.data.registry import DATASETS
from spiking_gru.data.sources.files import USUAL, VARIABLE

PAGE = (DOCS / "event_cameras.md").read_text()


def test_the_snippets_of_the_page_run(tmp_path: Path) -> None:
    assert printed_by(PAGE, tmp_path) == [
        "SparseSequences(120 sequences, 1,200 frames, 128 channels, 11,113 nonzero values)",
        "1.0 1.0",
        "True",
    ]


def test_the_page_says_where_the_files_of_every_published_set_go() -> None:
    for name, source in DATASETS.items():
        if source.files:
            row = next(line for line in PAGE.splitlines() if f"`{name}` |" in line)
            assert f"<{source.files.published}>" in row
            assert all(f"`{file}`" in row for file in source.files.names)
            assert source.files.folder == name
    assert f"`{USUAL}`" in PAGE
    assert f"`{VARIABLE}`" in PAGE


def test_the_page_has_the_names_of_all_fields() -> None:
    for names in NAMES.values():
        assert ", ".join(f"`{name}`" for name in names) in PAGE
