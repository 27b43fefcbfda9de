"""Tables and lines of `spiking-gru search`, while it goes on and at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from spiking_gru.cli.console import Voice

if TYPE_CHECKING:
    from rich.table import Table

    from spiking_gru.trials.trial import Goal, Trial


@contextmanager
def watching(voice: Voice, most: int) -> Iterator[Callable[[list[Trial], Goal], None]]:
    """A table of the best trials so far on a terminal; a line for each trial elsewhere."""
    if voice.console.is_terminal:
        from rich.live import Live

        with Live(console=voice.console, transient=True) as live:
            yield lambda trials, goal: live.update(live_table(trials, goal, most))
        return

    told: set[int] = set()
    repeats: dict[int, int] = {}

    def say(trials: list[Trial], goal: Goal) -> None:
        from spiking_gru.trials.trial import RUNNING

        for trial in trials:
            if trial.state != RUNNING and trial.index not in told:
                told.add(trial.index)
                voice.say(_line(trial, goal))
            done = len(trial.repeats) // len(trial.folds) if trial.repeats else 0
            if done > repeats.get(trial.index, 0):
                repeats[trial.index] = done
                voice.say(_line_of_finalist(trial, goal))

    yield say


def _line(trial: Trial, goal: Goal) -> str:
    """Return a trial that has ended in one line."""
    from spiking_gru.trials.parameter import shown
    from spiking_gru.trials.trial import DONE, FAILED

    if trial.state == FAILED:
        return f"trial {trial.index} failed: {trial.reason}"
    mean, end = trial.mean(), "" if trial.state == DONE else " (stopped early)"
    return (
        f"trial {trial.index}: {goal.metric} {mean.metric:.4g}, "
        f"{mean.operations:,.0f} operations, {1e6 * mean.energy_j:.3g} µJ{end}: "
        f"{shown(trial.values)}"
    )


def _line_of_finalist(trial: Trial, goal: Goal) -> str:
    """Return the figures of a finalist so far in one line."""
    whole = trial.whole
    return (
        f"finalist {trial.index}: {goal.metric} {whole.mean().metric:.4g} ± {whole.error:.2g} "
        f"after {len(whole.folds)} folds"
    )


SHOWN = 12
"""Rows of the table while a search goes on."""


def live_table(trials: list[Trial], goal: Goal, most: int) -> Table:
    """Return the best trials of a search that goes on, one line for each."""
    from hardware.display import number_of
    from spiking_gru.trials.trial import RUNNING, front

    again = [trial for trial in trials if trial.repeats]
    running = sum(trial.state == RUNNING for trial in trials)
    if again and not running:
        folds = number_of(sum(len(trial.repeats) for trial in again), "more fold")
        return finalists_table(f"Finalists after {folds}:", again, goal, one_line=True)
    title = f"{len(trials) - running} of {most} trials ended, {running} running. Pareto set so far:"
    return _table(title, front(trials, goal)[-SHOWN:], goal, one_line=True)


def table_of(trials: list[Trial], goal: Goal) -> Table:
    """Return the best trials of a search, cheapest first, with all their settings."""
    from hardware.display import number_of
    from spiking_gru.trials.trial import front

    return _table(f"Pareto set of {number_of(len(trials), 'trial')}", front(trials, goal), goal)


def finalists_table(
    title: str, finalists: Sequence[Trial], goal: Goal, one_line: bool = False
) -> Table:
    """Return finalists with the means and standard errors of all their folds, the best first."""
    ranked = sorted(finalists, key=lambda trial: goal.losses(trial.whole.mean()))
    return _table(title, [trial.whole for trial in ranked], goal, one_line, errors=True)


def _table(
    title: str, trials: list[Trial], goal: Goal, one_line: bool = False, errors: bool = False
) -> Table:
    """Return a table of trials; with `errors` the metric has its standard error and its folds."""
    from rich.table import Table
    from rich.text import Text

    from spiking_gru.trials.result import row_of

    table = Table(title=title, title_justify="left", box=None, padding=(0, 1, 0, 0))
    more = ("±", "folds") if errors else ()
    for column in ("trial", goal.metric.replace("_", " "), *more, "operations", "µJ"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("settings", overflow="fold")
    for trial in trials:
        index, metric, *costs, settings = row_of(trial)
        more = (f"{trial.error:.2g}", str(len(trial.folds))) if errors else ()
        last = Text(settings, no_wrap=one_line, overflow="ellipsis")
        table.add_row(index, metric, *more, *costs, last)
    return table
