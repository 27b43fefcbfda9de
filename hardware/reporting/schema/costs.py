"""Costs: the program on chips, what it is compared with, and what a use of it asks for."""

from __future__ import annotations

from hardware.reporting.schema.base import Range, Strict


class Energy(Strict):
    core_dynamic: Range
    core_static: Range
    """The share of the cores in use."""

    chip_static: Range
    """The whole chips in use."""

    host: Range


class Latency(Strict):
    core: Range
    host: Range


class ChipFigures(Strict):
    """Mean cost of an inference on one chip."""

    name: str
    cores: int
    chips: int
    runs_gated_neurons: bool
    note: str
    inherited: dict[str, str]
    """Scopes that rest on another chip's figures, with that chip's name."""

    energy_j: Energy
    latency_s: Latency
    bound_s: dict[str, float]
    """Nominal time on the cores by what bounds a step."""

    needed_s: dict[str, float]
    """Nominal time that each part needs, whether it bounds a step or not."""


class FormatFigures(Strict):
    """A dense network in one number format on a digital chip."""

    arithmetic_j: Range
    """Arithmetic alone: a lower bound."""

    with_memory_j: Range
    memory: str
    """The smallest memory that holds its weights and states."""


class RivalFigures(Strict):
    """The same task as a dense network of the same size."""

    title: str
    note: str
    multiply_accumulates: float
    chip: str
    formats: dict[str, FormatFigures]
    device_j: dict[str, float]
    """Whole devices by name."""


class MeasuredFigures(Strict):
    """An ordinary network on an ordinary machine, by the clock."""

    network: str
    machine: str
    software: str
    threads: int
    batch: int
    frames: int
    rounds: int
    least_s: float
    median_s: float
    load: float | None
    """Share of the machine's cores that other processes used while it was measured."""

    power_w: float | None
    energy_j: float | None


class DeviceFigures(Strict):
    """One device: the mean cost of an inference, as far as it is known."""

    network: str
    """The network that runs there, or the name of the charged chip."""

    place: str
    modelled: bool
    """Whether figures are computed; else the time is measured."""

    whole: bool
    """Whether it is a whole device, not its cores or its arithmetic alone."""

    compared: bool
    """Whether the verdict compares with it: no bound, no full batch, no clock."""

    dynamic_j: Range | None
    static_j: Range | None
    host_j: Range | None
    total_j: Range | None
    time_s: Range | None
    power_w: Range | None
    """Mean power at the rate that was asked for; None where the chip does not keep up."""

    note: str

    @property
    def name(self) -> str:
        return f"{self.network}, {self.place}"


class DemandFigures(Strict):
    """A use of the program; None where it was not asked for."""

    rate_hz: float | None
    """Inferences per second."""

    frame_rate_hz: float | None
    deadline_s: float | None
    battery_j: float | None


class UseFigures(Strict):
    """Demands of a use on the charged chip, host included."""

    demand: DemandFigures
    busy: Range | None
    """Share of the time in which cores and host are at work."""

    keeps_up: bool | None
    """Whether `busy` is at most 1, nominal."""

    deadline_met: bool | None
    deadline_met_at_worst: bool | None
    """With every constant at its high."""

    battery_s: Range | None
    """Life of the battery; low and high of the time."""

    energy_delay_js: Range
    stream_s: Range | None
    """Time from the last frame of a stream to its answer; None where a layer reads backwards."""

    break_even_hz: dict[str, float | None]
    """Rate above which the whole chip takes less power, by rival; None where no rate does."""
