"""Are people for it? Labelled tweets, word by word: negative, neutral or positive.

    python examples/sentiment.py --seeds 0 1 2

A word is one message into one column of weights, into which an embedding is folded. Words that are
rare in the training part are one unknown token. `spiking-gru data list` says how to install the
data.
"""

from figures import accuracy
from worked import as_command, each_seed, parser

from hardware.metrics import class_metrics
from spiking_gru.data import load

SETTINGS = {
    "hidden": 48,
    "embedding": 32,
    "emit": "graded",
    "threshold": 0.1,
    "epochs": 3,
    "quantised_epochs": 2,
    "batch": 64,
    "dropout": 0.3,
    "learning_rate": 4e-3,
}


def macro_f1(answers, part):
    return class_metrics(answers, part.labels, 3).macro_f1


def tables(job):
    measures = {"macro F1": macro_f1, "accuracy": accuracy}
    return {"tweets": job.run("tweets", load("tweets", job.seed), SETTINGS, measures)}


def main(seeds, out, **options):
    return each_seed(tables, seeds, out, **options)


if __name__ == "__main__":
    as_command(main, parser(__doc__, "runs/examples/sentiment"))
