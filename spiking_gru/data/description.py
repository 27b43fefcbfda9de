"""Data sets that a TOML file describes: a folder, a series, or a table of texts or pairs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from hardware.definition.vocabulary import Vocabulary
from hardware.errors import InputError, SettingError, choose
from hardware.files import strict_toml
from hardware.files.disk import first_fault, one_line, read_bytes
from hardware.sequences.log_mel import LogMel
from spiking_gru.data.dataset import Dataset
from spiking_gru.data.sound import holds_sound
from spiking_gru.data.text_tables import Texts, pairs_in, texts_in

LARGEST_DESCRIPTION = 2**16
"""Bytes of a description."""

Missing = Literal["interpolate", "hold", "zero"]


class _Description(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    test: float | None = None
    validation: float | None = None
    licence: str | None = None


class _OfFrames(_Description):
    target: str | list[str] | None = None
    time: str | None = None
    missing: Missing | None = None


class FolderDescription(_OfFrames):
    """Options of `Dataset.from_folder`."""

    folder: str
    heads: list[str] | None = None
    task: str | dict[str, str] | None = None
    split: str | None = None
    classes: list[str] | dict[str, list[str]] | None = None
    log_mel: dict[str, Any] | None = None
    events: dict[str, Any] | None = None


class SeriesDescription(_OfFrames):
    """Options of `Dataset.from_series`."""

    series: str
    history: int
    horizon: int | list[int]
    known: str | list[str] | None = None
    season: int | None = None


class _OfTexts(_Description):
    kind: str | None = None
    size: int | None = None
    fewest: int | None = None
    lower: bool | None = None


class TextsDescription(_OfTexts):
    """Options of `Dataset.from_texts`, and the columns of a table."""

    texts: str
    text: str = "text"
    target: str | None = None
    ends: bool | None = None
    task: str | None = None
    split: str | None = None
    classes: list[str] | None = None


class PairsDescription(_OfTexts):
    """Options of `Dataset.from_pairs`, and the columns of a table."""

    pairs: str
    source: str = "source"
    target: str = "target"
    target_kind: str | None = None
    target_size: int | None = None


class Stated(NamedTuple):
    """Statements of a program about its inputs; data are brought to them."""

    log_mel: LogMel | None = None
    """The features of recordings of sound, unless a description has its own settings."""

    vocabulary: Vocabulary | None = None
    """The tokens of texts."""


NOTHING = Stated()


def described(path: Path, seed: int = 0, stated: Stated = NOTHING) -> Dataset:
    """Return the data set that a TOML file describes.

    Its keys are one of `KINDS`, with a path from the file's own folder, and the options of
    that kind of data; `[log-mel]` and `[events]` are tables of their settings.
    """
    try:
        given = strict_toml.parse(read_bytes(path, LARGEST_DESCRIPTION))
        table = {key.replace("-", "_"): value for key, value in given.items()}
        if len(table) < len(given):
            raise ValueError("a key is written with - and with _: give it once")
        kinds = [key for key in KINDS if key in table]
        if len(kinds) != 1:
            raise ValueError(f"expected one of the keys {', '.join(KINDS)}, with a path")
        options = _checked(KINDS[kinds[0]].form, table)
    except InputError:
        raise
    except ValueError as error:
        raise InputError(f"{path}: {one_line(error)}: correct the file") from error
    source = path.parent / options.pop(kinds[0])
    try:
        return KINDS[kinds[0]].build(source, {**options, "name": path.stem}, seed, stated)
    except SettingError as error:
        if str(error).startswith(f"{source}: "):
            raise
        raise SettingError(f"{path}: {error}") from error


def _checked(kind: type[_Description], table: dict[str, Any]) -> dict[str, Any]:
    """Return the options that are given, once each is known and of its type."""
    for key in table:
        choose("key", key, kind.model_fields)
    try:
        return kind.model_validate(table).model_dump(exclude_none=True)
    except ValidationError as error:
        raise ValueError(first_fault(error)) from error


def _of_folder(source: Path, options: dict[str, Any], seed: int, stated: Stated) -> Dataset:
    if not options.keys() & {"events"}:
        options.setdefault("log_mel", for_sound(source, stated.log_mel))
    return Dataset.from_folder(source, **options, seed=seed)


def _of_series(source: Path, options: dict[str, Any], seed: int, stated: Stated) -> Dataset:
    return Dataset.from_series(source, **options)


def _of_text_table(source: Path, options: dict[str, Any], seed: int, stated: Stated) -> Dataset:
    found = texts_in(source, options.pop("text"), options.pop("target", None))
    return of_table(source, found, **options, seed=seed, vocabulary=stated.vocabulary)


def of_table(source: Path, found: Texts, **options: Any) -> Dataset:
    """Return the data set of the texts of a file."""
    with naming(source):
        return Dataset.from_texts(
            found.texts, found.targets, groups=found.groups, parts=found.parts, **options
        )


def _of_pair_table(source: Path, options: dict[str, Any], seed: int, stated: Stated) -> Dataset:
    texts, targets, _, parts = pairs_in(source, options.pop("source"), options.pop("target"))
    with naming(source):
        return Dataset.from_pairs(texts, targets or (), parts=parts, **options, seed=seed)


@contextmanager
def naming(source: Path) -> Iterator[None]:
    """Name a file in errors about its content."""
    try:
        yield
    except (InputError, SettingError) as error:
        raise type(error)(f"{source}: {error}") from error


def for_sound(folder: Path, log_mel: LogMel | None) -> LogMel | None:
    """Return these features if the folder holds sound."""
    return log_mel if log_mel is not None and holds_sound(folder) else None


class Kind(NamedTuple):
    """A kind of data that a file can describe."""

    form: type[_Description]
    build: Callable[[Path, dict[str, Any], int, Stated], Dataset]
    """From the path, the options, the seed, and what a program states."""


KINDS = {
    "folder": Kind(FolderDescription, _of_folder),
    "series": Kind(SeriesDescription, _of_series),
    "texts": Kind(TextsDescription, _of_text_table),
    "pairs": Kind(PairsDescription, _of_pair_table),
}
"""The kinds by the key that has the path."""
