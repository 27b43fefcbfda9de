"""Run all worked examples with fresh seeds, and write their means to docs/results.md.

    python examples/results.py            # as `make results` does
    python examples/results.py --page     # only the page, from the seeds that are finished

Each seed of an example has a process of its own. A finished seed is kept with a hash of the
example's sources, which hold its settings, and is not run again while they are the same.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from bars import BARS, Bar
from figures import DEPLOYED, SHOWN, shown
from worked import FIGURES_FILE

HERE = Path(__file__).resolve().parent
SHARED = ("worked.py", "figures.py")
EXTRA_SOURCES = {"keywords": ("keyword_sounds.py",)}
"""Further sources of an example."""

SEEDS = {
    "speaker": (10, 11, 12, 13, 14),
    "spoken_digits": (10, 11, 12),
    "trajectories": (10, 11, 12),
    "forecast": (10, 11, 12),
    "exercises": (10, 11, 12),
    "keywords": (23, 24, 25),
}
"""The seeds of each example in the order in which they run; no setting was chosen with them."""


@dataclass(frozen=True)
class Kept:
    """Where the finished seeds of examples are, and where the examples are."""

    folder: Path
    examples: Path = HERE

    def key(self, name: str, seed: int) -> str:
        """Return the hash of the sources of an example, which hold its settings, and of a seed."""
        found = hashlib.sha256(str(seed).encode())
        for source in (f"{name}.py", *SHARED, *EXTRA_SOURCES.get(name, ())):
            found.update((self.examples / source).read_bytes())
        return found.hexdigest()

    def file(self, name: str, seed: int) -> Path:
        return self.folder / f"{name}-{seed}.json"

    def read(self, name: str, seed: int) -> dict[str, Any] | None:
        """Return the figures of a finished seed; None where it has to be run."""
        file = self.file(name, seed)
        if not file.is_file():
            return None
        found = json.loads(file.read_text())
        return found["figures"] if found["key"] == self.key(name, seed) else None

    def run(self, name: str, seed: int, extra: Sequence[str] = ()) -> None:
        """Run a seed in a process of its own, and keep its figures."""
        key, out = self.key(name, seed), self.folder / name
        command = [sys.executable, self.examples / f"{name}.py", "--seeds", str(seed), "--out", out]
        subprocess.run([*command, *extra], check=True)
        figures = json.loads((out / f"seed-{seed}" / FIGURES_FILE).read_text())
        whole = self.file(name, seed).with_suffix(".part")
        whole.write_text(json.dumps({"key": key, "figures": figures}, indent=1) + "\n")
        whole.replace(self.file(name, seed))

    def missing(self, seeds: Mapping[str, Sequence[int]]) -> list[tuple[str, int]]:
        return [(n, s) for n, chosen in seeds.items() for s in chosen if self.read(n, s) is None]


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


INTRODUCTION = """\
# Results of the worked examples

`make results` wrote this page; nothing on it is typed by hand. Each seed is trained with its
baselines, converted, and run by the `events` engine on the test part. Settings were chosen on
validation data, never by these seeds; test figures of seeds 0 and 1 were seen meanwhile, and of
`keywords` those of seeds 20 to 22 with 24 float epochs, before its baselines were given more.
A baseline trains as many epochs as the program's float phase; the program's integer phase follows.
Figures are means over seeds ± the standard deviation between them.

Spikes (or values sent), operations and energy are those of one inference. Operations are synaptic
operations of the program, and multiply-accumulates of a baseline. Energy is the nominal core
dynamic energy of the program on Loihi 2, and the int8 arithmetic alone of a baseline: its memory
and all else that a host needs come on top ([report](report.md)). The best baseline is the one with
the best mean.
"""


def page(kept: Kept, seeds: Mapping[str, Sequence[int]]) -> str:
    """Return the page of all finished seeds; it names those that are missing."""
    lines = [*INTRODUCTION.splitlines()]
    for name, chosen in seeds.items():
        found = {seed: kept.read(name, seed) for seed in chosen}
        done = {seed: figures for seed, figures in found.items() if figures is not None}
        absent = [str(seed) for seed in chosen if seed not in done]
        lines += ["", f"## `{name}.py`", "", f"[Question, data and network](examples/{name}.md)."]
        if done:
            seconds = np.mean([figures["processor_seconds"] for figures in done.values()])
            lines += [
                "",
                f"    python examples/{name}.py --seeds {' '.join(map(str, done))}",
                "",
                f"Seeds finished: {len(done)} of {len(chosen)}. A seed takes {seconds:.0f} s of "
                "one processor, baselines included.",
            ]
        if absent:
            lines += ["", f"**Not run yet: seeds {', '.join(absent)}.** `make results` runs them."]
        if not done:
            continue
        of_tasks = {
            task: summary([figures["tables"][task] for figures in done.values()])
            for task in next(iter(done.values()))["tables"]
        }
        for task, rows in of_tasks.items():
            lines += ["", f"**{task}**", "", *table_of(rows)]
        lines += ["", *bar_lines(BARS[name], of_tasks)]
    return "\n".join(lines) + "\n"


def run_missing(kept: Kept, seeds: Mapping[str, Sequence[int]], to: Path) -> None:
    """Run the seeds that are missing, and write the page after each; one that fails is told."""
    for name, seed in kept.missing(seeds):
        print(f"{name}, seed {seed}", flush=True)
        try:
            kept.run(name, seed)
        except subprocess.CalledProcessError as error:
            print(f"{name}, seed {seed} failed: {error}", file=sys.stderr)
        to.write_text(page(kept, seeds))


def main() -> None:
    form = argparse.RawDescriptionHelpFormatter
    options = argparse.ArgumentParser(description=__doc__, formatter_class=form)
    out, to = Path("runs/results"), HERE.parent / "docs" / "results.md"
    options.add_argument("--out", type=Path, default=out, help=f"folder for runs; default: {out}")
    options.add_argument("--to", type=Path, default=to, help="the page; default: docs/results.md")
    options.add_argument("--page", action="store_true", help="write the page only")
    given = options.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    kept = Kept(given.out)
    if not given.page:
        run_missing(kept, SEEDS, given.to)
    given.to.write_text(page(kept, SEEDS))
    left = len(kept.missing(SEEDS))
    print(f"{given.to}: {left} seeds are missing" if left else f"{given.to}: all seeds")
    sys.exit(left > 0 and not given.page)


if __name__ == "__main__":
    main()
