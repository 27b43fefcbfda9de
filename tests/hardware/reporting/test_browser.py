"""The page in a real browser; skipped where there is none."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from reports import TRAINED

from hardware.reporting import Report, Study, compare_reports, make_report, render_page
from hardware.reporting.compare import write_comparison
from hardware.reporting.markup import Figures

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(BROWSER is None, reason="needs Chromium")

HARNESS = """<!doctype html><meta charset="utf-8"><body><script>
const frame = document.createElement("iframe");
frame.style = "width: 360px; height: 800px; border: 0";
frame.onload = () => {
  const page = frame.contentDocument, view = frame.contentWindow;
  const shown = () => [...page.querySelectorAll(".sample")]
    .filter((part) => part.getBoundingClientRect().height > 0).map((part) => part.id);
  const select = page.getElementById("sample"), found = {};
  found.width = page.documentElement.scrollWidth;
  found.wide = [...page.querySelectorAll("body *")].filter((part) => !part.closest("svg, .skip")
    && !part.closest(".scroll, pre") && part.getBoundingClientRect().right > 360.5).map(
    (part) => part.outerHTML.slice(0, 80));
  const drawn = [...page.querySelectorAll("svg")].filter((part) => part.checkVisibility());
  found.drawn = drawn.map((part) => part.getAttribute("class"));
  found.scrolled = drawn.filter((part) => {
    const region = part.closest(".scroll");
    return region.scrollWidth > region.clientWidth;
  }).length;
  const said = (part) => (part.getAttribute("aria-label") || part.textContent).trim()
    && (part.tagName !== "SELECT" || page.querySelector(`label[for="${part.id}"]`));
  const reached = [...page.querySelectorAll("a[href], select, button, input, [tabindex]")];
  found.unnamed = reached.filter((part) => !said(part)).map((part) => part.outerHTML.slice(0, 80));
  found.late = reached.filter((part) => part.tabIndex !== 0).length;
  found.missed = reached.filter((part) => part.checkVisibility()).filter((part) => {
    part.focus();
    return page.activeElement !== part;
  }).length;
  const ids = [...page.querySelectorAll("[id]")].map((part) => part.id);
  found.twice = ids.filter((id, i) => ids.indexOf(id) !== i);
  found.nowhere = [...page.querySelectorAll("a[href]")]
    .filter((part) => !page.querySelector(part.getAttribute("href"))).length;
  found.headings = [...page.querySelectorAll("h1, h2, h3, h4")].map((part) => +part.tagName[1]);
  if (select) {
    found.chooser = !select.closest(".chooser").hidden;
    found.choices = [...select.options].map((option) => option.value);
    found.first = shown();
    found.chosen = found.choices.map((value) => {
      select.value = value;
      select.dispatchEvent(new view.Event("change", { bubbles: true }));
      return shown();
    });
    select.focus();
    found.focused = page.activeElement === select;
    found.said = page.getElementById("shown").textContent;
  }
  const result = document.createElement("pre");
  result.id = "found";
  result.textContent = JSON.stringify(found);
  document.body.replaceChildren(result);
};
frame.srcdoc = PAGE;
document.body.append(frame);
</script>"""


def browse(address: str, profile: Path, *options: str) -> tuple[str, str]:
    """The document as it stands after its scripts, and what the browser logged."""
    command = [
        str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
        f"--user-data-dir={profile}", "--enable-logging=stderr", "--virtual-time-budget=5000",
        "--hide-scrollbars",
        *options, "--dump-dom", address,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


def complaints(log: str) -> list[str]:
    """What the page's own console said."""
    return [line for line in log.splitlines() if "CONSOLE" in line]


def on_a_phone(page: str, folder: Path, width: int = 360) -> dict[str, object]:
    """What the harness found of a page in a frame of so many pixels."""
    text = json.dumps(page).replace("</", "<\\/")
    file = folder / "harness.html"
    harness = HARNESS.replace("width: 360px", f"width: {width}px")
    file.write_text(harness.replace("PAGE", text), "utf-8")
    document, log = browse(file.as_uri(), folder / "profile")
    assert complaints(log) == []
    found = re.search(r'<pre id="found">(.*?)</pre>', document, re.DOTALL)
    assert found is not None, document[-500:]
    content: dict[str, object] = json.loads(html.unescape(found[1]))
    return content


