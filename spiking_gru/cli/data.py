"""`spiking-gru data`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hardware.errors import InputError, unknown_name
from spiking_gru.cli.console import Voice
from spiking_gru.cli.options import Debug, Json

if TYPE_CHECKING:
    from hardware.definition.vocabulary import Vocabulary
    from spiking_gru.data.dataset import Dataset
    from spiking_gru.data.summary import Range, Summary

MOST_ROWS = 12
"""Classes, channels or outputs that are shown one by one."""

PLOT_WIDTH = 36
"""Characters of the plot of a sequence."""

COLUMNS = 80
"""Characters of a line of facts."""

RANGE = ("lowest", "highest", "mean")

data = typer.Typer(
    help="List data sets, show what one holds, and check your own.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@data.command("list")
def list_(as_json: Json = False, debug: Debug = False) -> None:
    """List the data sets that have a name."""
    from spiking_gru.data.registry import DATASETS

    voice = Voice(as_json)
    rows = []
    for name, source in DATASETS.items():
        package, needs = source.package, source.needs
        rows.append(
            {
                "name": name,
                "task": source.task,
                "description": source.description,
                "licence": source.licence,
                "split": source.split,
                "package": package and package.name,
                "install": needs and needs.install,
                "installed": needs is None or needs.installed,
            }
        )
    if not as_json:
        header = ("", "name", "task", "holds")
        shown = [(_mark(r["installed"]), r["name"], r["task"], r["description"]) for r in rows]
        _table(voice, header, shown, header, most=len(shown))
        for install in dict.fromkeys(row["install"] for row in rows if not row["installed"]):
            names = ", ".join(str(row["name"]) for row in rows if row["install"] == install)
            voice.say(f"for {names}: {install}")
    voice.result({"datasets": rows})


@data.command()
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A data set.", show_default=False)],
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Show the parts, targets, channels and one sequence of a data set."""
    from spiking_gru.data.registry import DATASETS, load

    if name not in DATASETS:
        if Path(name).exists():
            raise InputError(
                f"{name} is a path, expected the name of a data set: for data of your own run: "
                f"spiking-gru data check {name}"
            )
        raise unknown_name("data set", name, DATASETS)
    row = DATASETS[name]
    _show(load(name), Voice(as_json), {"split": row.split}, f"{name}: {row.description}")


