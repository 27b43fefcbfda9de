"""`spiking-gru import`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spiking_gru.cli.console import Voice
from spiking_gru.cli.options import Debug, Force, Json
from spiking_gru.cli.train import Out
from spiking_gru.cli.workplace import folder_of

if TYPE_CHECKING:
    from conversion import Calibration
    from conversion.foreign import ForeignGRU
    from spiking_gru.run_folder import RunFolder


def import_(
    source: Annotated[
        Path,
        typer.Argument(
            help="An .onnx model; the state dictionary of a torch.nn.GRU and its Linear head as "
            ".safetensors; or Keras' arrays as .npz.",
            show_default=False,
        ),
    ],
    data: Annotated[
        str, typer.Option("--calibrate", help="A data set by name or by path, as for train.")
    ],
    budget: Annotated[
        float,
        typer.Option(
            help="Points of accuracy that may be lost; with --operations by the grids alone."
        ),
    ] = 0.5,
    operations: Annotated[
        float | None,
        typer.Option(
            help="Most operations, in per cent of the dense ones: chooses the threshold instead of "
            "the budget.",
            show_default=False,
        ),
    ] = None,
    reads: Annotated[
        str | None,
        typer.Option(help="State that the head reads: last, mean or step.", show_default="last"),
    ] = None,
    standardised: Annotated[
        bool,
        typer.Option(help="The GRU was trained on frames standardised by the training part."),
    ] = False,
    encoder: Annotated[str, typer.Option(help="send-on-delta or graded.")] = "send-on-delta",
    seed: Annotated[int, typer.Option(help="Seed of the validation part, as for train.")] = 0,
    out: Out = Path("runs/imported"),
    force: Force = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Make a program of an ordinary GRU that is already trained.

    The program sends states only where they have changed.
    """
    voice = Voice(as_json)
    choices = {
        "budget": budget,
        "operations": operations,
        "reads": reads,
        "standardised": standardised,
        "encoder": encoder,
    }
    voice.result(import_gru(source, data, seed, choices, folder_of(out), voice, force))


def import_gru(
    source: Path,
    data: str,
    seed: int,
    choices: dict[str, Any],
    folder: RunFolder,
    voice: Voice,
    force: bool = False,
) -> dict[str, Any]:
    import hashlib
    from dataclasses import asdict, replace

    from conversion import calibrate
    from conversion.foreign.files import read_gru
    from conversion.foreign.floating import predictions
    from hardware.errors import choose
    from hardware.files.disk import read_bytes
    from hardware.files.sealed import write_sealed
    from hardware.reporting.build import versions
    from hardware.sequences.dense import Sequences
    from spiking_gru.data.registry import load, located
    from spiking_gru.replacement import replacing

    choose("encoder", choices["encoder"], ("send-on-delta", "graded"))
    gru = read_gru(source, choices["reads"])
    dataset = load(data, seed)
    frames = Sequences.of(dataset.training.sequences).values.astype("float64")
    if choices["standardised"]:
        deviation = frames.std(axis=0)
        gru = gru.standardised(frames.mean(axis=0), deviation + (deviation == 0))
    about = {"name": dataset.name, "fingerprint": dataset.fingerprint}
    provenance = {
        "file": {"name": source.name, "sha256": hashlib.sha256(read_bytes(source)).hexdigest()},
        "dataset": about,
        "versions": versions(),
    }
    percentage = choices["operations"]
    with replacing(folder, force) as new:
        with voice.busy(f"calibrating on {dataset.name}"):
            calibration = calibrate(
                gru,
                dataset,
                choices["budget"],
                operations=None if percentage is None else percentage / 100,
                encoder=choices["encoder"],
                provenance=provenance,
            )
        right = predictions(gru, Sequences.of(dataset.test.sequences)) == dataset.test.labels
        name = located(data)
        content: dict[str, Any] = {
            "settings": {**choices, "data": name, "seed": seed},
            "dataset": about,
            "source": provenance["file"],
            "networks": [_described(gru)],
            "test": {"imported": {"accuracy": float(right.mean())}},
            "grids": asdict(calibration.deployment.grids),
            "finer_grids_refused": calibration.deployment.refused,
            "validation_accuracy": calibration.accuracy,
            "validation_sequences": calibration.sequences,
            "chosen": asdict(calibration.chosen),
            "curve": [asdict(point) for point in calibration.curve],
        }
        program = replace(calibration.program, preprocessing=dataset.preprocessing)
        program.save(new.program)
        write_sealed(new.about_import, content)
    _show(calibration, choices["budget"], voice)
    voice.wrote([folder.program, folder.about_import])
    return {**content, "program": str(folder.program), "digest": program.digest}


def _described(gru: ForeignGRU) -> dict[str, Any]:
    """Return what a report says of the imported GRU itself, in floating point."""
    layers = [layer for level in gru.levels for layer in level]
    matrices = sum(layer.input_weights.size + layer.recurrent_weights.size for layer in layers)
    biases = sum(layer.input_bias.size + layer.recurrent_bias.size for layer in layers)
    head = gru.head.weights.size
    return {
        "name": "imported",
        "title": "the imported GRU, float",
        "dense": True,
        "hidden": max(layer.units for layer in layers),
        "parameters": matrices + biases + head + gru.head.bias.size,
        "layer_weights": matrices,
        "readout_weights": head,
    }


def _show(calibration: Calibration, budget: float, voice: Voice) -> None:
    """The curve, what was chosen on it, and on which grids."""
    one = 100 / calibration.sequences
    if 0 < budget < one:
        voice.say(
            f"one of {calibration.sequences} validation sequences is {one:.1f} points, more than "
            f"the budget: one may be lost"
        )
    voice.say("threshold  operations  validation accuracy  lost with noise")
    for point in calibration.curve:
        voice.say(
            f"{100 * point.thresholds.levels[0]:7.1f} %  {100 * point.operations:8.1f} %"
            f"  {100 * point.accuracy:17.2f} %  {100 * point.lost:8.2f} points"
        )
    chosen, grids = calibration.chosen, calibration.deployment.grids
    levels = ", ".join(f"{100 * threshold:g} %" for threshold in chosen.thresholds.levels)
    voice.say(
        f"chosen: inputs {100 * chosen.thresholds.encoder:g} % of their peak, states {levels} of "
        f"their range"
    )
    voice.say(
        f"{100 * chosen.operations:.1f} % of the dense operations; validation accuracy "
        f"{100 * chosen.accuracy:.2f} % (the GRU {100 * calibration.accuracy:.2f} %)"
    )
    voice.say(
        f"grids: frames {grids.input_bits} bits, weights {grids.weight_bits} bits, events "
        f"2^-{grids.gate_fraction}, states 2^-{grids.state_fraction}"
    )
    if calibration.deployment.refused is not None:
        voice.say(f"finer ones do not fit: {calibration.deployment.refused}")
