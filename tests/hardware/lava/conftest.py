"""Every test of a Lava session ends without a process, a shared block or a folder of it left."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator

import pytest
from leftovers import blocks_of, folders_of, open_files, processes_of

from hardware.lava import supervisor


@pytest.fixture(autouse=True)
def tokens(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Those of the sessions that a test has opened: all that is theirs has them in its name."""
    tokens: list[str] = []
    new_token = supervisor.new_token

    def noted() -> str:
        tokens.append(new_token())
        return tokens[-1]

    monkeypatch.setattr(supervisor, "new_token", noted)
    gc.collect()
    before = open_files()
    yield tokens
    gc.collect()
    assert processes_of(os.getpid()) == []
    assert [block for token in tokens for block in blocks_of(token)] == []
    assert [folder for token in tokens for folder in folders_of(token)] == []
    if tokens:
        assert open_files() == before