@data.command()
def check(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="Your data.", show_default=False)],
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Check that data can be trained on, and show what it holds."""
    from spiking_gru.data.registry import DATASETS, load

    if not path.exists():
        remedy = "check the path"
        if str(path) in DATASETS:
            remedy = f"for the data set of this name run: spiking-gru data show {path}"
        raise InputError(f"{path} is not there, expected a path of your data: {remedy}")
    _show(load(str(path.absolute())), Voice(as_json), {}, str(path))


def _show(dataset: Dataset, voice: Voice, about: dict[str, str], title: str) -> None:
    from dataclasses import asdict
    from textwrap import fill

    from spiking_gru.data.notes import notes_on_data
    from spiking_gru.data.summary import summary_of

    found = summary_of(dataset)
    if not voice.as_json:
        voice.say(title)
        facts = {"task": f"{found.task}: {found.described}", "licence": found.licence, **about}
        facts |= {name: _settings(settings) for name, settings in found.preprocessing}
        for name, fact in facts.items():
            if fact:
                voice.say(fill(f"{name:<9}{fact}", COLUMNS, subsequent_indent=" " * 9))
        _show_parts(voice, found)
        for name, of_head in (found.heads or {"": found}).items():
            _show_targets(voice, of_head, name)
        if dataset.vocabulary is None:
            _show_channels(voice, found, dataset)
        else:
            _show_text(voice, dataset, dataset.vocabulary)
    notes = notes_on_data(dataset)
    for note in notes:
        voice.say(f"\nnote: {note}")
    voice.result({**asdict(found), "notes": notes, **about})


def _settings(settings: Mapping[str, Any]) -> str:
    """Return the settings of a step on the host as text."""
    return ", ".join(
        f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in settings.items()
    )


def _show_parts(voice: Voice, found: Summary) -> None:
    rows = [
        (
            name,
            part.sequences,
            part.frames,
            _span(part.shortest, part.longest),
            len(part.groups) or "–",
            f"{part.missing} of {part.targets}",
        )
        for name, part in found.parts.items()
    ]
    voice.say("")
    _table(voice, ("part", "sequences", "frames", "lengths", "groups", "no target"), rows, ["part"])


def _show_targets(voice: Voice, found: Summary, head: str) -> None:
    from textwrap import fill

    voice.say("")
    if head:
        missing = ", ".join(
            f"{part.missing} of {part.targets} missing in the {name} part"
            for name, part in found.parts.items()
            if part.missing
        )
        line = f"head {head}: {found.described}{missing and '; '}{missing}"
        voice.say(fill(line, COLUMNS, subsequent_indent=" " * 5))
    if found.classes:
        counts = zip(found.classes, *(part.of_class for part in found.parts.values()), strict=True)
        _table(voice, ("class", *found.parts), list(counts), ["class"])
    else:
        rows = [(i, *_figures(output)) for i, output in enumerate(found.outputs)]
        _table(voice, ("output", *RANGE), rows, ["output"])


def _show_channels(voice: Voice, found: Summary, dataset: Dataset) -> None:
    from spiking_gru.cli.sparkline import sparkline

    first = next(iter(dataset.training.sequences))

    def plot(channel: int) -> str:
        return sparkline(first[:, channel], PLOT_WIDTH) if channel < MOST_ROWS else ""

    # Later rows are only counted, and an event camera has thousands of channels.
    rows = [(channel.name, *_figures(channel), plot(i)) for i, channel in enumerate(found.channels)]
    voice.say("")
    _table(voice, ("channel", *RANGE, "first sequence"), rows, ["channel", "first sequence"])


def _show_text(voice: Voice, dataset: Dataset, vocabulary: Vocabulary) -> None:
    """Show the vocabulary, and the first text; of pairs both texts."""
    from hardware.definition.tokens import PADDING
    from spiking_gru.data.pairs import source_of, target_of

    first = next(iter(dataset.training.sequences))
    texts: dict[str, tuple[Vocabulary, Iterable[Any]]] = {"first text": (vocabulary, first[:, 0])}
    if dataset.reads is not None:
        written = target_of(first, dataset.training.targets[: len(first)])
        texts = {"first target": (vocabulary, written)}
        if dataset.reads.vocabulary is not None:
            source = source_of(first)[:, 0]
            texts = {"first source": (dataset.reads.vocabulary, source), **texts}
    voice.say("")
    for name, (words, tokens) in texts.items():
        text = words.decode(int(token) for token in tokens if token != PADDING)
        cut = f"{text[:PLOT_WIDTH]}…" if len(text) > PLOT_WIDTH else text
        voice.say(f"{len(words)} {words.kind}; {name}: {cut!r}")


def _table(
    voice: Voice,
    header: Iterable[str],
    rows: Sequence[tuple[Any, ...]],
    text: Iterable[str],
    most: int = MOST_ROWS,
) -> None:
    """Print the first rows and how many more there are; columns that are not `text` are numbers."""
    from rich.markup import escape
    from rich.table import Table

    table, left = Table(box=None, pad_edge=False), set(text)
    for column in header:
        table.add_column(column, overflow="fold", justify="left" if column in left else "right")
    for row in rows[:most]:
        table.add_row(*(escape(str(cell)) for cell in row))
    voice.console.print(table)
    if len(rows) > most:
        voice.say(f"… and {len(rows) - most} more")


def _mark(well: object) -> str:
    return "✓" if well else "✗"


def _span(low: int, high: int) -> str:
    return str(low) if low == high else f"{low}–{high}"


def _figures(found: Range) -> tuple[str, ...]:
    return tuple(f"{figure:.4g}" for figure in (found.lowest, found.highest, found.mean))
