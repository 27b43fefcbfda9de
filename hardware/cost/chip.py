"""Chips as data: limits and cost constants, each with a range and a source.

A unit is part of a field's name: pJ, ns, mW, µs, bits. `chips/template.toml` says what every field
means.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    model_validator,
)

from hardware.cost.model import COST_MODELS, CURRENT, OPTIONAL, CostModel
from hardware.display import number_of
from hardware.errors import SettingError, choose, name_fault, text_fault, unknown_name
from hardware.files.disk import first_fault, one_line, read_bytes
from hardware.files.strict_toml import parse

SHOWN_WITH = {
    "loihi1": ("loihi2",),
    "loihi2": ("loihi1",),
    "spinnaker2": ("loihi2",),
    "xylo": ("loihi2",),
}
"""Chips by name, each with the chips that a report shows next to it."""

CHIPS = tuple(SHOWN_WITH)

DIGITAL_CHIPS = ("digital-45nm", "digital-22nm")
"""Chips for dense networks, described by `hardware.cost.digital`."""

SHOWN_WITH_YOURS = ("loihi2",)
"""Chips that a report shows next to a chip of one's own."""

DESCRIPTION_LIMIT = 2**15
"""Bytes of a description file: six times the template's."""

NotNegative = Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1, le=2**40)]
Cores = Annotated[int, Field(ge=1, le=2**14)]
"""Most cores of one chip: four times the largest chip, so that every tile can be laid out."""


def _printable(text: str) -> str:
    fault = text_fault(text)
    if fault is not None:
        raise ValueError(fault)
    return text


