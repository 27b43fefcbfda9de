"""The tables of `spiking-gru search`, while trials run and at the end."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from spiking_gru.cli.search_tables import SHOWN, finalists_table, live_table, table_of
from spiking_gru.trials.parameter import shown
from spiking_gru.trials.trial import DONE, Figures, Goal, Trial

GOAL = Goal("accuracy", more_is_better=True, cost="operations")

VALUES: dict[str, Any] = {
    "hidden": 80,
    "formulation": "minimal",
    "emit": "graded",
    "encoder": "send-on-delta",
    "encoder_threshold": 0.234,
    "energy_weight": 1.0,
}


def trials(number: int) -> list[Trial]:
    figures = [Figures(0.5 + i / 100, 6000.0 + i, 1e-6) for i in range(number)]
    return [Trial(i, VALUES, (one,) * 3, DONE) for i, one in enumerate(figures)]


def lines_of(table: Any) -> list[str]:
    console = Console(width=80)
    with console.capture() as taken:
        console.print(table)
    return taken.get().splitlines()


def test_the_live_table_has_one_line_for_each_trial_and_says_how_many_are_left() -> None:
    title, head, *rows = lines_of(live_table([*trials(3), Trial(3, VALUES)], GOAL, 40))
    assert title.strip() == "3 of 40 trials ended, 1 running. Pareto set so far:"
    assert head.split() == ["trial", "accuracy", "operations", "µJ", "settings"]
    assert [row.split()[:4] for row in rows] == [
        [str(i), f"{0.5 + i / 100:.4g}", f"{6000 + i:,}", "1"] for i in range(3)
    ]
    assert all(len(row) <= 80 for row in rows)
    assert all(row.rstrip().endswith("…") for row in rows)


def test_the_live_table_keeps_the_best_trials_only() -> None:
    lines = lines_of(live_table(trials(SHOWN + 5), GOAL, 40))
    assert [int(line.split()[0]) for line in lines[2:]] == list(range(5, SHOWN + 5))


def test_the_table_at_the_end_has_every_setting() -> None:
    text = " ".join(" ".join(lines_of(table_of(trials(1), GOAL))).split())
    assert text.startswith("Pareto set of 1 trial ")
    assert shown(VALUES) in text


def finalists() -> list[Trial]:
    """Two finalists, of which the second is better after its repeats."""
    return [
        Trial(3, VALUES, (Figures(0.98, 6000.0, 1e-6),), DONE, repeats=(LOW, LOW, LOW)),
        Trial(8, VALUES, (Figures(0.96, 6000.0, 1e-6),), DONE, repeats=(LOW, HIGH, HIGH)),
    ]


LOW, HIGH = Figures(0.90, 6100.0, 1e-6), Figures(0.98, 6100.0, 1e-6)


def test_the_finalists_have_their_mean_error_and_number_of_folds_the_best_first() -> None:
    title, head, *rows = lines_of(finalists_table("Finalists", finalists(), GOAL, one_line=True))
    assert title.strip() == "Finalists"
    assert head.split() == ["trial", "accuracy", "±", "folds", "operations", "µJ", "settings"]
    assert [row.split()[:5] for row in rows] == [
        ["8", "0.955", "0.019", "4", "6,075"],
        ["3", "0.92", "0.02", "4", "6,075"],
    ]


def test_the_live_table_shows_the_finalists_once_no_trial_runs() -> None:
    title, _, *rows = lines_of(live_table([*trials(2), *finalists()], GOAL, 40))
    assert title.strip() == "Finalists after 6 more folds:"
    assert [row.split()[0] for row in rows] == ["8", "3"]
    running = [*trials(2), *finalists(), Trial(9, VALUES)]
    assert "Pareto set so far" in lines_of(live_table(running, GOAL, 40))[0]
