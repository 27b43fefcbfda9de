"""Run all worked examples with fresh seeds, and write their means to docs/results.md.

    python examples/results.py            # as `make results` does
    python examples/results.py --page     # only the pages, from the figures in docs/results/

Each seed of an example has a process of its own. A finished seed is kept with a hash of the
example's sources, which hold its settings, and is not run again while they are the same. Its
figures are copied to docs/results/, from which docs/results.md and the tables of the pages in
docs/examples/ are written. A seed that was stopped or killed goes on from the checkpoint of its
training.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from example_pages import with_tables
from kept_results import HERE, Kept
from results_page import PUBLISHED, page

from spiking_gru.data.registry import DATASETS

SEEDS = {
    "speaker": (10, 11, 12, 13, 14),
    "spoken_digits": (10, 11, 12),
    "keywords": (23, 24, 25),
    "exercises": (10, 11, 12),
    "forecast": (10, 11, 12),
    "trajectories": (10, 11, 12),
    "names": (30, 31, 32),
    "sentiment": (30, 31, 32),
    "textgen": (30, 31, 32),
    "translate": (30, 31, 32),
    "events": (30, 31, 32),
    "shd": (30, 31, 32),
}
"""The seeds of each example in the order in which they run; no setting was chosen with them."""


def runnable(names: Iterable[str] = SEEDS) -> dict[str, Sequence[int]]:
    """Return the seeds of examples, less those whose published files are not in place."""
    files = {name: DATASETS[data].files for name, data in PUBLISHED.items()}
    there = {name for name, needs in files.items() if needs is None or needs.installed}
    return {name: SEEDS[name] for name in names if name not in files or name in there}


DOCS = HERE.parent / "docs"


def write_tables(folder: Path, shown: Kept, seeds: Mapping[str, Sequence[int]]) -> None:
    """Write the tables of the examples' pages again, where their seeds are finished."""
    for name, chosen in seeds.items():
        file = folder / f"{name}.md"
        finished = {seed: read for seed in chosen if (read := shown.read(name, seed)) is not None}
        if file.is_file() and finished:
            file.write_text(with_tables(file.read_text(), finished))


def run_missing(
    kept: Kept,
    shown: Kept,
    seeds: Mapping[str, Sequence[int]],
    to: Path,
    every: Mapping[str, Sequence[int]],
) -> None:
    """Run those of the seeds that are missing, and write the page of every seed after each.

    A seed that fails is told.
    """
    missing = kept.missing(seeds)
    for number, (name, seed) in enumerate(missing, 1):
        print(f"{name}, seed {seed}: {number} of {len(missing)}", flush=True)
        try:
            kept.run(name, seed)
        except subprocess.CalledProcessError as error:
            print(f"{name}, seed {seed} failed: {error}", file=sys.stderr)
            continue
        kept.copy_to(shown, name, seed)
        to.write_text(page(shown, every))


def main() -> None:
    form = argparse.RawDescriptionHelpFormatter
    options = argparse.ArgumentParser(description=__doc__, formatter_class=form)
    out, figures, to = Path("runs/results"), DOCS / "results", DOCS / "results.md"
    options.add_argument("--out", type=Path, default=out, help=f"folder for runs; default: {out}")
    options.add_argument(
        "--figures", type=Path, default=figures, help="folder for figures; default: docs/results"
    )
    options.add_argument("--to", type=Path, default=to, help="the page; default: docs/results.md")
    options.add_argument("--page", action="store_true", help="write the pages only")
    options.add_argument(
        "--only", nargs="+", choices=SEEDS, metavar="NAME", help="run some of the examples only"
    )
    given = options.parse_args()
    kept, shown = Kept(given.out), Kept(given.figures)
    if not given.page:
        for folder in (given.out, given.figures):
            folder.mkdir(parents=True, exist_ok=True)
        # Else the seed that runs would go on alone.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            run_missing(kept, shown, runnable(given.only or SEEDS), given.to, SEEDS)
        except KeyboardInterrupt:
            sys.exit(f"stopped: run it again to go on; seeds in {given.out} stay")
    given.to.write_text(page(shown, SEEDS))
    write_tables(given.to.parent / "examples", shown, SEEDS)
    left = len(shown.missing(runnable()))
    print(f"{given.to}: {left} seeds are missing or old" if left else f"{given.to}: all seeds")
    sys.exit(left > 0 and not given.page)


if __name__ == "__main__":
    main()
