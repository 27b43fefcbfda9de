"""A network from its settings to its report: trained, converted, compared, run and priced."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from spiking_gru.run_folder import RunFolder

if TYPE_CHECKING:
    from hardware import Program, Trace
    from hardware.reporting import Report
    from spiking_gru.data import Dataset, Part
    from spiking_gru.settings import TrainingSettings
    from spiking_gru.training.callbacks import Watcher


class Deployed(NamedTuple):
    """A trained network as a program, and its run on some sequences."""

    trained: dict[str, Any]
    """Result of `train`."""

    program: Program
    trace: Trace


def deployed(
    settings: TrainingSettings,
    dataset: Dataset,
    folder: Path,
    part: Part,
    callbacks: Iterable[Watcher] = (),
) -> Deployed:
    """Train a network, convert it, and run it on a part of the data; the files are in the folder.

    An unfinished training in the folder goes on. A finished one of the same settings and data is
    taken as it is. The program is compared with the network on the first sequences. Its messages,
    values or changes, are chosen on the validation part.
    """
    import hardware
    from conversion import convert
    from hardware.reporting.build import versions
    from spiking_gru.training.plan import finished
    from spiking_gru.workflows.train import train

    trained = finished(settings, dataset, RunFolder(folder)) or train(
        settings, dataset, folder, force=True, callbacks=callbacks, progress=False
    )
    about = {
        "settings": trained["settings"],
        "dataset": trained["dataset"],
        "test_in_training": trained["test"],
        "versions": versions(),
    }
    seen = dataset.validation if len(dataset.validation) else dataset.training
    program = convert(folder, about, samples=seen.sequences)
    program.save(folder / "program.sgru")
    trace = hardware.run(program, part.sequences)
    trace.save(folder / "trace.safetensors")
    return Deployed(trained, program, trace)


def reported(made: Deployed, dataset: Dataset, folder: Path) -> Report:
    """Write the report of a network that was deployed on the test part."""
    import hardware
    from hardware.reporting import TrainedNetwork
    from hardware.reporting.metrics import METRICS

    test, trained = dataset.test, made.trained
    networks = {
        row["name"]: TrainedNetwork(
            metrics={m: v for m, v in trained["test"][row["name"]].items() if m in METRICS},
            **{field: given for field, given in row.items() if field != "name"},
        )
        for row in trained["networks"]
    }
    return hardware.report(
        made.program,
        made.trace,
        folder,
        targets=test.targets,
        naive=test.naive,
        dataset=dataset.name,
        trained=networks,
        history=trained["history"],
        best_epochs=trained["best_epochs"],
    )
