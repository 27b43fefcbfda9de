"""Digital chips as data, and what a dense network costs there, its memory included.

A network is in the smallest memory that holds all of its weights and states. Where a file gives
sizes of one kind of memory, those between two of them are made as well: an access costs between
both, by a power of the size. With a batch of one every multiply-accumulate reads a weight; values
of inputs and states are read and written once a frame, in the same memory::

    arithmetic = multiply-accumulates × energy of one
    weights    = weights read × bytes of one × read energy of the memory
    values     = (values read × read energy + values written × write energy) × bytes of one
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from math import ceil, log
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError, model_validator

from hardware.cost.chip import (
    CHIPS,
    DESCRIPTION_LIMIT,
    DIGITAL_CHIPS,
    Constant,
    Count,
    Strict,
    column,
)
from hardware.cost.dense_gru import DenseWork
from hardware.errors import SettingError, choose, name_fault
from hardware.files.disk import first_fault, one_line, read_bytes
from hardware.files.strict_toml import parse

PerSequence = NDArray[np.float64]  # (low / nominal / high, sequences)


class Memory(Strict):
    """One level of the memory: how much it holds, and what a byte costs."""

    name: str = Field(min_length=1)
    bytes: Count
    read_pj_per_byte: Constant
    write_pj_per_byte: Constant
    between: bool = False
    """Whether sizes between the next smaller memory and this one are made as well."""


PerBound = NDArray[np.float64]  # (low / nominal / high, 1)


class Access(NamedTuple):
    """A memory, and the pJ of reading and of writing a byte there."""

    name: str
    read: PerBound
    written: PerBound


class Format(Strict):
    """A number format: its width, and what a multiply-accumulate costs."""

    bytes: Count
    multiply_accumulate_pj: Constant


class DigitalChip(Strict):
    """One description file of a digital chip."""

    name: str = Field(min_length=1)
    formats: dict[str, Format] = Field(min_length=1)
    memories: list[Memory] = Field(min_length=1)

    @model_validator(mode="after")
    def _has_names(self) -> DigitalChip:
        for name in (self.name, *self.formats, *(memory.name for memory in self.memories)):
            fault = name_fault(name)
            if fault is not None:
                raise ValueError(fault)
        return self

    @model_validator(mode="after")
    def _grows(self) -> DigitalChip:
        sizes = [memory.bytes for memory in self.memories]
        if sizes != sorted(set(sizes)):
            raise ValueError(f"expected memories from small to large, found {sizes} bytes")
        return self

    def memory_for(self, stored: int) -> Access:
        """Return the smallest memory that holds that many bytes, or the largest."""
        place = next(
            (i for i, one in enumerate(self.memories) if one.bytes >= stored),
            len(self.memories) - 1,
        )
        found = self.memories[place]
        if stored > found.bytes:
            read, written = column(found.read_pj_per_byte), column(found.write_pj_per_byte)
            return Access(f"more than {found.name}", read, written)
        larger = Access(found.name, column(found.read_pj_per_byte), column(found.write_pj_per_byte))
        if not found.between or place == 0 or found.bytes == stored:
            return larger
        smaller = self.memories[place - 1]
        share = log(stored / smaller.bytes) / log(found.bytes / smaller.bytes)

        def between(low: Constant, high: Constant) -> PerBound:
            energy: PerBound = column(low) ** (1 - share) * column(high) ** share
            return energy

        kind = found.name.split(",")[0]
        return Access(
            f"{kind}, {_size(stored)}",
            between(smaller.read_pj_per_byte, found.read_pj_per_byte),
            between(smaller.write_pj_per_byte, found.write_pj_per_byte),
        )


def _size(stored: int) -> str:
    """Return a number of bytes in kB, as names of memories have it."""
    return f"{ceil(stored / 1024)} kB"


@dataclass(frozen=True)
class DigitalCost:
    """Joules of each inference by part; rows are low, nominal and high."""

    chip: str
    memory: str
    arithmetic_j: PerSequence
    """The lower bound: no memory is read."""

    weights_j: PerSequence
    values_j: PerSequence

    @property
    def total_j(self) -> PerSequence:
        return self.arithmetic_j + self.weights_j + self.values_j


def digital_cost(
    work: DenseWork, chip: str | Path | DigitalChip = "digital-45nm", format: str = "int8"
) -> DigitalCost:
    """Return what a dense network costs on a digital chip in a number format."""
    description = load_digital_chip(chip)
    row = description.formats[choose("number format", format, description.formats)]
    memory = description.memory_for(work.stored * row.bytes)
    read, written = row.bytes * memory.read, row.bytes * memory.written
    return DigitalCost(
        description.name,
        memory.name,
        1e-12 * column(row.multiply_accumulate_pj) * work.multiply_accumulates,
        1e-12 * read * work.weights_read,
        1e-12 * (read * work.values_read + written * work.values_written),
    )


def load_digital_chip(chip: str | Path | DigitalChip) -> DigitalChip:
    """Return a digital chip by name, from a description file ending in `.toml`, or as it is."""
    if isinstance(chip, DigitalChip):
        return chip
    name = str(chip)
    if name.endswith(".toml"):
        content = read_bytes(Path(name), DESCRIPTION_LIMIT)
    else:
        if name in CHIPS:
            raise SettingError(
                f"{name} is no digital chip: name it as the chip of the program (--chip {name})"
            )
        choose("digital chip", name, DIGITAL_CHIPS)
        content = (files("hardware.cost") / "chips" / f"{name}.toml").read_bytes()
    try:
        return DigitalChip.model_validate(parse(content))
    except ValidationError as error:
        raise SettingError(f"chip {name}: {first_fault(error)}") from error
    except ValueError as error:
        raise SettingError(f"chip {name}: not valid TOML: {one_line(error)}") from error
