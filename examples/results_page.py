"""The page of results: means over seeds, their spread, and which bars are met."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from bars import BARS, Bar
from figures import DEPLOYED, SHOWN, shown
from kept_results import Kept


def summary(of_seeds: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return mean and spread (n − 1) over seeds of each figure of a task's networks.

    A figure that is the same for all seeds has no spread.
    """
    rows = {}
    for name, row in of_seeds[0].items():
        means: dict[str, float | None] = {}
        spread: dict[str, float | None] = {}
        for figure, first in row["figures"].items():
            values = [table[name]["figures"][figure] for table in of_seeds]
            means[figure] = None if first is None else float(np.mean(values))
            differ = first is not None and not np.allclose(values, first, rtol=1e-9, atol=0)
            spread[figure] = float(np.std(values, ddof=1)) if differ else None
        rows[name] = {**row, "figures": means, "spread": spread}
    return rows


def table_of(rows: Mapping[str, Any]) -> list[str]:
    """Return the lines of a Markdown table: networks and their figures."""
    figures = list(rows[DEPLOYED]["figures"])
    lines = [f"| network | {' | '.join(figures)} |", "|---" * (len(figures) + 1) + "|"]
    for row in rows.values():
        cells = []
        for figure in figures:
            text, spread = shown(figure, row["figures"][figure]), row["spread"][figure]
            cells.append(f"{text} ± {spread_text(figure, spread)}" if spread else text)
        lines.append(f"| {row['title']} | {' | '.join(cells)} |")
    return lines


def spread_text(figure: str, spread: float) -> str:
    return shown(figure, spread) if figure in SHOWN else f"{spread:.2g}"


def bar_lines(bars: Sequence[Bar], of_tasks: Mapping[str, Any]) -> list[str]:
    """Return the lines of a Markdown table: each bar, the program's mean, and whether it is met."""
    lines = ["| task | bar | that is | program | |", "|---|---|---|---|---|"]
    for bar in bars:
        means = of_tasks[bar.task]
        limit = shown(bar.figure, bar.value(means))
        mean = shown(bar.figure, means[DEPLOYED]["figures"][bar.figure])
        met = "met" if bar.is_met(means) else "**not met**"
        lines.append(f"| {bar.task} | {bar.text} | {limit} | {mean} | {met} |")
    return lines


PUBLISHED = {"shd": "shd"}
"""Data sets that are published files, which the user puts in place, by example."""

INTRODUCTION = """\
# Results of the worked examples

`make results` wrote this page; nothing on it is typed by hand. Each seed is trained with its
baselines, converted, and run by the `events` engine on the test part. Settings were chosen on
validation data of other seeds. Test figures of seeds 0 and 1 were seen meanwhile. `forecast` and
`keywords` had run the seeds below before with other settings, and `keywords` had run seeds 20 to
22 as well. The present settings of both were chosen on validation data of other seeds. A baseline
trains as many epochs as the program's float phase. Only the program then trains further, in its
integer phase. Figures are means over seeds ± the standard deviation between them. Training rounds
differently on another processor, so the same seed may give other figures there.

Spikes (or values sent), operations and energy are those of one inference. Operations are synaptic
operations of the program, and multiply-accumulates of a baseline. The best baseline is the one with
the best mean.
"""

WIDTH = 98
"""Characters of a line of text."""

ENERGY = {
    "0.1": "the nominal core dynamic energy of the program on Loihi 2, and the int8 arithmetic "
    "alone of a baseline; the baseline's memory and all else that a host needs come on top",
    "0.2": "the nominal core dynamic energy of the program on Loihi 2, and the int8 arithmetic of "
    "a baseline with its memory on a digital chip; static power and a host come on top. Programs "
    "were placed before the knee counted the fullest core: today's placement may add up to 3 %",
}
"""The energy of a row by the cost model of its figures."""


def about_energy(finished: Mapping[str, Mapping[int, Mapping[str, Any]]]) -> list[str]:
    """Return a line for each cost model whose figures are on the page."""
    by_model: dict[str, list[str]] = {}
    for name, done in finished.items():
        for model in {figures.get("cost_model", "0.1") for figures in done.values()}:
            by_model.setdefault(model, []).append(f"`{name}.py`")
    lines = []
    for model, names in sorted(by_model.items()):
        of = f" of {', '.join(names)}" if len(by_model) > 1 else ""
        text = f"Energy{of} is that of [cost model {model}](cost.md): {ENERGY[model]}."
        lines += ["", *textwrap.wrap(text, WIDTH, break_on_hyphens=False)]
    return lines


def means_of(name: str, done: Mapping[int, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the means of each task of an example; none where no seed is finished."""
    tables = [figures["tables"] for figures in done.values()]
    return {task: summary([of[task] for of in tables]) for task in (tables[0] if tables else {})}


def section(
    name: str, kept: Kept, seeds: Sequence[int], done: Mapping[int, Mapping[str, Any]]
) -> list[str]:
    """Return the lines about an example; they name the seeds that are missing or old."""
    lines = ["", f"## `{name}.py`", "", f"[Question, data and network](examples/{name}.md)."]
    if done:
        seconds = np.mean([figures["processor_seconds"] for figures in done.values()])
        lines += [
            "",
            f"    python examples/{name}.py --seeds {' '.join(map(str, done))}",
            "",
            f"Seeds finished: {len(done)} of {len(seeds)}. A seed takes {seconds:.0f} s of one "
            "processor, baselines included.",
        ]
    to_run = {
        "Not run yet": [seed for seed in seeds if seed not in done],
        "Run before a change": [seed for seed in done if not kept.is_of_today(name, seed)],
    }
    for about, some in to_run.items():
        if some:
            of, where = ", ".join(map(str, some)), ""
            if name in PUBLISHED and not done:
                where = " where the published files are in place"
            lines += ["", f"**{about}: seeds {of}.** `make results` runs them{where}."]
    of_tasks = means_of(name, done)
    for task, rows in of_tasks.items():
        lines += ["", f"**{task}**", "", *table_of(rows)]
    return [*lines, "", *bar_lines(BARS[name], of_tasks)] if done else lines


def overview(finished: Mapping[str, Mapping[int, Mapping[str, Any]]]) -> list[str]:
    """Return the lines that say how many bars of finished examples are met, and which are not."""
    met, missed = 0, []
    for name, done in finished.items():
        of_tasks = means_of(name, done)
        for bar in BARS[name] if done else ():
            is_met = bar.is_met(of_tasks[bar.task])
            met += is_met
            missed += [] if is_met else [f"`{name}.py`: {bar.task}, {bar.text}"]
    if not missed:
        return ["", f"All {met} bars are met."] if met else []
    lines = ["", f"{met} of {met + len(missed)} bars are met. Not met:", ""]
    return [*lines, *(f"- {line}" for line in missed)]


def page(kept: Kept, seeds: Mapping[str, Sequence[int]]) -> str:
    """Return the page of all finished seeds."""
    found = {name: {s: kept.read(name, s) for s in chosen} for name, chosen in seeds.items()}
    finished = {
        name: {seed: figures for seed, figures in of.items() if figures is not None}
        for name, of in found.items()
    }
    lines = [*INTRODUCTION.splitlines(), *about_energy(finished), *overview(finished)]
    for name, chosen in seeds.items():
        lines += section(name, kept, chosen, finished[name])
    return "\n".join(lines) + "\n"
