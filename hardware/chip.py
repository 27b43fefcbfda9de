"""Chips as data: limits and cost constants, each with a range and a source."""

from __future__ import annotations

import sys
from importlib.resources import files
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from hardware.errors import SettingError, unknown_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

CHIPS = ("loihi1", "loihi2")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Constant(_Strict):
    """A published figure: its range, and where it comes from."""

    low: float = Field(ge=0)
    nominal: float = Field(ge=0)
    high: float = Field(ge=0)
    source: str

    @model_validator(mode="after")
    def _ordered(self) -> Constant:
        if not self.low <= self.nominal <= self.high:
            raise ValueError(
                f"expected low <= nominal <= high, found {self.low, self.nominal, self.high}"
            )
        return self

    @property
    def range(self) -> tuple[float, float, float]:
        return self.low, self.nominal, self.high


class Limits(_Strict):
    cores: int = Field(ge=1)
    neurons_per_core: int = Field(ge=1)
    synapse_bits_per_core: int = Field(ge=1)
    source: str


class OperationEnergies(_Strict):
    synaptic_operation: Constant
    neuron_update: Constant
    spike: Constant


class OperationTimes(_Strict):
    synaptic_operation: Constant
    neuron_update: Constant
    spike: Constant
    barrier: Constant


class Host(_Strict):
    power_mw: Constant
    time_us_per_step: Constant


class Chip(_Strict):
    """One chip description file."""

    name: str
    gated_neurons: bool
    gated_neurons_note: str = ""
    inherited_energy_from: str = ""
    limits: Limits
    energy_pj: OperationEnergies
    time_ns: OperationTimes
    static_mw_per_core: Constant
    host: Host


def load_chip(name: str) -> Chip:
    """A chip by name."""
    if name not in CHIPS:
        raise unknown_name("chip", name, CHIPS)
    return parse_chip(name, (files("hardware") / "chips" / f"{name}.toml").read_text("utf-8"))


def parse_chip(name: str, text: str) -> Chip:
    """A chip from the text of its description; an error names the field that is wrong."""
    try:
        content: dict[str, Any] = tomllib.loads(text)
        return Chip.model_validate(content)
    except tomllib.TOMLDecodeError as error:
        raise SettingError(f"chip {name}: not valid TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SettingError(f"chip {name}: {where}: {first['msg']}") from error
