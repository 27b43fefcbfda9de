"""Which digit was spoken, in English or German? Spikes of an artificial cochlea (SHD).

    python examples/shd.py --seeds 0 1 2

Nothing is downloaded: an error says which files go where. Frames of 10 ms hold the counts of 140
groups of five channels, and nearly all of these are 0.
"""

from figures import accuracy
from worked import as_command, each_seed, parser

from spiking_gru.data import load

SETTINGS = {
    "hidden": 128,
    "emit": "graded",
    "threshold": 0.1,
    "epochs": 20,
    "quantised_epochs": 8,
    "batch": 64,
    "dropout": 0.4,
    "warp": 0.2,
    "shift": 0.1,
    "channel_mask": 0.2,
}


def tables(job):
    return {"shd": job.run("shd", load("shd", job.seed), SETTINGS, {"accuracy": accuracy})}


def main(seeds, out, **options):
    return each_seed(tables, seeds, out, **options)


if __name__ == "__main__":
    as_command(main, parser(__doc__, "runs/examples/shd"))
