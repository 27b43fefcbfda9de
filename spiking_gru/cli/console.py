"""Output of the command line: one voice for results, tables, progress and errors."""

from __future__ import annotations

import io
import json
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape

if TYPE_CHECKING:
    from conversion import Explanation
    from hardware.doctor import Finding
    from spiking_gru.training import EpochReport

default_format = warnings.formatwarning


def behave_in_a_shell() -> None:
    """End in order when terminated, so that what was started is stopped; write any character.

    A warning of ours is one line.
    """
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda number, _: sys.exit(128 + number))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    warnings.formatwarning = _format_warning


def _format_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    line: str | None = None,
) -> str:
    """One line for a warning of ours; the place in the code for those of libraries."""
    if category.__module__ == "hardware.errors":
        return f"spiking-gru: {' '.join(str(message).split())}\n"
    return default_format(message, category, filename, lineno, line)


class Voice:
    """Speaks to people on standard output, or, with `as_json`, in one JSON object at the end."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self.console = Console(stderr=as_json, highlight=False)

    def say(self, text: str) -> None:
        self.console.print(text, soft_wrap=True, markup=False)

    def wrote(self, paths: Iterable[Path]) -> None:
        for path in paths:
            self.say(f"wrote {path}")

    @contextmanager
    def busy(self, text: str) -> Iterator[None]:
        """A sign of life while nothing else is said; only where somebody looks on."""
        with self.console.status(escape(text)):
            yield

    def result(self, content: dict[str, Any]) -> None:
        """The machine's answer; silent without `--json`."""
        if self.as_json:
            sys.stdout.write(json.dumps(content, indent=2, sort_keys=True, allow_nan=False) + "\n")

    @contextmanager
    def training_progress(self) -> Iterator[Callable[[EpochReport], None]]:
        """A bar for each phase; off a terminal a line for each epoch. Both tell the time left."""
        from spiking_gru.training.progress import bars, lines

        terminal = self.console.is_terminal
        with bars(self.console) if terminal else lines(self._write) as show:
            yield show

    def _write(self, text: str) -> None:
        self.console.file.write(text)
        self.console.file.flush()

    def show_findings(self, findings: Iterable[Finding]) -> None:
        """The doctor's table, then the commands that mend what is missing."""
        from rich.table import Table

        table = Table(box=None, pad_edge=False)
        for column in ("", "package", "found", "needed for"):
            table.add_column(column, overflow="fold")
        remedies: dict[str, None] = {}
        for finding in findings:
            mark = "[green]✓[/]" if finding.well else "[red]✗[/]"
            table.add_row(mark, finding.name, finding.found, finding.needed_for)
            if not finding.well:
                remedies[finding.remedy] = None
        self.console.print(table)
        for remedy in remedies:
            self.say(f"to mend it: {remedy}")

    def show_explanations(self, rows: Iterable[Explanation]) -> None:
        """A line for each gate's matrix or bias."""
        from rich.table import Table

        table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
        for column in ("layer", "gate", ""):
            table.add_column(column)
        for column in ("floats", "step", "integers", "worst", "bits", "free"):
            table.add_column(column, justify="right", no_wrap=True)
        before = None
        for row in rows:
            table.add_row(
                "" if row.layer == before else row.layer,
                row.gate,
                row.quantity,
                f"{row.floats[0]:.2f}…{row.floats[1]:.2f}",
                f"2^{row.exponent}",
                f"{row.integers[0]}…{row.integers[1]}",
                f"{row.worst_rounding:.0e}",
                f"{row.bound_bits:.1f}",
                f"{row.headroom_bits:.1f}",
            )
            before = row.layer
        self.console.print(table)
        self.say("worst: largest rounding; bits: of the largest sum, of 24; free: what is left")
