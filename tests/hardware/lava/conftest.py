"""Every test of a Lava session ends without a process, a shared block or a folder of it left."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from leftovers import gone, open_files, orphans, processes_of

from hardware.lava import supervisor


@pytest.fixture(autouse=True)
def folders(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Path]]:
    """Folders of the sessions that a test has opened."""
    folders: list[Path] = []
    new_folder = supervisor.new_folder

    def noted() -> Path:
        folders.append(new_folder())
        return folders[-1]

    monkeypatch.setattr(supervisor, "new_folder", noted)
    gc.collect()
    before, blocks = open_files(), orphans()
    yield folders
    gc.collect()
    assert processes_of(os.getpid()) == []
    assert gone(lambda: orphans() - blocks), orphans() - blocks
    assert [folder for folder in folders if folder.exists()] == []
    if folders:
        assert open_files() == before