def test_the_page_renders_without_errors_and_its_figures_are_the_jsons(
    report: Report, measured: Study, tmp_path: Path
) -> None:
    file = tmp_path / "report.html"
    file.write_text(render_page(report, measured), "utf-8")
    document, log = browse(file.as_uri(), tmp_path / "profile")
    assert complaints(log) == []
    figures = re.findall(r'<data data-path="([^"]*)" value="([^"]*)">([^<]+)</data>', document)
    assert len(figures) > 80
    content = Figures(report.as_json())
    for pointer, value, _ in figures:
        assert float(value) == content.at(html.unescape(pointer))


def test_a_fault_in_a_script_would_be_seen(tmp_path: Path) -> None:
    file = tmp_path / "broken.html"
    file.write_text("<!doctype html><script>nothing.there()</script>")
    assert len(complaints(browse(file.as_uri(), tmp_path / "profile")[1])) == 1


def test_one_sample_is_shown_and_the_choice_is_the_readers(
    report: Report, measured: Study, tmp_path: Path
) -> None:
    found = on_a_phone(render_page(report, measured), tmp_path)
    expected = [f"sample-{sample.sample}" for sample in report.samples]
    assert len(expected) >= 2
    assert found["choices"] == expected
    assert found["chooser"] is True
    assert found["first"] == expected[:1]
    assert found["chosen"] == [[name] for name in expected]
    assert found["focused"] is True
    assert report.samples[-1].why in str(found["said"])


def test_a_link_to_a_sample_shows_it(report: Report, measured: Study, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(render_page(report, measured), "utf-8")
    last = f"sample-{report.samples[-1].sample}"
    document, _ = browse(f"{file.as_uri()}#{last}", tmp_path / "profile")
    tags = re.findall(r'<div class="sample" id="([^"]*)"( hidden="")?>', document)
    assert [name for name, hidden in tags if not hidden] == [last]


def test_without_scripts_every_sample_is_there(report: Report, measured: Study) -> None:
    page = render_page(report, measured)
    tags = re.findall(r'<div class="sample" id="sample-\d+"([^>]*)>', page)
    assert tags == [""] * len(report.samples)
    assert '<div class="chooser" hidden>' in page


def test_nothing_is_wider_than_a_phone(report: Report, measured: Study, tmp_path: Path) -> None:
    found = on_a_phone(render_page(report, measured), tmp_path)
    assert found["wide"] == []
    assert found["width"] == 360


def test_a_keyboard_reaches_everything_and_everything_has_a_name(
    report: Report, measured: Study, tmp_path: Path
) -> None:
    found = on_a_phone(render_page(report, measured), tmp_path)
    assert found["unnamed"] == []
    assert found["late"] == found["missed"] == found["nowhere"] == 0
    assert found["twice"] == []


def test_headings_leave_out_no_level(report: Report, measured: Study, tmp_path: Path) -> None:
    levels = on_a_phone(render_page(report, measured), tmp_path)["headings"]
    assert isinstance(levels, list)
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(deeper <= level + 1 for level, deeper in pairwise(levels))


def test_a_phone_shows_every_picture_once_drawn_for_its_width(
    report: Report, measured: Study, tmp_path: Path
) -> None:
    found = on_a_phone(render_page(report, measured), tmp_path)
    # Of the samples the first is shown.
    assert found["drawn"] == ["narrow"] * 8
    assert found["scrolled"] == 0


def test_a_desk_shows_every_picture_once(report: Report, measured: Study, tmp_path: Path) -> None:
    found = on_a_phone(render_page(report, measured), tmp_path, width=1000)
    assert found["drawn"] == ["wide"] * 8
    assert found["scrolled"] == 0


def test_the_comparison_fits_a_phone_too(report: Report, measured: Study, tmp_path: Path) -> None:
    other = make_report(measured, dataset="small", trained=TRAINED)
    compared = compare_reports(report, other, ("a-rather-long-name-" * 3, "b"))
    page = write_comparison(compared, tmp_path)[1].read_text("utf-8")
    found = on_a_phone(page, tmp_path)
    assert (found["wide"], found["width"]) == ([], 360)
