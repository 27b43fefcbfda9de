"""A setting and the values that a search tries."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from hardware.errors import SettingError, choose
from hardware.files.disk import first_fault
from spiking_gru.data.tasks import OF_HEADS, TASKS
from spiking_gru.settings import TrainingSettings

FIXED = ("data", "seed", "device", "threads", "baseline", "baseline_size", "distil")
"""Settings that are the same in all trials."""

Value = bool | int | float | str


class Parameter(BaseModel):
    """The values of one setting: some choices, or a range."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    choices: list[Value] | None = None
    low: int | float | None = None
    high: int | float | None = None
    log: bool = False
    only: dict[str, list[Value]] = {}
    """Choices of other settings with which this one has a meaning."""

    tasks: list[str] | None = None
    """Tasks for which it is part of the space; None for all."""

    @property
    def ends(self) -> list[Value]:
        """The choices, or both ends of the range."""
        if self.choices is not None:
            return list(self.choices)
        assert self.low is not None
        assert self.high is not None
        return [self.low, self.high]

    @property
    def whole(self) -> bool:
        """Whether it is a range of whole numbers."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    def applies(self, values: dict[str, Value]) -> bool:
        """Return whether it has a meaning next to the values of other settings."""
        return all(values.get(name) in allowed for name, allowed in self.only.items())

    def require_sound(self, name: str) -> None:
        """Refuse a parameter of no setting, of no value, or with values that the setting lacks."""
        known = [field for field in TrainingSettings.model_fields if field not in FIXED]
        choose("setting in the space", name, known)
        for task in self.tasks or ():
            choose(f"task of {name}", task, (*TASKS, *OF_HEADS))
        is_range = self.low is not None and self.high is not None
        half = (self.low is None) != (self.high is None)
        if half or is_range == (self.choices is not None):
            raise SettingError(f"{name}: expected choices, or low and high: give one of both")
        if self.choices is not None and not self.choices:
            raise SettingError(f"{name}: choices is empty: give at least one value")
        if self.choices is not None and self.log:
            raise SettingError(f"{name}: log is for a range: leave it out, or give low and high")
        if self.low is not None and self.high is not None and not self.low < self.high:
            raise SettingError(
                f"{name}: the range from {self.low} to {self.high} is empty: low must be less "
                f"than high"
            )
        if self.log and self.low is not None and self.low <= 0:
            raise SettingError(f"{name}: low is {self.low}, but a logarithmic range is above 0")
        for value in self.ends:
            try:
                TrainingSettings.model_validate({name: value}, strict=True)
            except ValidationError as error:
                raise SettingError(f"{name}: {first_fault(error)}") from error
            except SettingError as error:
                raise SettingError(f"{name}: {error}") from error


def shown(values: dict[str, Any]) -> str:
    """Return settings in one line: `hidden=32, emit=graded`."""
    return ", ".join(
        f"{name}={value:.3g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in values.items()
    )
