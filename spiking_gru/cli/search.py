"""`spiking-gru search`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spiking_gru.cli.console import Voice
from spiking_gru.cli.options import Debug, Json
from spiking_gru.cli.search_tables import finalists_table, table_of, watching
from spiking_gru.cli.settings import options_from, training_settings
from spiking_gru.cli.stopped import told_when_stopped
from spiking_gru.cli.workplace import have_temporary_folder, require_torch
from spiking_gru.settings import TrainingSettings

if TYPE_CHECKING:
    from spiking_gru.trials.result import Search


@options_from(TrainingSettings)
def search(
    chosen: dict[str, Any],
    trials: Annotated[
        int | None, typer.Option(min=1, help="Settings to try.", show_default="40")
    ] = None,
    folds: Annotated[
        int | None,
        typer.Option(
            min=2,
            help="Folds of the training part; only the best trials see all of them.",
            show_default="3",
        ),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            help="group: every group in one fold; class: as many of each class in every fold.",
            show_default="group where there are groups",
        ),
    ] = None,
    space: Annotated[
        Path | None,
        typer.Option(help="A TOML file of settings and their values.", show_default="built in"),
    ] = None,
    metric: Annotated[
        str | None, typer.Option(help="The metric to improve.", show_default="that of the task")
    ] = None,
    cost: Annotated[
        str | None,
        typer.Option(help="Cost of an inference: energy or operations.", show_default="energy"),
    ] = None,
    most_operations: Annotated[
        float | None,
        typer.Option(help="Most synaptic operations of an inference.", show_default="any number"),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(help="Minutes after which no trial begins.", show_default="no limit"),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
    finalists: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Best trials to measure again on other folds with other seeds; 1: none.",
            show_default="5",
        ),
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option(min=0, help="Fresh seeds for the chosen settings.", show_default="3"),
    ] = None,
    out: Annotated[Path, typer.Option(help="The folder of the search.")] = Path("runs/search"),
    resume: Annotated[
        bool,
        typer.Option(
            "--resume", help="Go on with the search in the folder and its options, or fail."
        ),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Start over in the folder.")] = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Search for settings by accuracy and energy.

    Given options of `train` hold for all trials; the others vary. A stopped search continues when
    it is called again. Several calls can share a folder.
    """
    voice = Voice(as_json)
    have_temporary_folder(out)
    require_torch("a search")
    from hardware.errors import InputError
    from spiking_gru.data.registry import load
    from spiking_gru.trials.plan import CALL, FILE, read_plan
    from spiking_gru.workflows.search import TRIALS
    from spiking_gru.workflows.search import search as run_search

    asked = {
        "trials": trials,
        "folds": folds,
        "by": by,
        "metric": metric,
        "cost": cost,
        "most_operations": most_operations,
        "finalists": finalists,
        "seeds": seeds,
    }
    call: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}
    varied: Path | dict[str, Any] | None = space
    if resume:
        if force:
            raise InputError("--resume continues and --force starts over: give one of them")
        plan = read_plan(out)
        kept = dict(plan[CALL])
        chosen = {**plan["settings"], "data": kept.pop("data"), **chosen}
        call = {**kept, **call}
        varied = space or plan["space"]
    settings = training_settings(chosen)
    dataset = load(settings.data, settings.seed)
    voice.say(f"{dataset.name}: search in {out}")
    saved = told_when_stopped("search", out, (out / FILE).exists)
    with saved, watching(voice, call.get("trials", TRIALS)) as watch:
        found = run_search(
            settings,
            dataset,
            out,
            space=varied,
            minutes=minutes,
            workers=workers,
            force=force,
            watch=watch,
            **call,
        )
    show(voice, found)
    voice.result(content_of(found))


def show(voice: Voice, found: Search) -> None:
    """Say which trials were the best, which one was chosen, and how it does."""
    from spiking_gru.trials.picture import FILE as PICTURE
    from spiking_gru.trials.picture import TABLE
    from spiking_gru.trials.trial import FAILED

    if not voice.as_json:
        voice.console.print(table_of(list(found.trials), found.goal))
    if found.finalists and not voice.as_json:
        title = "Finalists, with the standard error between all their folds"
        voice.console.print(finalists_table(title, found.finalists, found.goal))
    failed = sum(trial.state == FAILED for trial in found.trials)
    if failed:
        voice.say(f"{failed} trials failed: {found.folder / TABLE} says why")
    metric = found.goal.metric.replace("_", " ")
    voice.say(f"chosen: trial {found.chosen.index}")
    for seed, figures in found.final.items():
        voice.say(
            f"seed {seed}, test part: {metric} {figures.metric:.4g}, "
            f"{figures.operations:,.0f} operations, {1e6 * figures.energy_j:.3g} µJ"
        )
    if len(found.final) > 1:
        voice.say(
            f"mean: {metric} {found.mean.metric:.4g} ± {found.spread:.2g}, "
            f"{found.mean.operations:,.0f} operations"
        )
    voice.wrote([found.folder / TABLE, found.folder / PICTURE, *pages_of(found)])


def pages_of(found: Search) -> list[Path]:
    """Return the pages of the reports."""
    place = found.folder / f"trial-{found.chosen.index}"
    return [place / f"seed-{seed}" / "report.html" for seed in found.final]


def content_of(found: Search) -> dict[str, Any]:
    """Return the result as JSON has it."""
    from spiking_gru.trials.result import rows_of

    return {
        "goal": found.goal._asdict(),
        "trials": rows_of(found.trials),
        "front": [trial.index for trial in found.front],
        "finalists": [trial.index for trial in found.finalists],
        "chosen": found.chosen.index,
        "settings": found.settings.model_dump(),
        "final": {str(seed): figures._asdict() for seed, figures in found.final.items()},
    }
