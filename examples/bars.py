"""Bars of the worked examples: limits on the means over fresh seeds.

A bar is on a figure of the deployed program. `best` is the best mean of the trained baselines.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from figures import DEPLOYED, shown

Means = Mapping[str, Mapping[str, Any]]
"""Results of each network by name: `baseline`, and its mean `figures`."""


class Kind(NamedTuple):
    """A kind of bar: how it reads, what it is, and whether a figure meets it."""

    text: str
    bar: Callable[[float, float, float], float]
    """From the limit, the best baseline's figure and the naive forecast's."""

    more_is_better: bool


KINDS = {
    "at least": Kind("at least {limit}", lambda limit, best, naive: limit, True),
    "at most": Kind("at most {limit}", lambda limit, best, naive: limit, False),
    "points behind": Kind(
        "at least the best baseline's less {points:g} points",
        lambda limit, best, naive: best - limit,
        True,
    ),
    "share of baseline": Kind(
        "at least {times:.0%} of the best baseline's",
        lambda limit, best, naive: limit * best,
        True,
    ),
    "of baseline": Kind(
        "at most {times:g} times the best baseline's",
        lambda limit, best, naive: limit * best,
        False,
    ),
    "of naive": Kind(
        "at most {times:g} times the naive forecast's",
        lambda limit, best, naive: limit * naive,
        False,
    ),
}


class Bar(NamedTuple):
    """A bar on a figure of a task."""

    task: str
    figure: str
    kind: str
    limit: float

    @property
    def text(self) -> str:
        numbers = {
            "limit": shown(self.figure, self.limit),
            "points": 100 * self.limit,
            "times": self.limit,
        }
        return f"{self.figure} {KINDS[self.kind].text.format(**numbers)}"

    def value(self, means: Means) -> float:
        """Return the number that the program's figure is compared with."""
        kind = KINDS[self.kind]
        choose = max if kind.more_is_better else min
        of_baselines = [
            row["figures"][self.figure]
            for row in means.values()
            if row["baseline"] and row["figures"][self.figure] is not None
        ]
        naive = [row["figures"][self.figure] for name, row in means.items() if "naive" in name]
        nothing = float("nan")
        return kind.bar(
            self.limit,
            choose(of_baselines, default=nothing),
            naive[0] if naive else nothing,
        )

    def is_met(self, means: Means) -> bool:
        figure, value = means[DEPLOYED]["figures"][self.figure], self.value(means)
        return bool(figure >= value if KINDS[self.kind].more_is_better else figure <= value)


FORECASTS = {
    "co2": ("MASE", 0.85),
    "co2-12-weeks": ("MASE", None),
    "mackey-glass": ("NRMSE", 0.2),
    "weather": ("MASE", None),
    "weather-7-days": ("MASE", None),
    "load": ("MASE", 0.85),
    "stocks": ("MASE", None),
}
"""The figure of each forecast and the most that it may be."""

EXERCISES = "exercises, mean of three folds"

BARS = {
    "speaker": (
        Bar("japanese-vowels", "accuracy", "at least", 0.98),
        Bar("japanese-vowels", "accuracy", "points behind", 0.003),
        Bar("japanese-vowels", "operations", "at most", 15_000),
    ),
    "spoken_digits": (
        Bar("spoken-digits", "accuracy", "at least", 0.99),
        Bar("spoken-digits", "operations", "at most", 45_000),
    ),
    "trajectories": tuple(
        Bar(task, "ADE", kind, limit)
        for task in ("walkers", "balls")
        for kind, limit in (("of naive", 0.7), ("of baseline", 1.05))
    ),
    "forecast": (
        *(Bar(task, figure, "at most", most) for task, (figure, most) in FORECASTS.items() if most),
        *(Bar(task, figure, "of baseline", 1.05) for task, (figure, _) in FORECASTS.items()),
    ),
    "exercises": (
        Bar(EXERCISES, "accuracy", "at least", 0.84),
        Bar(EXERCISES, "accuracy", "points behind", 0.01),
        Bar(EXERCISES, "operations", "at most", 150_000),
    ),
    "keywords": (Bar("keywords", "accuracy", "points behind", 0.01),),
    "names": (
        Bar("names", "accuracy", "points behind", 0.01),
        Bar("names", "operations", "at most", 10_000),
    ),
    "sentiment": (Bar("tweets", "macro F1", "points behind", 0.01),),
    "textgen": (Bar("python-docs", "perplexity", "of baseline", 1.05),),
    "translate": (
        Bar("dates", "exact match", "at least", 0.98),
        Bar("dates", "exact match", "share of baseline", 1.0),
    ),
    "events": (Bar("moving-shapes", "accuracy", "at least", 0.99),),
    "shd": (Bar("shd", "accuracy", "at least", 0.90),),
}
"""The bars of each example by its name."""
