"""Which exercise is it? Seven shoulder exercises by smartwatch, of people who were never seen.

    python examples/exercises.py --seeds 0 1 2

Windows of 2 s follow each other every second. In three folds the subjects 1–3, 4–6 and 7–9 are the
test part, and no subject is in two parts. The figures are means of the folds: of windows, and of
whole recordings, whose class is the one that most of their windows have (the vote).
`spiking-gru data list` says how to install the data.
"""

from itertools import pairwise

import numpy as np
from figures import accuracy, mean_of
from worked import as_command, each_seed, parser

import spiking_gru as sg
from spiking_gru.data import load

FOLDS = ((1, 2, 3), (4, 5, 6), (7, 8, 9))
SETTINGS = {
    "hidden": 64,
    "emit": "graded",
    "threshold": 0.3,
    "encoder": "send-on-delta",
    "epochs": 6,
    "quantised_epochs": 6,
    "quantised_learning_rate": 2e-3,
    "prune": 0.3,
    "batch": 64,
    "noise": 0.2,
}


def fold_of(whole, subjects, seed):
    """The same windows, with other subjects in the test part."""
    parts = whole.training, whole.validation, whole.test
    groups = np.concatenate([part.groups for part in parts])
    tested = np.isin(groups, [f"subject {number}" for number in subjects])
    return sg.Dataset.from_lists(
        [window for part in parts for window in part.sequences],
        np.array(whole.classes)[np.concatenate([part.labels for part in parts])],
        groups=groups,
        parts=np.where(tested, "test", "train"),
        name=whole.name,
        seed=seed,
    )


def recordings(windows):
    """The number of the recording of each window: half a window is the begin of the next one."""
    continues = [
        np.array_equal(one[len(one) // 2 :], after[: len(after) // 2])
        for one, after in pairwise(windows)
    ]
    return np.cumsum([0, *np.logical_not(continues)])


def vote(answers, part):
    """The accuracy of the class that most windows of a recording have."""
    windows = list(part.sequences)
    number = recordings(windows)
    right = []
    for recording in range(number[-1] + 1):
        of_recording = number == recording
        named = np.bincount(answers[of_recording]).argmax()
        right.append(named == part.labels[of_recording][0])
    return float(np.mean(right))


def tables(job):
    whole = load("exercises", job.seed)
    folds = [
        job.run(
            f"fold-{number}",
            fold_of(whole, subjects, job.seed),
            SETTINGS,
            {"accuracy": accuracy, "vote": vote},
        )
        for number, subjects in enumerate(FOLDS, 1)
    ]
    return {"exercises, mean of three folds": mean_of(folds)}


def main(seeds, out, **options):
    return each_seed(tables, seeds, out, **options)


if __name__ == "__main__":
    as_command(main, parser(__doc__, "runs/examples/exercises"))
