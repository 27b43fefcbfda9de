"""Dates as people write them, to ISO 8601: an encoder reads, a decoder writes.

    python examples/translate.py --seeds 0 1 2

Both are programs. The decoder starts from the membranes after the encoder's last step. A text is
right if all of it is. Six formats, 6,000 phrases to learn from, and none of them in the test part.
"""

from dataclasses import replace

import numpy as np
from figures import DEPLOYED, Row
from worked import BASELINES, Models, as_command, each_seed, parser

import hardware
import spiking_gru as sg
from conversion import convert_pair, verify_pair
from hardware.cost.dense_gru import DenseWork
from hardware.cost.digital import digital_cost
from spiking_gru.batches import padded
from spiking_gru.data import load
from spiking_gru.data.pairs import source_of, target_of

SETTINGS = {
    "hidden": 96,
    "emit": "graded",
    "threshold": 0.05,
    "epochs": 14,
    "quantised_epochs": 8,
    "batch": 32,
    "dropout": 0.0,
    "learning_rate": 6e-3,
    "quantised_learning_rate": 3e-3,
}
MOST = 12


def halves_of(part, words):
    """Return the sources of a part, and the texts that are right."""
    ends = np.cumsum(part.sequences.lengths)
    pairs = list(zip(part.sequences, ends, strict=True))
    texts = [words.decode(target_of(p, part.targets[end - len(p) : end])) for p, end in pairs]
    return [source_of(pair) for pair, _ in pairs], texts


def exact(found, right):
    return float(np.mean([text == other for text, other in zip(found, right, strict=True)]))


def multiplied(model, read, written):
    """Return the multiply-accumulates of a translation by dense networks."""
    reads, writes = (
        sum(p.numel() for p in half.parameters() if p.ndim == 2 and p.requires_grad)
        for half in model.halves
    )
    return reads * read + writes * written


def dense_energy(operations, weights):
    """Return the joules of dense networks in int8, with the memory that holds their weights."""
    done, nothing = np.array([round(operations)]), np.zeros(1, dtype=np.int64)
    work = DenseWork(done, done, nothing, nothing, stored=weights)
    return float(digital_cost(work).total_j[1, 0])


def tables(job):
    dataset = load("dates", job.seed)
    if job.validate:
        dataset = replace(dataset, test=dataset.validation)
    settings = dict(SETTINGS)
    if job.epochs is not None:
        settings |= {"epochs": job.epochs, "quantised_epochs": job.epochs}
    chosen = sg.TrainingSettings(
        data="dates", baseline=BASELINES, seed=job.seed, device="cpu", **settings
    )
    models = Models()
    trained = sg.train(chosen, dataset, job.folder, callbacks=[models], force=True)
    pair, _ = sg.load_pair(job.folder)
    programs = convert_pair(pair, samples=dataset.validation)
    programs.save(job.folder / "program.sgru")
    checks = verify_pair(programs, pair, dataset.test, engines=["events"])
    print(f"dates: {sum(c.summary()['mismatches'] for c in checks)} differing values")
    sources, right = halves_of(dataset.test, dataset.vocabulary)
    read, written = (np.mean([len(s) for s in sources]), np.mean([len(t) for t in right]) + 1)
    table = {}
    for network in trained["networks"]:
        if network["dense"]:
            model = models.by_phase[network["name"]].eval()
            texts = model.write(*padded(hardware.Sequences.of(sources)), most=MOST)
            operations = multiplied(model, read, written)
            figures = {
                "exact match": exact(map(dataset.vocabulary.decode, texts), right),
                "spikes": None,
                "operations": operations,
                "energy": dense_energy(operations, network["parameters"]),
            }
            table[network["name"]] = Row(network["title"], True, figures)
    found = hardware.translate(programs, sources, most=MOST)
    counts = [
        hardware.count(found.encoder_trace, programs.encoder),
        hardware.count(found.decoder_trace, programs.decoder),
    ]
    figures = {
        "exact match": exact(found.texts, right),
        "spikes": float(sum(count.spikes.mean() for count in counts)),
        "operations": float(sum(count.synaptic_operations.mean() for count in counts)),
        "energy": float(sum(c.core_dynamic_j[1].mean() for c in hardware.estimate_halves(found))),
    }
    table[DEPLOYED] = Row("deployed programs", False, figures)
    beam = hardware.translate(programs, sources, most=MOST, beam=3)
    print(f"exact match with a beam of 3: {exact(beam.texts, right):.1%}")
    few = sources[:2]
    on_lava = hardware.translate(programs, few, most=MOST, engine="lava")
    print(f"the same texts on Lava: {on_lava.texts == found.texts[:2]}")
    return {"dates": table}


def main(seeds, out, **options):
    return each_seed(tables, seeds, out, **options)


if __name__ == "__main__":
    as_command(main, parser(__doc__, "runs/examples/translate"))
