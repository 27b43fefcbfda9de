"""Modules of examples/, imported next to small files of the packages that hold data."""

from __future__ import annotations

import hashlib
import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import packages_of_data
import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

Import = Callable[[str], ModuleType]


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Import]:
    """Import a module of examples/, where packages of data hold small files."""
    packages_of_data.put_all(tmp_path / "site")
    watch = tmp_path / "site/seglearn/data/watch_dataset.npy"
    digest = hashlib.sha256(watch.read_bytes()).hexdigest()
    monkeypatch.setattr("spiking_gru.data.sources.exercises.SHA256", digest)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.syspath_prepend(str(EXAMPLES))
    before = set(sys.modules)
    yield importlib.import_module
    for name in set(sys.modules) - before:
        if Path(getattr(sys.modules[name], "__file__", None) or "/").parent == EXAMPLES:
            del sys.modules[name]


@pytest.fixture
def unpainted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the pictures out of reports, which take most of the time; one test has them."""
    monkeypatch.setattr("hardware.reporting.write.render_page", lambda *_: "")
