"""Energy-aware training: accuracy and core-dynamic energy on Loihi 2 with and without its term.

`python benchmarks/energy.py` trains every variant on JapaneseVowels over seeds 0, 1, 2.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile

import hardware
from conversion import convert
from spiking_gru import data, load_network
from spiking_gru.training import TrainingSettings, train

SEEDS = (0, 1, 2)
SPARSE = {"encoder": "send-on-delta", "encoder_threshold": 0.5}
VARIANTS: tuple[tuple[str, dict], ...] = (
    ("plain", {}),
    ("energy weight 0.1", {"energy_weight": 0.1}),
    ("energy weight 0.3", {"energy_weight": 0.3}),
    ("send-on-delta", SPARSE),
    ("send-on-delta, energy weight 0.3", {**SPARSE, "energy_weight": 0.3}),
    ("pruned by 70 %", {"prune": 0.7}),
    ("pruned by 85 %", {"prune": 0.85}),
    ("pruned by 85 %, send-on-delta", {**SPARSE, "prune": 0.85}),
)


def measure(seed: int, chosen: dict) -> tuple[float, float]:
    """Deployed accuracy in percent, and nominal core-dynamic microjoules of an inference."""
    speech = data.load("japanese-vowels", seed)
    with tempfile.TemporaryDirectory() as folder:
        train(TrainingSettings(seed=seed, baseline="none", **chosen), speech, folder)
        network, _ = load_network(folder)
    program = convert(network, samples=speech.validation.sequences)
    trace = hardware.run(program, speech.test.sequences)
    energy = hardware.estimate(trace, program).core_dynamic_j[1].mean() * 1e6
    return 100 * float((trace.predictions == speech.test.labels).mean()), energy


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    print(f"japanese-vowels, seeds {SEEDS}: mean (each)")
    plain = 0.0
    for title, chosen in VARIANTS:
        found = [measure(seed, chosen) for seed in SEEDS]
        accuracies, energies = zip(*found, strict=True)
        energy = statistics.mean(energies)
        plain = plain or energy
        print(
            f"{title:34}{statistics.mean(accuracies):6.2f} % "
            f"({', '.join(f'{a:.2f}' for a in accuracies)})  {energy:5.2f} µJ "
            f"({', '.join(f'{e:.2f}' for e in energies)})  {100 * (energy / plain - 1):+4.0f} %",
            flush=True,
        )


if __name__ == "__main__":
    main()
