"""Train, convert, run, count and price: the part that all worked examples share.

An example gives its data, its settings and its measures. `Job.run` trains the network and its
baselines, converts it, runs the program on the test part and writes the report.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from figures import CAPTION, DEPLOYED, Measure, Row, Table, print_table

import hardware
import spiking_gru as sg
from conversion import convert, verify
from hardware.errors import SpikingGRUError
from hardware.reporting import TrainedNetwork
from hardware.reporting.metrics import METRICS
from spiking_gru.batches import padded

BASELINES = "gru,lstm,state"
FIGURES_FILE = "figures.json"


class Models(sg.Callback):
    """Keeps the model of each phase, to ask it for its answers."""

    def __init__(self) -> None:
        self.by_phase: dict[str, Any] = {}

    def on_phase(self, report: sg.PhaseReport) -> None:
        self.by_phase[report.phase] = report.model


@torch.no_grad()
def answers_of(model: Any, part: Any) -> np.ndarray:
    frames, lengths = padded(part.sequences)
    scores = model.eval().readout.scores(model.seen(frames, lengths))
    return model.answers(scores, lengths).numpy()


@dataclass(frozen=True)
class Job:
    """One seed of an example."""

    seed: int
    folder: Path
    epochs: int | None = None
    """Epochs of each phase, instead of those in the settings."""

    validate: bool = False
    """Measure on the validation part, to choose settings without looking at the test part."""

    def run(
        self,
        name: str,
        dataset: sg.Dataset,
        settings: Mapping[str, Any],
        measures: Mapping[str, Measure],
    ) -> Table:
        """Return the figures of all networks; program, trace and report go into the folder."""
        if self.validate:
            dataset = replace(dataset, test=dataset.validation)
        if self.epochs is not None:
            settings = {**settings, "epochs": self.epochs, "quantised_epochs": self.epochs}
        chosen = sg.TrainingSettings(
            data=dataset.name, baseline=BASELINES, seed=self.seed, device="cpu", **settings
        )
        models, folder, test = Models(), self.folder / name, dataset.test
        trained = sg.train(chosen, dataset, folder, callbacks=[models], force=True)
        network, _ = sg.load_network(folder)
        about = {"settings": trained["settings"], "dataset": trained["dataset"]}
        program = convert(network, about, samples=dataset.validation.sequences)
        program.save(folder / "program.sgru")
        verified = verify(program, network, test.sequences, engines=["events"]).summary()
        print(f"{name}: {verified['mismatches']} differing values between torch and the program")
        trace = hardware.run(program, test.sequences)
        trace.save(folder / "trace.safetensors")
        report = hardware.report(
            program,
            trace,
            folder,
            targets=test.targets,
            naive=test.naive,
            dataset=name,
            trained=networks_of(trained),
            history=trained["history"],
            best_epochs=trained["best_epochs"],
            verification={**verified, "program_digest": program.digest},
        )
        answers = {f"naive: {forecast}": values for forecast, values in test.naive.items()}
        answers |= {phase: answers_of(model, test) for phase, model in models.by_phase.items()}
        answers[DEPLOYED] = trace.predictions if program.classes else trace.values
        return {
            row.name: Row(
                row.title,
                row.dense,
                {title: measure(answers[row.name], test) for title, measure in measures.items()}
                | {
                    "spikes": row.spikes,
                    "operations": row.operations,
                    "energy": row.energy_j.get("int8" if row.dense else "core_dynamic"),
                },
            )
            for row in report.networks
            if row.name not in ("float", "quantised")  # the program has the same numbers
        }


def networks_of(trained: Mapping[str, Any]) -> dict[str, TrainedNetwork]:
    """Return the networks of a training as a report takes them."""
    return {
        about["name"]: TrainedNetwork(
            metrics={m: v for m, v in trained["test"][about["name"]].items() if m in METRICS},
            **{field: given for field, given in about.items() if field != "name"},
        )
        for about in trained["networks"]
    }


Example = Callable[[Job], dict[str, Table]]
"""From one seed to the tables of its tasks."""


def each_seed(
    example: Example, seeds: Iterable[int], out: str | Path, **options: Any
) -> dict[int, dict[str, Any]]:
    """Run an example with each seed; print its tables, write `figures.json`, return the figures."""
    found = {}
    for seed in seeds:
        start, folder = time.process_time(), Path(out) / f"seed-{seed}"
        tables = example(Job(seed, folder, **options))
        for task, table in tables.items():
            print_table(f"{task}, seed {seed}", table)
        print(CAPTION)
        found[seed] = {
            "seed": seed,
            "processor_seconds": time.process_time() - start,
            "tables": {
                task: {name: asdict(row) for name, row in table.items()}
                for task, table in tables.items()
            },
        }
        (folder / FIGURES_FILE).write_text(json.dumps(found[seed], indent=1) + "\n")
    return found


def parser(about: str | None, out: str) -> argparse.ArgumentParser:
    """Return the options of an example; its docstring is the help."""
    form = argparse.RawDescriptionHelpFormatter
    options = argparse.ArgumentParser(description=about, formatter_class=form)
    options.add_argument("--seeds", type=int, nargs="+", default=[0], help="default: 0")
    options.add_argument("--out", default=out, help=f"folder for runs; default: {out}")
    options.add_argument("--epochs", type=int, help="epochs of each phase, for a quick look")
    options.add_argument("--validate", action="store_true", help="measure on the validation part")
    return options


def as_command(main: Callable[..., Any], options: argparse.ArgumentParser) -> None:
    """Run an example as its options say; data or a package that is missing is one line, exit 2."""
    try:
        main(**vars(options.parse_args()))
    except SpikingGRUError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
