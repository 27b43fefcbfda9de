"""Where will it go? Walkers turn and balls bounce: 8 positions are seen, the next 12 are asked for.

    python examples/trajectories.py --seeds 0 1 2

ADE is the mean distance to the true position over the 12 steps, FDE the one at the last step. The
naive forecast is constant velocity: the last displacement again and again.
"""

from dataclasses import replace

import numpy as np
from worked import as_command, each_seed, parser

from spiking_gru.data import load

STEPS = 12
SETTINGS = {
    "hidden": 64,
    "emit": "graded",
    "threshold": 0.05,
    "epochs": 20,
    "quantised_epochs": 10,
    "quantised_learning_rate": 2e-3,
    "batch": 64,
    "dropout": 0.0,
    "noise": 0.0,
}


def with_constant_velocity(part):
    """The part with the forecast that repeats the last displacement, which begins a frame."""
    last = np.stack([frames[-1, :2] for frames in part.sequences])
    steps = np.arange(1, STEPS + 1)
    forecast = (steps[:, None] * last[:, None, :]).reshape(len(last), -1)
    return replace(part, naive={"constant velocity": forecast})


def distances(answers, part):
    """The distance to the true position (trajectories, steps)."""
    return np.linalg.norm((answers - part.targets).reshape(len(answers), STEPS, 2), axis=2)


MEASURES = {
    "ADE": lambda answers, part: float(distances(answers, part).mean()),
    "FDE": lambda answers, part: float(distances(answers, part)[:, -1].mean()),
}


def tables(job):
    found = {}
    for name in ("walkers", "balls"):
        paths = load(name, job.seed)
        parts = ("training", "validation", "test")
        paths = replace(paths, **{p: with_constant_velocity(getattr(paths, p)) for p in parts})
        found[name] = job.run(name, paths, SETTINGS, MEASURES)
    return found


def main(seeds, out, **options):
    return each_seed(tables, seeds, out, **options)


if __name__ == "__main__":
    as_command(main, parser(__doc__, "runs/examples/trajectories"))
