"""Files of packages are found on disk, and no package is imported."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from packages_of_data import put

from hardware.errors import MissingPackageError
from spiking_gru.data.sources.package import data_only

PACKAGE = data_only("holds-data>=2", "holds_data_only")


def test_a_file_is_found_and_the_package_is_not_imported(site: Path) -> None:
    put(site, "holds_data_only/files/a.csv", "1\n")
    assert PACKAGE.installed
    assert PACKAGE.file("files/a.csv").read_text() == "1\n"
    assert "holds_data_only" not in sys.modules


def test_a_package_that_is_missing_is_named_with_the_line_that_installs_it() -> None:
    assert not PACKAGE.installed
    with pytest.raises(MissingPackageError) as refused:
        PACKAGE.file("files/a.csv")
    assert str(refused.value) == (
        "the data is in holds_data_only/files/a.csv of the package holds-data>=2, which is not "
        "installed: pip install --no-deps 'holds-data>=2'"
    )


def test_a_package_of_another_release_is_told_from_one_that_is_missing(site: Path) -> None:
    put(site, "holds_data_only/files/b.csv", "1\n")
    with pytest.raises(MissingPackageError, match="which has no such file: pip install"):
        PACKAGE.file("files/a.csv")


def test_a_module_of_the_same_name_is_no_package(site: Path) -> None:
    (site / "holds_data_only.py").write_text("raise AssertionError\n")
    assert not PACKAGE.installed
