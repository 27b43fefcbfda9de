"""Settings of a training run in a TOML file: every option of `spiking-gru train`, by its name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from hardware.errors import InputError, SettingError, choose
from hardware.files import strict_toml
from hardware.files.disk import first_fault, one_line, read_bytes, write_text
from spiking_gru.data.registry import data_near
from spiking_gru.settings import TrainingSettings

LIMIT = 2**16
"""Bytes of a file of settings."""


def read_config(path: Path) -> dict[str, Any]:
    """Return the settings that a file holds, with the names of `TrainingSettings`' fields.

    A path of data is taken from the folder of the file.
    """
    try:
        given = strict_toml.parse(read_bytes(path, LIMIT))
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: not valid TOML: {one_line(error)}") from error
    settings = {name.replace("-", "_"): value for name, value in given.items()}
    try:
        for name in settings:
            choose("setting", name, TrainingSettings.model_fields)
        TrainingSettings.model_validate(settings, strict=True)
    except ValidationError as error:
        raise InputError(f"{path}: {first_fault(error)}") from error
    except SettingError as error:
        raise SettingError(f"{path}: {error}") from error
    if "data" in settings:
        settings["data"] = data_near(settings["data"], path.parent)
    return settings


def write_config(path: Path, settings: TrainingSettings) -> None:
    """Write all settings, so that `train --config` repeats the run."""
    content = settings.model_dump(exclude_none=True)
    lines = (f"{name} = {strict_toml.value(value)}\n" for name, value in content.items())
    write_text(path, "".join(lines))
