"""Who speaks? Nine speakers say /ae/, as 12 LPC cepstra a frame (JapaneseVowels).

    python examples/speaker.py --seeds 0 1 2

A search found these settings by cross-validation within the training and validation parts
(docs/search.md). `minimal` has no recurrent product, a neuron sends its state where it has moved,
two thirds of the weights are pruned, and the loss charges for energy.
"""

from figures import accuracy
from worked import as_command, each_seed, parser

from spiking_gru.data import load

SETTINGS = {
    "hidden": 62,
    "formulation": "minimal",
    "emit": "graded",
    "threshold": 0.138,
    "bits": 6,
    "prune": 0.667,
    "learning_rate": 0.00643,
    "energy_weight": 1.0,
}


def tables(job):
    vowels = load("japanese-vowels", job.seed)
    return {"japanese-vowels": job.run("vowels", vowels, SETTINGS, {"accuracy": accuracy})}


def main(seeds, out, **options):
    return each_seed(tables, seeds, out, **options)


if __name__ == "__main__":
    as_command(main, parser(__doc__, "runs/examples/speaker"))
