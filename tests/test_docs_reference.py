"""The reference pages show every public name and every command."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import command_line_page
import pytest

pytest.importorskip("snntorch")

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "docs" / "reference"
PACKAGES = ("spiking_gru", "conversion", "hardware")
DEFINED = {
    package: re.findall(r"^::: ([\w.]+)$", (REFERENCE / f"{package}.md").read_text(), re.MULTILINE)
    for package in PACKAGES
}
"""Names whose docstrings each page shows, with their modules."""


def home(package: str, name: str) -> str:
    thing = getattr(import_module(package), name)
    return f"{thing.__module__}.{thing.__qualname__}"


def named(package: str) -> set[str]:
    """Return the homes of all public names of a package."""
    return {home(package, name) for name in import_module(package).__all__}


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_is_shown_or_linked(package: str) -> None:
    page = (REFERENCE / f"{package}.md").read_text()
    links = dict(re.findall(r"\[`(\w+)`\]\[([\w.]+)\]", page))
    for name in import_module(package).__all__:
        place = home(package, name)
        assert place in DEFINED[package] or links.get(name) == place, f"{package}.{name}: {place}"
    shown = {name for names in DEFINED.values() for name in names}
    assert set(links.values()) <= shown


def test_no_docstring_is_shown_twice_or_without_a_public_name() -> None:
    shown = [name for names in DEFINED.values() for name in names]
    assert len(shown) == len(set(shown))
    assert set(shown) <= set.union(*map(named, PACKAGES))


def test_the_page_of_the_command_line_is_that_of_the_commands() -> None:
    assert command_line_page.PAGE.read_text() == command_line_page.page(), (
        "run python tests/support/command_line_page.py"
    )


def test_every_page_is_in_the_navigation() -> None:
    listed = re.findall(r"([\w/]+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE)
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in ROOT.glob("docs/**/*.md")}
    assert sorted(listed) == sorted(pages)


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("mkdocstrings_handlers.python")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    for package in PACKAGES:
        site = (tmp_path / "reference" / f"{package}.html").read_text()
        assert all(f'id="{name}"' in site for name in DEFINED[package])
    loaded = re.findall(
        r'<(?:script|img|link rel="(?:stylesheet|icon)")[^>]+"(https?://[^"]+)"', site
    )
    assert not loaded, "the site loads nothing from elsewhere"
