"""`spiking-gru train`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spiking_gru.cli.console import Voice
from spiking_gru.cli.options import Debug, Force, Json, Resume
from spiking_gru.cli.settings import options_from, training_settings
from spiking_gru.cli.stopped import of_phases, told_when_stopped
from spiking_gru.cli.workplace import folder_of, require_torch
from spiking_gru.settings import TrainingSettings

if TYPE_CHECKING:
    from spiking_gru.run_folder import RunFolder

LATEST = Path("runs/latest")

OUT_HELP = "The folder to write the run to."
Out = Annotated[Path, typer.Option(help=OUT_HELP)]


@options_from(TrainingSettings)
def train(
    chosen: dict[str, Any],
    config: Annotated[
        Path | None,
        typer.Option(
            help="A TOML file of these options; those given here come first. A run keeps its own "
            "as config.toml.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help=OUT_HELP, show_default=str(LATEST))] = None,
    force: Force = False,
    resume: Resume = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Train a spiking GRU, and ordinary networks to compare it with.

    Float first, then quantised: in the chip's own arithmetic. `tensorboard --logdir OUT` shows the
    curves meanwhile. A training that was stopped or killed goes on with the same command; with
    --resume it takes the settings that it had.
    """
    voice = Voice(as_json)
    if config is not None:
        from spiking_gru.config import read_run

        settings, place = read_run(config)
        chosen, force = {**settings, **chosen}, force or place.force
        out = out or (Path(place.out) if place.out else None)
    folder = folder_of(out or LATEST)
    if resume:
        chosen = {**settings_of_unfinished(folder), **chosen}
    voice.result(train_network(chosen, folder, voice, force, resume))


def settings_of_unfinished(folder: RunFolder) -> dict[str, Any]:
    """Return the settings of the unfinished training in a folder."""
    require_torch("training")
    from spiking_gru.training.plan import Plan, require_unfinished

    require_unfinished(folder)
    return Plan.read(folder).settings


def train_network(
    chosen: dict[str, Any],
    folder: RunFolder,
    voice: Voice,
    force: bool = False,
    resume: bool | None = None,
) -> dict[str, Any]:
    require_torch("training")
    from spiking_gru.data.registry import load
    from spiking_gru.workflows.train import train as run_training

    settings = training_settings(chosen)
    folder.require_free_to_train(force, resume)
    dataset = load(settings.data, settings.seed)
    settings = settings.resolved(dataset.task, dataset.encoder)
    voice.say(
        f"{dataset.name}: {len(dataset.training)} training, {len(dataset.validation)} validation "
        f"and {len(dataset.test)} test sequences, {dataset.described}"
    )
    saved = told_when_stopped("train", folder.path, lambda: folder.has_checkpoint)
    with saved, voice.training_progress() as show:
        metrics = run_training(
            settings,
            dataset,
            folder.path,
            show,
            force=force,
            resume=resume,
            callbacks=[of_phases(voice)],
            progress=False,
        )
    names = ("model.safetensors", "model.json", "config.toml", "training.json")
    voice.wrote(folder.path / name for name in names)
    return metrics
