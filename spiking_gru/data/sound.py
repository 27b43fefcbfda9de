"""Recordings of sound in a folder: WAV files become tables of log-mel features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from hardware.errors import InputError
from hardware.sequences.log_mel import LogMel
from hardware.sequences.samples import require_mono
from spiking_gru.data.tables import Table, table_of_columns
from spiking_gru.data.wav import read_header, read_wav

ENDING = ".wav"

MOST_LOOKED_AT = 100_000
"""Entries that are looked at to find sound."""

LogMelSettings = LogMel | Mapping[str, Any] | None
"""Settings as a user gives them: all, some, or none."""


def is_sound(path: Path) -> bool:
    """Return whether a file is a recording of sound, by its ending."""
    return path.suffix.lower() == ENDING


def holds_sound(folder: Path) -> bool:
    """Return whether a recording of sound is among the first entries of a folder and below it."""
    return any(is_sound(path) for path in islice(folder.rglob("*"), MOST_LOOKED_AT))


def features_of(folder: Path, paths: Sequence[Path], given: LogMelSettings) -> LogMel | None:
    """Return the features of a folder's recordings; None where they are no sound.

    The rate is that of the first file unless it is given. The header of every file is checked.
    """
    sounds = [path for path in paths if is_sound(path)]
    if not sounds:
        if given is not None:
            raise InputError(
                f"{folder}: settings of log-mel features, but no recording ends in {ENDING}: leave "
                f"the settings out"
            )
        return None
    if len(sounds) < len(paths):
        other = next(path for path in paths if not is_sound(path))
        raise InputError(
            f"{other}: not a WAV file, but {sounds[0].name} is one: give every recording the same "
            f"form"
        )
    headers = [(path, read_header(path)) for path in sounds]
    settings = given.settings if isinstance(given, LogMel) else dict(given or {})
    log_mel = LogMel.of({"rate": headers[0][1].rate, **settings})
    like = "" if settings.get("rate") else f" as in {sounds[0].name}"
    for path, header in headers:
        require_mono(str(path), header.channels, log_mel.mix)
        if header.rate != log_mel.rate:
            raise InputError(
                f"{path}: {header.rate} samples per second, expected {log_mel.rate}"
                f"{like}: convert it to this rate"
            )
        if header.samples < log_mel.window:
            raise InputError(
                f"{path}: {header.samples} samples, but a window has {log_mel.window}: leave the "
                f"recording out, or take a shorter window"
            )
    return log_mel


def table_of_sound(path: Path, log_mel: LogMel) -> Table:
    """Return the log-mel features of a WAV file, one column for each mel filter."""
    samples, _ = read_wav(path, log_mel.mix)
    features = log_mel(samples)
    return table_of_columns(str(path), [(f"mel {i}", c) for i, c in enumerate(features.T)])
