"""Test accuracy over seeds: float, and quantised at several widths, fine-tuned or from the start.

`python benchmarks/accuracy.py japanese-vowels digits` prints a row for each setting, with those of
ordinary networks at equal hidden size.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile

from spiking_gru import data
from spiking_gru.training import TrainingSettings, train

SEEDS = (0, 1, 2)
VARIANTS = (
    ("8 bits, float first", {"bits": 8}),
    ("4 bits, float first", {"bits": 4}),
    ("8 bits, from the start", {"bits": 8, "epochs": 0, "quantised_epochs": 60}),
    ("4 bits, from the start", {"bits": 4, "epochs": 0, "quantised_epochs": 60}),
)


def accuracies(name: str, variant: dict, baseline: str) -> dict[str, list[float]]:
    """Percent on the test part by network, a value for each seed."""
    found: dict[str, list[float]] = {}
    for seed in SEEDS:
        settings = TrainingSettings(data=name, seed=seed, baseline=baseline, **variant)
        with tempfile.TemporaryDirectory() as folder:
            metrics = train(settings, data.load(name, seed), folder)
        for network, part in metrics["test"].items():
            found.setdefault(network, []).append(100 * part["accuracy"])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="*", default=["japanese-vowels", "digits"])
    parser.add_argument("--baseline", default="gru,lstm,state", help="as for `spiking-gru train`")
    options = parser.parse_args()
    for name in options.data:
        print(f"\n{name}: test accuracy in %, mean over seeds {SEEDS} (each seed)")
        for title, variant in VARIANTS:
            parts = [
                f"{network} {statistics.mean(values):.2f} "
                f"({', '.join(f'{value:.1f}' for value in values)})"
                for network, values in accuracies(name, variant, options.baseline).items()
            ]
            print(f"{title:24}{'   '.join(parts)}", flush=True)


if __name__ == "__main__":
    main()
