"""Data sets by path: a `.npz` file, lines of text, a folder of recordings, or a description."""

from __future__ import annotations

from pathlib import Path

from hardware.errors import InputError
from spiking_gru.data.dataset import Dataset
from spiking_gru.data.description import NOTHING, Stated, described, for_sound, of_table
from spiking_gru.data.npz import read_arrays
from spiking_gru.data.npz_form import dataset_of
from spiking_gru.data.text_tables import LINES, Texts, lines_in

TABLES = (".csv", ".parquet")
DESCRIPTION = ".toml"
FORMS = (".npz", DESCRIPTION, LINES, *TABLES)
"""Endings of names that are paths, whether or not anything is there."""


def load_path(path: Path, seed: int = 0, stated: Stated = NOTHING) -> Dataset:
    """Return the data set at a path; the seed chooses its validation part if none is given."""
    if path.is_dir():
        return Dataset.from_folder(path, seed=seed, log_mel=for_sound(path, stated.log_mel))
    if path.suffix == DESCRIPTION:
        return described(path, seed, stated)
    if path.suffix == LINES:
        words, texts = stated.vocabulary, Texts(lines_in(path))
        return of_table(path, texts, name=path.stem, seed=seed, vocabulary=words)
    if path.suffix in TABLES:
        raise InputError(
            f"{path} is one table: write a file such as {path.stem}.toml with the lines series = "
            f"{path.name!r}, target, history and horizon, or texts = {path.name!r}, or pairs = "
            f"{path.name!r}, and give that file as the data"
        )
    return dataset_of(path.stem, read_arrays(path), seed, str(path))


def is_archive(path: Path) -> bool:
    """Return whether arrays can be read from the path."""
    return path.exists() and not path.is_dir() and path.suffix not in (DESCRIPTION, LINES, *TABLES)
