"""Who speaks? Nine speakers say /ae/, as 12 LPC cepstra a frame (JapaneseVowels).

    python examples/speaker.py --seeds 0 1 2

Neurons without a reset hold their spikes, and only begin and end of a burst are sent ("hold").
The input sends a value where it has moved, and three quarters of the weights are pruned. Each of
these cuts synaptic operations.
"""

from figures import accuracy
from worked import as_command, each_seed, parser

from spiking_gru.data import load

SETTINGS = {
    "hidden": 128,
    "emit": "binary",
    "reset_mechanism": "none",
    "encoder": "send-on-delta",
    "epochs": 40,
    "quantised_epochs": 40,
    "prune": 0.77,
}


def tables(job):
    vowels = load("japanese-vowels", job.seed)
    return {"japanese-vowels": job.run("vowels", vowels, SETTINGS, {"accuracy": accuracy})}


def main(seeds, out, **options):
    return each_seed(tables, seeds, out, **options)


if __name__ == "__main__":
    as_command(main, parser(__doc__, "runs/examples/speaker"))
