"""The pairs that a command runs on: those of a data set or of a table, or sources alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hardware.definition.tokens import PADDING
from hardware.definition.vocabulary import Vocabulary, tokens_of
from hardware.errors import InputError

if TYPE_CHECKING:
    from hardware.program.pair import ProgramPair
    from spiking_gru.data import Dataset
    from spiking_gru.data.pairs import Frames
    from spiking_gru.run_folder import RunFolder

SOURCE, TARGET = "source", "target"
"""Columns of a table of pairs."""

TABLE = f"a CSV file with the columns {SOURCE} and {TARGET}"


@dataclass(frozen=True)
class PairInputs:
    """Sources to translate, and what follows from their right texts where these are known."""

    name: str
    sources: Frames
    fingerprint: str
    received: Frames | None = None
    """The tokens of the right texts as the decoder receives them."""

    expected: Sequence[str] | None = None
    """The right texts."""

    is_own: bool = False
    """Whether it is the test part of the data that the run was made with."""

    def require_received(self) -> Frames:
        """Return the tokens of the right texts; an InputError where they are not known."""
        if self.received is None:
            raise InputError(f"{self.name} has sources without their texts: give {TABLE}")
        return self.received


def pair_inputs(folder: RunFolder, pair: ProgramPair, data: str | None) -> PairInputs:
    """Return the test part of a run's data, or other data: pairs, or sources alone.

    Pairs are those of a data set or of a table. Sources alone are the lines of a text file, or the
    `values` and `lengths` of a `.npz` file.
    """
    from spiking_gru.data.npz import read_arrays
    from spiking_gru.data.npz_form import inputs_of
    from spiking_gru.data.paths import TABLES, is_archive
    from spiking_gru.data.registry import DATASETS, load
    from spiking_gru.data.text_tables import LINES, lines_in, pairs_in

    if data is None:
        name = folder.origin()["dataset"]["name"]
        return _of_dataset(name, folder.dataset(), pair, is_own=True)
    path = Path(data)
    if data not in DATASETS:
        if path.suffix == LINES:
            return _of_texts(path, pair, lines_in(path))
        if path.suffix in TABLES:
            found = pairs_in(path, SOURCE, TARGET)
            return _of_texts(path, pair, found.texts, found.targets)
        arrays = read_arrays(path) if is_archive(path) else {}
        if "values" in arrays and "lengths" in arrays:
            sources = inputs_of({name: arrays[name] for name in ("values", "lengths")})
            return PairInputs(path.stem, list(sources.sequences), sources.fingerprint)
    dataset = load(data)
    is_run = folder.about_training.is_file()
    is_own = is_run and dataset.fingerprint == folder.origin()["dataset"]["fingerprint"]
    return _of_dataset(dataset.name, dataset, pair, is_own)


def _of_dataset(name: str, dataset: Dataset, pair: ProgramPair, is_own: bool) -> PairInputs:
    from spiking_gru.data.pairs import halves_of, texts_of

    reads, words = dataset.reads, dataset.vocabulary
    if reads is None or words is None:
        raise InputError(
            f"{name} has no pairs, but the programs are an encoder and a decoder: give {TABLE}"
        )
    if (reads.vocabulary, words) != (pair.encoder.vocabulary, pair.decoder.vocabulary):
        raise InputError(
            f"{name} has another vocabulary than the programs: give its texts in {TABLE}"
        )
    sources, received = halves_of(dataset.test)
    expected = texts_of(dataset.test, words)
    return PairInputs(name, sources, dataset.fingerprint, received, expected, is_own)


def _of_texts(
    path: Path, pair: ProgramPair, sources: Sequence[str], targets: Sequence[str] | None = None
) -> PairInputs:
    """Return the texts of a file as the tokens of the programs."""
    from hardware.runs.generation import vocabulary_of
    from spiking_gru.data.fingerprint import fingerprint

    reads, writes = pair.encoder.vocabulary, vocabulary_of(pair.decoder)
    if reads is None:
        raise InputError(
            f"{path} has texts, but the encoder reads frames of {pair.encoder.encoder.channels} "
            f"channels: give a .npz file with values and lengths"
        )
    content = "\0".join([*sources, *(targets or ())]).encode()
    found = fingerprint({"pairs": np.frombuffer(content, dtype=np.uint8)})
    read = [_frames(tokens) for tokens in _tokens(path, sources, reads)]
    if targets is None:
        return PairInputs(path.stem, read, found)
    texts = _tokens(path, targets, writes)
    received = [_frames([PADDING, *tokens]) for tokens in texts]
    return PairInputs(path.stem, read, found, received, [writes.decode(t) for t in texts])


def _tokens(path: Path, texts: Sequence[str], words: Vocabulary) -> list[list[int]]:
    try:
        return tokens_of(texts, words)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _frames(tokens: Sequence[int]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.array(tokens, dtype=np.float32)[:, np.newaxis]
