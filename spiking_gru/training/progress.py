"""The progress of a training: bars on a terminal, a line in a notebook, lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console

    from spiking_gru.training.callbacks import EpochReport

Show = Callable[["EpochReport"], None]
"""Shows an epoch that has ended."""

Write = Callable[[str], object]


class TimeLeft:
    """Expects each epoch that is left in a phase to take as long as those before it."""

    def __init__(self) -> None:
        self.phase = ""
        self.seconds = 0.0

    def after(self, report: EpochReport) -> str:
        """Return the time that the phase still takes."""
        if report.phase != self.phase:
            self.phase, self.seconds = report.phase, 0.0
        self.seconds += report.seconds
        return duration(self.seconds / report.epoch * (report.epochs - report.epoch))


def duration(seconds: float) -> str:
    """Return seconds as people read them: `8 s`, `2 min 5 s`, `1 h 3 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 600:
        return f"{whole // 60} min {whole % 60} s"
    if whole < 3600:
        return f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def figures(report: EpochReport) -> str:
    """Return loss, quality and spike rate of an epoch, in a few characters."""
    rate = f"rate {100 * report.validation.spike_rate:4.1f} %"
    return f"loss {report.loss:.3f} {report.validation.quality} {rate}"


@contextmanager
def lines(write: Write) -> Iterator[Show]:
    """A line for each epoch, with the time left in its phase."""
    left = TimeLeft()

    def show(report: EpochReport) -> None:
        write(_line(report, left.after(report)) + "\n")

    yield show


@contextmanager
def one_line(write: Write) -> Iterator[Show]:
    """A line for each phase, which each epoch writes again."""
    left, shown = TimeLeft(), ""

    def show(report: EpochReport) -> None:
        nonlocal shown
        if shown and report.epoch == 1:
            write("\n")
            shown = ""
        text = _line(report, left.after(report))
        write(f"\r{text:<{len(shown)}}")
        shown = text

    try:
        yield show
    finally:
        if shown:
            write("\n")


def _line(report: EpochReport, left: str) -> str:
    epochs = str(report.epochs)
    count = f"{report.epoch:>{len(epochs)}}/{epochs}"
    return f"{report.phase:<9} {count} {figures(report)}, {left} left"


@contextmanager
def bars(console: Console) -> Iterator[Show]:
    """A bar for each phase, with the time left in it."""
    from rich.progress import BarColumn, Progress, TaskID, TextColumn

    columns = (
        TextColumn("{task.description:<9}"),
        BarColumn(bar_width=6),
        TextColumn("{task.completed:>3}/{task.total}"),
        TextColumn("{task.fields[figures]}"),
        TextColumn("{task.fields[left]}"),
    )
    left, tasks = TimeLeft(), dict[str, TaskID]()
    with Progress(*columns, console=console) as progress:

        def show(report: EpochReport) -> None:
            if report.phase not in tasks:
                tasks[report.phase] = progress.add_task(
                    report.phase, total=report.epochs, figures="", left=""
                )
            progress.update(
                tasks[report.phase],
                completed=report.epoch,
                figures=figures(report),
                left=f"{left.after(report)} left",
            )

        yield show


@contextmanager
def shown(progress: bool | None) -> Iterator[Show]:
    """The progress of a training from Python, on standard error; of a notebook in its cell.

    By default a terminal has bars, a notebook has a line for each phase, and nothing else is
    written. With True there are lines elsewhere, with False there is nothing anywhere.
    """
    with _way(progress) as show:
        yield show


def _way(progress: bool | None) -> AbstractContextManager[Show]:
    if progress is not False and in_notebook():
        return one_line(partial(_write, sys.stdout))
    if progress is not False and sys.stderr.isatty():
        from rich.console import Console

        return bars(Console(stderr=True, highlight=False))
    return lines(partial(_write, sys.stderr) if progress else lambda text: None)


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook."""
    ipython: Any = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return getattr(shell, "kernel", None) is not None


def _write(stream: TextIO, text: str) -> None:
    stream.write(text)
    stream.flush()
