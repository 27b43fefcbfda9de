"""Accuracy against energy of the demo's network in several sizes, on fresh seeds.

`python benchmarks/pareto.py` prints a table and draws docs/images/pareto.svg. Every size has the
demo's settings; the sizes are not chosen by these figures.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

import hardware
import spiking_gru as sg
from conversion import convert
from hardware.reporting.study import study
from hardware.reporting.units import joules, percent, whole
from spiking_gru.cli.demo import SETTINGS
from spiking_gru.data import load

SIZES, SEEDS = (16, 32, 64, 128), (60, 61, 62, 63, 64)
IMAGE = Path(__file__).parent.parent / "docs" / "images" / "pareto.svg"


class Point(NamedTuple):
    """Figures of one seed."""

    accuracy: float
    operations: float
    core_dynamic_j: float
    whole_j: float


def measured(hidden: int, seed: int) -> Point:
    """Train, convert and price one network; whole is the chip with its static power and host."""
    dataset = load("japanese-vowels", seed)
    settings = sg.TrainingSettings(seed=seed, **{**SETTINGS, "hidden": hidden, "baseline": "none"})
    with tempfile.TemporaryDirectory() as folder:
        sg.train(settings, dataset, Path(folder) / "run", progress=False)
        network, _ = sg.load_network(Path(folder) / "run")
    program = convert(network, samples=dataset.validation.sequences)
    run = study(program, hardware.run(program, dataset.test.sequences), dataset.test.labels)
    found, cost = run.metrics, run.cost
    assert found is not None
    energy = cost.core_dynamic_j + cost.chip_static_j + cost.host_j
    return Point(
        found.accuracy,
        float(run.counts.synaptic_operations.mean()),
        float(cost.core_dynamic_j[1].mean()),
        float(energy[1].mean()),
    )


def draw(found: dict[int, list[Point]]) -> None:
    """Draw the mean and the range of accuracy of each size."""
    figure = Figure(figsize=(6, 3.2), layout="constrained")
    axes = figure.subplots()
    for hidden, points in found.items():
        energy = 1e6 * np.mean([point.core_dynamic_j for point in points])
        accuracy = 100 * np.array([point.accuracy for point in points])
        axes.plot([energy] * 2, [accuracy.min(), accuracy.max()], color="#0b6a95", alpha=0.4, lw=4)
        axes.plot(energy, accuracy.mean(), "o", color="#0b6a95")
        axes.annotate(
            f"{hidden}", (energy, accuracy.mean()), xytext=(8, -4), textcoords="offset points"
        )
    axes.margins(x=0.1)
    axes.set_xlabel("core dynamic energy of an inference, µJ")
    axes.set_ylabel("accuracy, %")
    figure.savefig(IMAGE, metadata={"Date": None})


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    found = {hidden: [measured(hidden, seed) for seed in SEEDS] for hidden in SIZES}
    print("| hidden | accuracy, seeds | operations | core dynamic | whole chip and host |")
    print("|---|---|---|---|---|")
    for hidden, points in found.items():
        accuracy = [point.accuracy for point in points]
        means = np.mean(points, axis=0)
        spread = ", ".join(percent(value) for value in accuracy)
        print(
            f"| {hidden} | {percent(float(means[0]))} ({spread}) | {whole(means[1])} | "
            f"{joules(means[2])} | {joules(means[3])} |"
        )
    draw(found)


if __name__ == "__main__":
    main()
