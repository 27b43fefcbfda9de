"""The command line: the only place where training, conversion and hardware meet.

Every import that takes time happens inside a command, so that `--help` answers at once.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hardware.errors import InputError, MissingPackageError, SpikingGRUError
from spiking_gru import options
from spiking_gru.console import Voice, behave_in_a_shell
from spiking_gru.options import (
    Activation,
    Bidirectional,
    Bits,
    Chip,
    Data,
    Deadline,
    Debug,
    Emit,
    Engine,
    Epochs,
    Formulation,
    Hidden,
    Json,
    Layers,
    QuantisedEpochs,
    Run,
    Seed,
    Threads,
)

if TYPE_CHECKING:
    from spiking_gru.run_folder import RunFolder

app = typer.Typer(
    name="spiking-gru",
    help="Train a spiking GRU, convert it, run it on Lava bit for bit, and see what it would cost.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.command()
def train(
    data: Data = "japanese-vowels",
    out: Annotated[Path, typer.Option(help="The folder to write the run to.")] = Path(
        "runs/latest"
    ),
    hidden: Hidden = 128,
    layers: Layers = 1,
    bidirectional: Bidirectional = False,
    formulation: Formulation = "torch",
    emit: Emit = "binary",
    epochs: Epochs = 40,
    quantised_epochs: QuantisedEpochs = 20,
    bits: Bits = 8,
    activation: Activation = "hard",
    seed: Seed = 0,
    threads: Threads = 1,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Train a spiking GRU, float first, then quantised, beside an ordinary GRU."""
    voice = Voice(as_json)
    network = {"hidden": hidden, "layers": layers, "bidirectional": bidirectional}
    cell = {"formulation": formulation, "emit": emit, "activation": activation, "bits": bits}
    work = {"epochs": epochs, "quantised_epochs": quantised_epochs, "threads": threads}
    settings = {"data": data, "seed": seed, **network, **cell, **work}
    voice.result(_train(settings, _folder(out), voice))


