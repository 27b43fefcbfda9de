"""Runs the demo and puts an excerpt of its tables into README.md.

    python tests/support/readme.py

takes about two minutes. On the same machine and versions only the times of "this machine" change.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from tutorial import output_of

PAGE = Path(__file__).resolve().parents[2] / "README.md"
EXCERPT = re.compile(r"^```text\n(?P<tables>japanese-vowels: accuracy.*?)^```", re.S | re.M)
PARTS = (
    ("japanese-vowels: accuracy on", "Size, and operations and energy"),
    ("Per inference", "Energy and time per inference"),
    ("Devices, per inference", "wrote "),
)
"""First lines of the parts that the excerpt has, and of what follows them in the output."""


def excerpt(output: str) -> str:
    """Return the parts of the demo's output, with "…" between them."""
    lines = output.splitlines()
    parts = []
    for first, following in PARTS:
        start = next(i for i, line in enumerate(lines) if line.startswith(first))
        ends = (i for i in range(start, len(lines)) if lines[i].startswith((following, "…")))
        parts.append("".join(f"{line}\n" for line in lines[start : next(ends, len(lines))]))
    return "…\n".join(parts)


def with_excerpt(page: str, output: str) -> str:
    """Return the page with the excerpt of an output in the place of its own."""
    [_] = EXCERPT.findall(page)
    return EXCERPT.sub(lambda _: f"```text\n{excerpt(output)}```", page)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        output = output_of("spiking-gru demo --out demo", Path(folder))
    PAGE.write_text(with_excerpt(PAGE.read_text(), output))


if __name__ == "__main__":
    main()
