"""Female or male? First names of the US census, letter by letter, each letter a token.

    python examples/names.py --seeds 0 1 2

A letter is one message into one column of weights. Values are sent where they have moved (graded),
and weights are pruned. `spiking-gru data list` says how to install the data.
"""

from figures import accuracy
from worked import as_command, each_seed, parser

from spiking_gru.data import load

SETTINGS = {
    "hidden": 48,
    "emit": "graded",
    "threshold": 0.2,
    "readout": "mean",
    "epochs": 30,
    "quantised_epochs": 16,
    "prune": 0.7,
    "batch": 32,
    "dropout": 0.3,
}


def tables(job):
    return {"names": job.run("names", load("names", job.seed), SETTINGS, {"accuracy": accuracy})}


def main(seeds, out, **options):
    return each_seed(tables, seeds, out, **options)


if __name__ == "__main__":
    as_command(main, parser(__doc__, "runs/examples/names"))
