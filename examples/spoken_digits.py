"""Which digit was spoken? Ten digits by six speakers, as 13 MFCC a frame (FSDD).

    python examples/spoken_digits.py --seeds 0 1 2

The split mixes speakers: the same six are heard in training and in the test part. The accuracy
says nothing about a speaker who was not heard. Values are sent where they have moved (graded), and
three quarters of the weights are pruned. `spiking-gru data list` says how to install the data.
"""

from figures import accuracy
from worked import as_command, each_seed, parser

from spiking_gru.data import load

SETTINGS = {
    "hidden": 64,
    "emit": "graded",
    "threshold": 0.1,
    "epochs": 14,
    "quantised_epochs": 12,
    "prune": 0.75,
    "noise": 0.2,
}


def tables(job):
    digits = load("spoken-digits", job.seed)
    return {"spoken-digits": job.run("digits", digits, SETTINGS, {"accuracy": accuracy})}


def main(seeds, out, **options):
    return each_seed(tables, seeds, out, **options)


if __name__ == "__main__":
    as_command(main, parser(__doc__, "runs/examples/spoken_digits"))