Text = Annotated[str, AfterValidator(_printable)]
Source = Annotated[Text, Field(min_length=1)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Constant(Strict):
    """A published figure: its range, and where it comes from."""

    low: NotNegative
    nominal: NotNegative
    high: NotNegative
    source: Source
    inherited: Text = ""
    """The chip whose figure this is, where none is public for this one."""

    @model_validator(mode="after")
    def _ordered(self) -> Constant:
        _expect_ordered(self.low, self.nominal, self.high)
        return self

    @property
    def range(self) -> tuple[float, float, float]:
        return self.low, self.nominal, self.high


class Barrier(Strict):
    """The wait at the end of a tick: a figure for some numbers of tiles, linear between them."""

    tiles: list[Count] = Field(min_length=1)
    low: list[NotNegative]
    nominal: list[NotNegative]
    high: list[NotNegative]
    source: Source
    inherited: Text = ""

    @model_validator(mode="after")
    def _ordered(self) -> Barrier:
        if self.tiles != sorted(set(self.tiles)):
            raise ValueError(f"expected tiles in ascending order, found {self.tiles}")
        for name in ("low", "nominal", "high"):
            if len(getattr(self, name)) != len(self.tiles):
                raise ValueError(f"expected {len(self.tiles)} values of {name}, one for each tiles")
        for span in zip(self.low, self.nominal, self.high, strict=True):
            _expect_ordered(*span)
        return self

    def at(self, tiles: int) -> tuple[float, float, float]:
        """Low, nominal and high for that many tiles."""
        low, nominal, high = (
            float(np.interp(tiles, self.tiles, values))
            for values in (self.low, self.nominal, self.high)
        )
        return low, nominal, high


def _expect_ordered(low: float, nominal: float, high: float) -> None:
    if not low <= nominal <= high:
        raise ValueError(f"expected low <= nominal <= high, found {low, nominal, high}")


class Mesh(Strict):
    """Tiles in columns and rows, each of some cores."""

    columns: Cores
    rows: Cores
    cores_per_tile: Cores

    @property
    def cores(self) -> int:
        return self.columns * self.rows * self.cores_per_tile


class Limits(Strict):
    """Memory of one core, and the widths of its words."""

    cores: Cores
    neurons_per_core: Count
    synapse_bits_per_core: Count
    synapse_index_bits: Annotated[int, Field(ge=0, le=64)]
    """Stored next to each weight of a sparse set of synapses."""

    state_words_per_core: Count
    fan_in_axons_per_core: Count
    fan_out_axons_per_core: Count
    weight_bits: Annotated[int, Field(ge=1, le=64)]
    state_word_bits: Annotated[int, Field(ge=1, le=64)]
    spike_payload_bits: Annotated[int, Field(ge=0, le=64)]
    source: Source
    inherited: Text = ""
    inherited_fields: list[str] = []

    @model_validator(mode="after")
    def _sensible(self) -> Limits:
        if self.synapse_bits_per_core < self.weight_bits:
            raise ValueError(
                f"synapse_bits_per_core is {self.synapse_bits_per_core}: not even one weight of "
                f"{self.weight_bits} bits"
            )
        for name in self.inherited_fields:
            if name not in Limits.model_fields:
                raise ValueError(f"inherited_fields names {name!r}, which is no limit")
        return self


class Operations(Strict):
    """A constant for each operation of the closed form."""

    synaptic_operation_dense: Constant
    synaptic_operation_sparse: Constant
    neuron_update_active: Constant
    neuron_update_idle: Constant
    microcode_instruction: Constant
    spike: Constant
    message_out: Constant
    message_in: Constant
    graded_payload: Constant
    within_tile: Constant
    hop_east_west: Constant
    hop_north_south: Constant

    def inherited(self) -> Iterator[tuple[str, str]]:
        """Each constant that is another chip's, with that chip."""
        for name in Operations.model_fields:
            constant: Constant = getattr(self, name)
            if constant.inherited:
                yield name, constant.inherited


class Times(Operations):
    barrier: Barrier


class Host(Strict):
    power_mw: Constant
    time_us_per_step: Constant
    operation_pj: Constant


class Chip(Strict):
    """One chip description file."""

    name: str = Field(min_length=1)
    gated_neurons: bool
    gated_neurons_note: Text = ""
    mesh: Mesh
    limits: Limits
    energy_pj: Operations
    time_ns: Times
    static_mw_per_core: Constant
    host: Host
    _left_out: frozenset[str] = PrivateAttr(default=frozenset())

    def __repr__(self) -> str:
        neurons = "gated neurons" if self.gated_neurons else "no gated neurons"
        return f"Chip({self.name!r}: {number_of(self.limits.cores, 'core')}, {neurons})"

    __str__ = __repr__

    @property
    def left_out(self) -> frozenset[str]:
        """Fields that the file leaves out, because its cost model does not read them."""
        return self._left_out

    @model_validator(mode="after")
    def _has_a_name(self) -> Chip:
        fault = name_fault(self.name)
        if fault is not None:
            raise ValueError(fault)
        return self

    @model_validator(mode="after")
    def _says_why_not(self) -> Chip:
        if not (self.gated_neurons or self.gated_neurons_note):
            raise ValueError("gated_neurons is false: gated_neurons_note must say why")
        return self

    @model_validator(mode="after")
    def _mesh_holds_cores(self) -> Chip:
        if self.limits.cores != self.mesh.cores:
            raise ValueError(
                f"limits.cores is {self.limits.cores}, but mesh has {self.mesh.columns} × "
                f"{self.mesh.rows} tiles of {self.mesh.cores_per_tile} cores: {self.mesh.cores}"
            )
        return self


def column(constant: Constant | tuple[float, float, float]) -> NDArray[np.float64]:
    """Low, nominal and high as a column: (3, 1)."""
    values = constant.range if isinstance(constant, Constant) else constant
    return np.array(values)[:, np.newaxis]


def load_chip(chip: str | Path | Chip, cost_model: str = CURRENT) -> Chip:
    """Return a chip by name or from a `.toml` description; a `Chip` is returned as it is.

    A named chip has the constants of this cost model. A file needs those that this model reads.
    """
    version = choose("cost model", cost_model, COST_MODELS)
    if isinstance(chip, Chip):
        require_read(chip, COST_MODELS[version])
        return chip
    name = str(chip)
    if name.endswith(".toml"):
        return parse_chip(name, read_bytes(Path(name), DESCRIPTION_LIMIT), version)
    if name in DIGITAL_CHIPS:
        raise SettingError(
            f"{name} is a digital chip for dense networks, which runs no program: name it as the "
            f"rival (--rival {name})"
        )
    if name not in CHIPS:
        error = unknown_name("chip", name, CHIPS)
        raise SettingError(f"{error}, or a description file ending in .toml")
    folder = files("hardware.cost") / "chips"
    if version != CURRENT:
        folder = folder / version
    file = folder / f"{name}.toml"
    if not file.is_file():
        raise SettingError(
            f"chip {name} has no constants in cost model {version}: use cost model {CURRENT}"
        )
    return parse_chip(name, file.read_bytes(), version)


def require_read(chip: Chip, model: CostModel) -> None:
    """Refuse a chip whose file leaves out what a cost model reads."""
    missing = sorted(chip.left_out & model.reads)
    if missing:
        raise SettingError(
            f"chip {chip.name}: no field {missing[0]!r}, which cost model {model.name} reads: add "
            f"it to the file, or use the cost model that the file was read for"
        )


def shown_with(chip: str) -> tuple[str, ...]:
    """Return the chips that a report shows next to a chip, which is a name or a file."""
    return SHOWN_WITH.get(chip, SHOWN_WITH_YOURS)


def parse_chip(name: str, content: bytes, cost_model: str = CURRENT) -> Chip:
    """A chip from the text of its description; an error names the field that is wrong.

    Fields that the cost model does not read may be left out.
    """
    try:
        described = parse(content)
        left_out = _fill(described, OPTIONAL - COST_MODELS[cost_model].reads)
        chip = Chip.model_validate(described)
        chip._left_out = left_out
        return chip
    except ValidationError as error:
        raise SettingError(f"chip {name}: {_fault(error)}") from error
    except ValueError as error:
        raise SettingError(f"chip {name}: not valid TOML: {one_line(error)}") from error


NOTHING = {"low": 0.0, "nominal": 0.0, "high": 0.0, "source": "left out"}
"""The place of a constant that no cost model reads (`require_read`)."""


def _fill(described: dict[str, Any], fields: frozenset[str]) -> frozenset[str]:
    """Fill in fields that a description leaves out; return their names."""
    missing = set()
    for field in fields:
        table, _, name = field.partition(".")
        if isinstance(described.get(table), dict) and name not in described[table]:
            described[table][name] = dict(NOTHING)
            missing.add(field)
    return frozenset(missing)


def _fault(error: ValidationError) -> str:
    """The first field that is wrong; unknown ones first: they often explain a missing one."""
    faults = error.errors()
    unknown = [fault for fault in faults if fault["type"] == "extra_forbidden"]
    if unknown:
        *place, field = (str(part) for part in unknown[0]["loc"])
        return _unknown_field(place, field)
    first = faults[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "value_error":
        return f"{where}: {first['ctx']['error']}".removeprefix(": ")
    return first_fault(error)


def _unknown_field(place: list[str], field: str) -> str:
    known = list(_model_at(place).model_fields)
    where = ".".join([*place, field])
    stem = field.rpartition("_")[0]
    for name in known:
        if stem and name != field and name.rpartition("_")[0] == stem:
            return f"field {where!r} has a wrong unit: expected {name!r}"
    near = get_close_matches(field, known, n=1, cutoff=0.4)
    hint = f": did you mean {near[0]!r}?" if near else f": known are {', '.join(known)}"
    return f"field {where!r} is not known{hint}"


def _model_at(place: list[str]) -> type[BaseModel]:
    """Return the model of the fields at a place in the file."""
    model: type[BaseModel] = Chip
    for part in place:
        annotation: Any = model.model_fields[part].annotation
        model = next((a for a in get_args(annotation) if isinstance(a, type)), annotation)
    return model
