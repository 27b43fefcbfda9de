"""The space of a search: the settings that vary, and the values of each."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from itertools import combinations
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from hardware.errors import InputError, SettingError
from hardware.files import strict_toml
from hardware.files.disk import first_fault, one_line, read_bytes
from spiking_gru.data import Dataset
from spiking_gru.settings import TrainingSettings
from spiking_gru.training.train import network_settings
from spiking_gru.trials.parameter import Parameter, Value, shown

LIMIT = 2**16
"""Bytes of a file."""


@dataclass(frozen=True)
class Space:
    """Parameters by the name of their setting."""

    parameters: dict[str, Parameter]

    @classmethod
    def of(cls, given: Space | str | Path | dict[str, Any] | None) -> Space:
        """Return a space from a file, or from the content of one; the usual one of None."""
        if isinstance(given, Space):
            return given
        if isinstance(given, dict):
            return cls.parsed(given)
        if given is None:
            content = (files("spiking_gru.trials") / "space.toml").read_bytes()
            return cls.parsed(strict_toml.parse(content))
        path = Path(given)
        try:
            return cls.parsed(strict_toml.parse(read_bytes(path, LIMIT)))
        except SettingError as error:
            raise SettingError(f"{path}: {error}") from error
        except ValueError as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"{path}: not valid TOML: {one_line(error)}") from error

    @classmethod
    def parsed(cls, content: dict[str, Any]) -> Space:
        """Return the space that a file's content describes; a SettingError where it is none."""
        if not content:
            raise SettingError("the space is empty: give at least one setting with its values")
        parameters = {}
        for written, fields in content.items():
            name = written.replace("-", "_")
            if not isinstance(fields, dict):
                raise SettingError(f"{name} is {fields!r:.60}, expected a table: [{name}]")
            try:
                parameters[name] = Parameter.model_validate(fields)
            except ValidationError as error:
                raise SettingError(f"{name}: {first_fault(error)}") from error
            parameters[name].require_sound(name)
        space = cls(parameters)
        space._require_known_conditions()
        return space

    def _require_known_conditions(self) -> None:
        for name, parameter in self.parameters.items():
            for other, allowed in parameter.only.items():
                choices = self.parameters[other].choices if other in self.parameters else None
                wrong = [value for value in allowed if value not in (choices or ())]
                if wrong:
                    raise SettingError(
                        f"{name}: only names {other} = {wrong[0]!r}, which is no choice of the "
                        f"space: expected one of {', '.join(map(str, choices or ['none']))}"
                    )

    def of_task(self, task: str) -> Space:
        """Return the part of the space that a task has."""
        kept = {
            name: parameter
            for name, parameter in self.parameters.items()
            if parameter.tasks is None or task in parameter.tasks
        }
        return Space(kept)

    def without(self, names: set[str]) -> Space:
        """Return the space without some settings, and without conditions on them."""
        return Space(
            {
                name: parameter.model_copy(
                    update={"only": {n: v for n, v in parameter.only.items() if n not in names}}
                )
                for name, parameter in self.parameters.items()
                if name not in names
            }
        )

    def meant(self, values: dict[str, Value]) -> dict[str, Value]:
        """Return those of the values that have a meaning next to the others."""
        return {
            name: value for name, value in values.items() if self.parameters[name].applies(values)
        }

    @property
    def described(self) -> dict[str, Any]:
        """The content of a file of this space."""
        return {
            name: parameter.model_dump(exclude_defaults=True)
            for name, parameter in self.parameters.items()
        }

    def require_usable(self, base: TrainingSettings, dataset: Dataset) -> None:
        """Refuse values of two settings that exclude each other, before the first trial."""
        first = {name: parameter.ends[0] for name, parameter in self.parameters.items()}
        for pair in combinations(self.parameters, 2):
            a, b = (self.parameters[name] for name in pair)
            for values in ((x, y) for x in a.ends for y in b.ends):
                chosen = dict(zip(pair, values, strict=True))
                # What the two depend on has a value with which they have a meaning.
                needed = {n: v[0] for p in (a, b) for n, v in p.only.items() if n not in chosen}
                both = {**first, **needed, **chosen}
                if not (a.applies(both) and b.applies(both)):
                    continue
                try:
                    settings_of(base, {**needed, **chosen}, dataset)
                except SettingError as error:
                    raise SettingError(
                        f"the space has {shown(chosen)}, which exclude each other: {error}"
                    ) from error


def settings_of(
    base: TrainingSettings, values: dict[str, Value], dataset: Dataset
) -> TrainingSettings:
    """Return the settings of a trial; a SettingError where they make no network for the data."""
    given = {**base.model_dump(exclude_unset=True), **values}
    settings = TrainingSettings(**given).resolved(dataset.task, dataset.encoder)
    try:
        network_settings(settings, dataset)
    except ValidationError as error:
        raise SettingError(first_fault(error)) from error
    return settings
