"""Figures of finished seeds, each in a file with a hash of the sources that gave them."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from worded import without_words
from worked import FIGURES_FILE

from hardware.cost.model import CURRENT

HERE = Path(__file__).resolve().parent
SHARED = ("worked.py", "figures.py")
EXTRA_SOURCES = {"keywords": ("keyword_sounds.py",)}
"""Further sources of an example."""


@dataclass(frozen=True)
class Kept:
    """A folder of figures of finished seeds, and the folder of the examples."""

    folder: Path
    examples: Path = HERE

    def key(self, name: str, seed: int) -> str:
        """Return the hash of the sources of an example, which hold its settings, and of a seed.

        Words of a source are left out.
        """
        found = hashlib.sha256(str(seed).encode())
        for source in (f"{name}.py", *SHARED, *EXTRA_SOURCES.get(name, ())):
            found.update(without_words((self.examples / source).read_text("utf-8")).encode())
        return found.hexdigest()

    def file(self, name: str, seed: int) -> Path:
        return self.folder / f"{name}-{seed}.json"

    def read(self, name: str, seed: int) -> dict[str, Any] | None:
        """Return the figures of a finished seed; None where there are none."""
        file = self.file(name, seed)
        found: dict[str, Any] | None = json.loads(file.read_text()) if file.is_file() else None
        return found and found["figures"]

    def is_of_today(self, name: str, seed: int) -> bool:
        """Return whether a seed is finished and its sources have not changed since."""
        file = self.file(name, seed)
        return file.is_file() and json.loads(file.read_text())["key"] == self.key(name, seed)

    def run(self, name: str, seed: int, extra: Sequence[str] = ()) -> None:
        """Run a seed in a process of its own, and keep its figures."""
        key, out = self.key(name, seed), self.folder / name
        command = [sys.executable, self.examples / f"{name}.py", "--seeds", str(seed), "--out", out]
        subprocess.run([*command, *extra], check=True)
        figures = json.loads((out / f"seed-{seed}" / FIGURES_FILE).read_text())
        figures["cost_model"] = CURRENT
        whole = self.file(name, seed).with_suffix(".part")
        whole.write_text(json.dumps({"key": key, "figures": figures}, indent=1) + "\n")
        whole.replace(self.file(name, seed))

    def copy_to(self, other: Kept, name: str, seed: int) -> None:
        shutil.copyfile(self.file(name, seed), other.file(name, seed))

    def missing(self, seeds: Mapping[str, Sequence[int]]) -> list[tuple[str, int]]:
        """Return the seeds that are not finished, or of other sources than today's."""
        return [(n, s) for n, chosen in seeds.items() for s in chosen if not self.is_of_today(n, s)]
