from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from spiking_gru.cli.workplace import have_temporary_folder


@pytest.fixture
def read_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine on which only one folder can be written to."""
    monkeypatch.setenv("TMPDIR", "nowhere")
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: [os.environ["TMPDIR"]])
    monkeypatch.setattr(os, "access", lambda folder, _: folder == tmp_path)
    with pytest.raises(FileNotFoundError):
        tempfile.gettempdir()
    return tmp_path


@pytest.mark.parametrize("out", ["", "run", "many/folders/deep"])
def test_where_nothing_else_is_writable_the_run_s_place_is_the_temporary_folder(
    out: str, read_only: Path
) -> None:
    have_temporary_folder(read_only / out)
    assert tempfile.gettempdir() == str(read_only)


def test_a_temporary_folder_that_is_there_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMPDIR", raising=False)
    have_temporary_folder(Path("run"))
    assert "TMPDIR" not in os.environ
