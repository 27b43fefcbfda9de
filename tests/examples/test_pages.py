"""Every example has a page of the documentation, whose commands and files exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from spiking_gru.cli import app

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs" / "examples"
NO_PAGE = {
    "worked": "shared by the worked examples",
    "figures": "shared by the worked examples",
    "bars": "shared by the worked examples",
    "results": "runs the worked examples",
    "example_pages": "writes tables of the pages",
    "worded": "leaves words out of a source",
    "kept_results": "keeps the results of the worked examples",
    "results_page": "writes the page of results",
    "keyword_sounds": "makes the sounds of keywords",
}
"""Modules of examples/ that need no page, and why."""

ELSEWHERE = {
    "quickstart": "README.md",
}
"""Pages of examples that share one."""

NAMES = sorted(path.stem for path in PAGES.glob("*.md"))


def fenced(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.DOTALL | re.MULTILINE)


def test_every_example_has_a_page_and_every_page_an_example() -> None:
    examples = {path.stem for path in (ROOT / "examples").glob("*.py")}
    assert examples - {*NO_PAGE, *ELSEWHERE} <= {*NAMES} <= examples
    for name, page in ELSEWHERE.items():
        assert name not in examples or (ROOT / page).is_file()


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_short_and_says_question_data_network_meaning_faults_and_next(name: str) -> None:
    page = (PAGES / f"{name}.md").read_text()
    assert len(page.splitlines()) <= 60
    assert f"(`{name}.py`)" in page.splitlines()[0]
    for part in (
        "**Data and split.**",
        "**The network, and why.**",
        "**What the output means.**",
        "**What can go wrong.**",
        "**Where to go next.**",
    ):
        assert page.count(part) == 1
    assert len(fenced(page, "text")) >= 1, "an output"


@pytest.mark.parametrize("name", NAMES)
def test_commands_of_a_page_exist(name: str) -> None:
    page = (PAGES / f"{name}.md").read_text()
    commands = [shlex.split(line) for block in fenced(page, "sh") for line in block.splitlines()]
    assert any(command[:2] == ["python", f"examples/{name}.py"] for command in commands)
    known = {command.name for command in app.registered_commands}
    known |= {group.name for group in app.registered_groups}
    for program, *words in commands:
        if program == "python":
            source = (ROOT / words[0]).read_text()
            assert words[0].startswith("examples/")
            options = {word for word in words if word.startswith("--")}
            allowed = set(re.findall(r'"(--[a-z-]+)"', source))
            if "parser(__doc__" in source:
                worked = (ROOT / "examples" / "worked.py").read_text()
                allowed |= set(re.findall(r'"(--[a-z-]+)"', worked))
            assert options <= allowed
        else:
            assert program in ("spiking-gru", "apt-get")
            assert program == "apt-get" or words[0] in known


@pytest.mark.parametrize("name", NAMES)
def test_links_of_a_page_lead_to_pages_and_headings(name: str) -> None:
    page = (PAGES / f"{name}.md").read_text()
    for place, heading in re.findall(r"\]\(([^)#]+)(?:#([^)]+))?\)", page):
        target = (PAGES / place).resolve()
        assert target.is_file(), place
        titles = re.findall(r"^#+ (.*)$", target.read_text(), re.MULTILINE)
        anchors = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
        assert not heading or heading in anchors, heading


def test_pages_are_in_the_index_and_the_navigation() -> None:
    index = (ROOT / "docs" / "index.md").read_text()
    navigation = (ROOT / "mkdocs.yml").read_text()
    listed = re.findall(r"^ +- examples/(.*)\.md$", navigation, re.MULTILINE)
    assert sorted(listed) == NAMES
    for name in NAMES:
        assert f"(examples/{name}.md)" in index
