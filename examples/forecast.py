"""Forecast series: CO2, a chaotic series, temperature, a load, shares, or a CSV file of your own.

    python examples/forecast.py --seeds 0 1 2
    python examples/forecast.py --only co2 load
    python examples/forecast.py FILE.csv --target COLUMN --history 72 --horizon 24 --season 24

MASE is the error relative to a naive forecast, so less than 1 is better than that. Of `stocks`
expect about 1. Neurons send a value where it has moved (graded), which is finer than spikes.
`spiking-gru data list` says how to install the series that are in packages.
"""

from functools import partial
from pathlib import Path

from figures import mase, nrmse
from worked import as_command, each_seed, parser

import spiking_gru as sg
from spiking_gru.data import load

USUAL = {
    "hidden": 48,
    "emit": "graded",
    "threshold": 0.05,
    "epochs": 12,
    "quantised_epochs": 6,
    "batch": 64,
    "dropout": 0.0,
    "noise": 0.1,
}
FINE = USUAL | {"threshold": 0.02, "quantised_epochs": 24, "quantised_learning_rate": 4e-3}
"""For smooth series, whose best baselines have small errors."""

TASKS = {
    "co2": USUAL | {"hidden": 32},
    "co2-12-weeks": FINE | {"hidden": 32},
    "mackey-glass": FINE | {"noise": 0.0, "epochs": 15, "quantised_learning_rate": 8e-3},
    "weather": USUAL,
    "weather-7-days": USUAL,
    "load": USUAL,
    "stocks": USUAL,
}
MEASURES = {"MASE": mase, "NRMSE": nrmse}
WINDOW = ("target", "time", "history", "horizon", "season")


def tables(job, only):
    series = {name: load(name, job.seed) for name in only}  # says at once which package is missing
    return {name: job.run(name, of, TASKS[name], MEASURES) for name, of in series.items()}


def of_file(job, series):
    return {series.name: job.run(series.name, series, USUAL, MEASURES)}


def main(seeds, out, only=None, series=None, **options):
    own = None if series is None else partial(of_file, series=series)
    return each_seed(own or partial(tables, only=only or TASKS), seeds, out, **options)


def options():
    given = parser(__doc__, "runs/examples/forecast")
    given.add_argument("file", nargs="?", type=Path, help="a long CSV file of your own")
    some = f"some of {', '.join(TASKS)}"
    given.add_argument("--only", nargs="+", choices=TASKS, metavar="NAME", help=some)
    given.add_argument("--target", default=(), help="the column to forecast")
    given.add_argument("--time", help="a column of times, which is left out")
    given.add_argument("--history", type=int, default=48, help="rows seen; default: 48")
    given.add_argument("--horizon", type=int, default=1, help="rows ahead; default: 1")
    given.add_argument("--season", type=int, help="rows of a season, for the naive forecast")
    return given


def with_options(file, **given):
    window = {name: given.pop(name) for name in WINDOW}
    series = None if file is None else sg.Dataset.from_series(file, **window)
    return main(**given, series=series)


if __name__ == "__main__":
    as_command(with_options, options())
