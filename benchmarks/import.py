"""An ordinary GRU imported: operations against accuracy, on data that was not calibrated on.

For each seed an ordinary torch.nn.GRU is trained as `spiking-gru train` trains its baseline
(standardised inputs, 128 hidden, mean over time), then imported for a budget of half a point, or
with `--share 50` for half of the dense operations.
Operations are those that `hardware.cost.counts` counts, as a share of every synapse at every step.

`python benchmarks/import.py` prints a row for each seed, then the curve on the test part.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from torch import nn

from conversion import calibrate, deploy, from_torch_gru
from conversion.foreign import ForeignGRU
from conversion.foreign.calibration import RUNGS
from conversion.foreign.floating import predictions
from hardware import Program, run
from hardware.cost.counts import count
from hardware.cost.dense_gru import dense_gru
from spiking_gru import data
from spiking_gru.encoder import Encoder
from spiking_gru.settings import TrainingSettings
from spiking_gru.training.baseline import GRU, Chosen
from spiking_gru.training.curves import Curves
from spiking_gru.training.trainer import Trainer

BUDGET = 0.5


def trained(settings: TrainingSettings, dataset: data.Dataset) -> ForeignGRU:
    """An ordinary GRU, trained with torch alone, as the import reads it."""
    encoder = Encoder(dataset.channels)
    encoder.fit(dataset.training.sequences.values)
    about = settings.network(dataset.channels, dataset.classes)
    baseline = Chosen("gru", GRU.title, GRU, about).build(encoder, settings.seed)
    with tempfile.TemporaryDirectory() as folder, Curves(Path(folder)) as log:
        trainer = Trainer(settings, dataset, lambda _: None, log)
        trainer.fit("gru", baseline, settings.epochs, settings.learning_rate)
    outputs, states = baseline.readout.weight.shape
    head = nn.Linear(states, outputs)
    head.load_state_dict(
        {"weight": baseline.readout.weight.detach(), "bias": baseline.readout.bias.detach()}
    )
    gru = from_torch_gru(baseline.recurrent, head, "mean")
    return gru.standardised(encoder.offset.numpy(), 1 / encoder.gain.numpy())


def on_test(program: Program, test: data.Part) -> tuple[float, float]:
    """Accuracy in percent, and the share of the dense operations in percent."""
    trace = run(program, test.sequences)
    counts = count(trace, program)
    dense = dense_gru(program, counts).multiply_accumulates.sum()
    accuracy = (trace.predictions == test.labels).mean()
    return 100 * float(accuracy), 100 * float(counts.synaptic_operations.sum() / dense)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="japanese-vowels")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--share", type=float, help="percentage of the dense operations")
    options = parser.parse_args()
    share = None if options.share is None else options.share / 100
    curves: dict[float, list[tuple[float, float]]] = {rung: [] for rung in RUNGS}
    rows = []
    print("seed   GRU, float   imported   operations   thresholds (inputs; states)   calibrated in")
    for seed in range(options.seeds):
        dataset = data.load(options.data, seed)
        gru, test = trained(TrainingSettings(data=options.data, seed=seed), dataset), dataset.test
        own = 100 * float((predictions(gru, test.sequences) == test.labels).mean())
        start = time.perf_counter()
        calibration = calibrate(gru, dataset, BUDGET, operations=share)
        seconds = time.perf_counter() - start
        accuracy, operations = on_test(calibration.program, test)
        rows.append((own, accuracy, operations))
        chosen = calibration.chosen.thresholds
        levels = ", ".join(f"{100 * level:g} %" for level in chosen.levels)
        print(
            f"{seed:4}   {own:8.2f} %   {accuracy:6.2f} %   {operations:8.1f} %   "
            f"{100 * chosen.encoder:g} %; {levels:22}   {seconds:.0f} s",
            flush=True,
        )
        for rung, points in curves.items():
            program = deploy(gru, dataset.training.sequences, rung, classes=dataset.classes).program
            accuracy, operations = on_test(program, test)
            points.append((accuracy - own, operations))
    means = [statistics.mean(column) for column in zip(*rows, strict=True)]
    print("mean   {:8.2f} %   {:6.2f} %   {:8.1f} %".format(*means))
    lost = [own - accuracy for own, accuracy, _ in rows]
    print(f"lost, in points: mean {statistics.mean(lost):.2f}, worst {max(lost):.2f}")
    print("\nthreshold   operations   accuracy against the GRU's own, mean and worst over seeds")
    for rung, points in curves.items():
        changes = [change for change, _ in points]
        operations = statistics.mean(operations for _, operations in points)
        print(
            f"{100 * rung:7.1f} %   {operations:8.1f} %   {statistics.mean(changes):+6.2f} points"
            f"   {min(changes):+6.2f}"
        )


if __name__ == "__main__":
    main()
