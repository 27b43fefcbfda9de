"""A folder of packages that hold data."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from spiking_gru.data.registry import DATASETS

FOLDERS = {source.package.folder for source in DATASETS.values() if source.package}


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder in which packages are found before those that are installed."""
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.split(".")[0] in FOLDERS]:
        monkeypatch.delitem(sys.modules, name)
    return tmp_path