@app.command()
def convert(
    run: Run,
    out: Annotated[
        Path | None, typer.Option(help="The program file.", show_default="RUN/program.sgru")
    ] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Convert the trained network into a program that needs no torch, proven to fit the chip."""
    voice = Voice(as_json)
    voice.result(_convert(_folder(run), out, voice))


@app.command(name="run")
def run_command(
    source: Annotated[
        Path, typer.Argument(metavar="RUN", help="The folder of a run, or a program file.")
    ],
    data: Annotated[
        str | None, typer.Option(help="Other data than the run's test part.", show_default=False)
    ] = None,
    engine: Engine = "events",
    out: Annotated[
        Path | None, typer.Option(help="The trace file.", show_default="RUN/trace.safetensors")
    ] = None,
    deadline: Deadline = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Run the program over the test part and record every spike, membrane and score."""
    voice = Voice(as_json)
    voice.result(_run(source, data, engine, out, deadline, voice))


@app.command()
def verify(
    run: Run,
    engine: Annotated[
        list[str], typer.Option(help="An engine to hold against torch; give it again for more.")
    ] = ["events", "lava"],  # noqa: B006
    out: Annotated[
        Path | None, typer.Option(help="The summary.", show_default="RUN/verification.json")
    ] = None,
    deadline: Deadline = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Hold torch and the engines against each other, over every step of the whole test part."""
    voice = Voice(as_json)
    summary = _verify(_folder(run), engine, out, deadline, voice)
    voice.result(summary)
    if summary["mismatches"]:
        raise typer.Exit(1)


@app.command()
def report(
    run: Run,
    chip: Chip = "loihi2",
    out: Annotated[
        Path | None, typer.Option(help="The folder to write to.", show_default="RUN")
    ] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Report accuracy, spikes, operations, energy and time, as a table, JSON, CSV and a page."""
    voice = Voice(as_json)
    voice.result(_report(_folder(run), chip, out, voice))


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="The folder to write the run to.")] = Path("runs/demo"),
    seed: Seed = 0,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Train, convert, run on Lava, verify and report: the whole path on real speech."""
    voice, folder, start = Voice(as_json), _folder(out), time.monotonic()
    _train({"seed": seed}, folder, voice)
    _convert(folder, None, voice)
    _run(out, None, "lava", None, None, voice)
    summary = _verify(folder, ["events", "lava"], None, None, voice)
    content = _report(folder, "loihi2", None, voice)
    voice.say(
        f"The whole path took {time.monotonic() - start:.0f} s; the page is {out}/report.html"
    )
    voice.result(content)
    if summary["mismatches"]:
        raise typer.Exit(1)


@app.command()
def doctor(as_json: Json = False, debug: Debug = False) -> None:
    """Say what is installed, what is missing, and the command that mends it."""
    from dataclasses import asdict

    from hardware.doctor import examine

    voice, findings = Voice(as_json), examine()
    if not as_json:
        voice.show_findings(findings)
    voice.result({"findings": [asdict(finding) for finding in findings]})


def _folder(path: Path) -> RunFolder:
    from spiking_gru.run_folder import RunFolder

    return RunFolder(path)


def _train(chosen: dict[str, Any], folder: RunFolder, voice: Voice) -> dict[str, Any]:
    _require_torch("training")
    from pydantic import ValidationError

    from hardware.files import first_fault, require_writable
    from spiking_gru.data import load
    from spiking_gru.training import TrainingSettings
    from spiking_gru.training import train as run_training

    if Path(chosen.get("data", "")).is_file():
        chosen = {**chosen, "data": str(Path(chosen["data"]).resolve())}
    try:
        settings = TrainingSettings.model_validate(chosen)
    except ValidationError as error:
        raise InputError(first_fault(error)) from error
    dataset = load(settings.data, settings.seed)
    require_writable(folder.path)
    folder.forget_results()
    voice.say(
        f"{dataset.name}: {len(dataset.training)} training, {len(dataset.validation)} validation "
        f"and {len(dataset.test)} test sequences, {len(dataset.classes)} classes"
    )
    with voice.training_progress() as show:
        metrics = run_training(settings, dataset, folder.path, show)
    voice.wrote(folder.path / name for name in ("model.safetensors", "model.json", "training.json"))
    return metrics


def _convert(folder: RunFolder, out: Path | None, voice: Voice) -> dict[str, Any]:
    _require_torch("conversion")
    from conversion import convert as to_program
    from hardware.program_file import digest
    from hardware.reporting.build import versions
    from spiking_gru.network import load_network

    training = folder.training()
    network, _ = load_network(folder.path)
    provenance = {
        # The data set goes by its name: a path of this machine means nothing elsewhere.
        "settings": {**training["settings"], "data": training["dataset"]["name"]},
        "dataset": training["dataset"],
        "accuracy_in_training": {name: part["accuracy"] for name, part in training["test"].items()},
        "versions": versions(),
    }
    program = to_program(network, provenance)
    target = out or folder.program
    program.save(target)
    voice.say(
        f"every number proven to fit 24 bits, for sequences of up to {program.max_steps} steps"
    )
    voice.wrote([target])
    return {"program": str(target), "digest": digest(program), "max_steps": program.max_steps}


def _run(
    source: Path,
    data: str | None,
    engine: str,
    out: Path | None,
    deadline: float | None,
    voice: Voice,
) -> dict[str, Any]:
    from hardware.inference import run as run_program
    from hardware.program import Program
    from spiking_gru.data.registry import load_inputs

    is_folder = source.is_dir()
    folder = _folder(source if is_folder else source.parent)
    classes = None
    if data is not None:
        sequences, labels, classes = load_inputs(data)
    elif is_folder:
        test = folder.dataset().test
        sequences, labels = test.sequences, test.labels
    else:
        raise InputError(f"{source} is a program: say what to run it on with --data")
    program = Program.load(folder.require(folder.program, "convert") if is_folder else source)
    start = time.perf_counter()
    trace = run_program(program, sequences, engine, deadline)
    seconds = time.perf_counter() - start
    if labels is not None and classes is not None and classes != program.classes:
        raise InputError(
            f"{data} has the classes {', '.join(classes)}, but the program names "
            f"{', '.join(program.classes)}: put the labels in the program's order"
        )
    target = out or folder.trace
    if out is None and data is not None:
        # The run's own trace is that of its test part, which the report is about.
        target = folder.path / f"{Path(data).stem}.trace.safetensors"
    trace.save(target)
    steps = int(trace.lengths.sum())
    result: dict[str, Any] = {
        "engine": engine,
        "sequences": len(trace.lengths),
        "steps": steps,
        "seconds": seconds,
        "predictions": [program.classes[i] for i in trace.predictions],
        "accuracy": None if labels is None else float((trace.predictions == labels).mean()),
        "trace": str(target),
    }
    accuracy = "" if labels is None else f", {100 * result['accuracy']:.2f} % named rightly"
    voice.say(
        f"{engine}: {len(trace.lengths)} sequences, {steps} steps in {seconds:.1f} s{accuracy}"
    )
    voice.wrote([target])
    return result


def _verify(
    folder: RunFolder, engines: list[str], out: Path | None, deadline: float | None, voice: Voice
) -> dict[str, Any]:
    _require_torch("verification against the network")
    from conversion import verify as hold_against
    from hardware.files import write_json
    from hardware.program import Program
    from hardware.program_file import digest
    from spiking_gru.network import load_network

    program = Program.load(folder.require(folder.program, "convert"))
    network, _ = load_network(folder.path)
    verification = hold_against(
        program, network, folder.dataset().test.sequences, engines, deadline
    )
    target = out or folder.verification
    summary = {"program_digest": digest(program), **verification.summary()}
    write_json(target, summary)
    for comparison in verification.comparisons:
        differing = sum(comparison.mismatches.values())
        compared = sum(comparison.compared.values())
        voice.say(f"{' ↔ '.join(comparison.engines)}: {differing} of {compared:,} values differ")
        if comparison.first is not None:
            voice.say(f"  first at {comparison.first}")
    voice.wrote([target])
    return summary


def _report(folder: RunFolder, chip: str, out: Path | None, voice: Voice) -> dict[str, Any]:
    from hardware.files import read_json
    from hardware.program import Program
    from hardware.reporting import make_report, print_report, write_report
    from hardware.trace import Trace

    training, test = folder.training(), folder.dataset().test
    program = Program.load(folder.require(folder.program, "convert"))
    trace = Trace.load(folder.require(folder.trace, "run"))
    verification = read_json(folder.verification) if folder.verification.is_file() else None
    content = make_report(
        program,
        trace,
        dataset=training["dataset"]["name"],
        labels=test.labels,
        trained={name: part["accuracy"] for name, part in training["test"].items()},
        verification=verification,
        chip=chip,
    )
    written = write_report(content, program, trace, test.labels, out or folder.path, chip)
    if not voice.as_json:
        print_report(content, voice.console)
    voice.wrote(written)
    return content.as_json()


def _require_torch(purpose: str) -> None:
    from importlib.util import find_spec

    for package in ("torch", "snntorch", "tensorboard"):
        if find_spec(package) is None:
            raise MissingPackageError(
                f'{purpose} needs {package}: pip install "spiking-gru[train]"'
            )


def main() -> None:
    """Run a command; an error is one line and exit code 2, unless `--debug` asks for more."""
    behave_in_a_shell()
    command = typer.main.get_command(app)
    try:
        code = command.main(prog_name="spiking-gru", standalone_mode=False)
    except BrokenPipeError:
        # The reader has seen enough; what it would have read is in the files.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except (SpikingGRUError, OSError) as error:
        if options.debugging:
            raise
        _complain(str(error))
    except typer.Abort:
        sys.exit(130)
    except Exception as error:
        # Errors of usage are the parser's own; everything else is a fault to be seen whole.
        if not hasattr(error, "format_message"):
            raise
        if type(error).__name__ == "NoArgsIsHelpError":
            print(error.format_message())
            sys.exit(2)
        _complain(error.format_message())
    else:
        sys.exit(code or 0)


def _complain(text: str) -> None:
    sys.stderr.write(f"spiking-gru: {' '.join(text.split())}\n")
    sys.exit(2)
