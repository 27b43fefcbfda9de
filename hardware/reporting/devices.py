"""The devices of a report, a row each: the charged chip, rivals, and what was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hardware.cost.chip import Chip
from hardware.cost.dense_gru import DEVICES, MULTIPLY_ACCUMULATE
from hardware.cost.step_time import BOUNDS
from hardware.reporting.demand import Demand
from hardware.reporting.schema import (
    ChipFigures,
    DeviceFigures,
    MeasuredFigures,
    Range,
    RivalFigures,
    UseFigures,
)

FORMAT = "int8"
"""The number format of the rivals among the devices: the program's weights have at most 8 bits."""


class Use(NamedTuple):
    """The charged chip, its figures, and how the program is used there."""

    chip: Chip
    figures: ChipFigures
    frames: float
    """Mean of an inference."""

    ticks: float
    """Mean of an inference."""

    ticks_of_answer: int | None
    """From the last frame of a stream to its answer; None where a layer reads backwards."""

    multiply_accumulates: float
    """Multiply-accumulates of a dense network of the same size, mean of an inference."""

    demand: Demand

    @property
    def rate(self) -> float | None:
        return self.demand.rate(self.frames)

    @property
    def time_s(self) -> Range:
        """Time of an inference with the host."""
        return plus(self.figures.latency_s.core, self.figures.latency_s.host)

    def static_w(self, cores: int) -> Range:
        low, nominal, high = (cores * mw * 1e-3 for mw in self.chip.static_mw_per_core.range)
        return Range(low=low, nominal=nominal, high=high)

    @property
    def chip_w(self) -> Range:
        """Static power of the whole chips in use."""
        return self.static_w(self.figures.chips * self.chip.limits.cores)

    @property
    def stream_s(self) -> Range | None:
        """Time from the last frame of a stream to its answer."""
        if self.ticks_of_answer is None:
            return None
        return times(self.time_s, self.ticks_of_answer / max(self.ticks, 1.0))

    @property
    def keeps_up(self) -> bool | None:
        """Whether the rate leaves time for each inference; None without a rate."""
        return None if self.rate is None else self.rate * self.time_s.nominal <= 1

    def power_w(self, static_w: Range) -> Range | None:
        """Mean power at the rate; None without one, and where the chip does not keep up."""
        if self.rate is None or not self.keeps_up:
            return None
        return plus(static_w, times(self.active_j, self.rate))

    @property
    def active_j(self) -> Range:
        """Energy of an inference besides static power."""
        return plus(self.figures.energy_j.core_dynamic, self.figures.energy_j.host)


def plus(*parts: Range) -> Range:
    """Return the sum of ranges, bound by bound."""
    return Range(**{bound: sum(getattr(part, bound) for part in parts) for bound in RANGE})


def times(part: Range, factor: float) -> Range:
    return Range(**{bound: getattr(part, bound) * factor for bound in RANGE})


RANGE = tuple(Range.model_fields)


def devices_of(
    use: Use, rivals: Sequence[RivalFigures], measured: Sequence[MeasuredFigures]
) -> list[DeviceFigures]:
    """Return the rows of the table; the charged chip comes first."""
    rows = [_cores(use), _whole(use)]
    rows += [_rival(use, rival) for rival in rivals]
    rows.append(_on_host(use, rivals[0]))
    rows += [_device(use, rivals[0], name, joules) for name, joules in rivals[0].device_j.items()]
    return rows + [_measured(found) for found in measured]


def _cores(use: Use) -> DeviceFigures:
    energy = use.figures.energy_j
    return _of_chip(use, "cores in use", energy.core_static, use.static_w(use.figures.cores), False)


def _whole(use: Use) -> DeviceFigures:
    many = use.figures.chips
    name = "whole chip" if many == 1 else f"{many} whole chips"
    return _of_chip(use, name, use.figures.energy_j.chip_static, use.chip_w, True)


def _of_chip(use: Use, place: str, static: Range, static_w: Range, whole: bool) -> DeviceFigures:
    energy = use.figures.energy_j
    return DeviceFigures(
        network=use.chip.name,
        place=place,
        modelled=True,
        whole=whole,
        compared=False,
        dynamic_j=energy.core_dynamic,
        static_j=static,
        host_j=energy.host,
        total_j=plus(energy.core_dynamic, static, energy.host),
        time_s=use.time_s,
        power_w=use.power_w(static_w),
        note=use.figures.note,
    )


def _rival(use: Use, rival: RivalFigures) -> DeviceFigures:
    name = FORMAT if FORMAT in rival.formats else next(iter(rival.formats))
    found = rival.formats[name]
    return DeviceFigures(
        network=rival.title,
        place=f"{name} from {found.memory}; {rival.chip}",
        modelled=True,
        whole=False,
        compared=True,
        dynamic_j=found.with_memory_j,
        static_j=None,
        host_j=None,
        total_j=found.with_memory_j,
        time_s=None,
        power_w=None if use.rate is None else times(found.with_memory_j, use.rate),
        note="; ".join(filter(None, (rival.note, "no static power"))),
    )


def _on_host(use: Use, rival: RivalFigures) -> DeviceFigures:
    """Return the dense network on the processor that serves the chip as its host."""
    constant = use.chip.host.operation_pj
    joules = [use.multiply_accumulates * MULTIPLY_ACCUMULATE * pj * 1e-12 for pj in constant.range]
    total = Range(low=joules[0], nominal=joules[1], high=joules[2])
    return _of_device(
        use,
        rival,
        "the host's processor",
        total,
        f"{MULTIPLY_ACCUMULATE} operations for each multiply-accumulate, {constant.nominal:g} pJ "
        f"each; no static power",
        compared=True,
    )


def _device(use: Use, rival: RivalFigures, name: str, joules: float) -> DeviceFigures:
    total = Range(low=joules, nominal=joules, high=joules)
    device = DEVICES[name]
    batch = f"; {device.least_batch} inferences at once" if device.least_batch > 1 else ""
    return _of_device(use, rival, name, total, device.source + batch, not device.is_bound)


def _of_device(
    use: Use, rival: RivalFigures, place: str, total: Range, note: str, compared: bool
) -> DeviceFigures:
    return DeviceFigures(
        network=rival.title,
        place=place,
        modelled=True,
        whole=True,
        compared=compared,
        dynamic_j=None,
        static_j=None,
        host_j=None,
        total_j=total,
        time_s=None,
        power_w=None if use.rate is None else times(total, use.rate),
        note=note,
    )


def _measured(found: MeasuredFigures) -> DeviceFigures:
    energy = found.energy_j
    return DeviceFigures(
        network=found.network,
        place="this machine",
        modelled=False,
        whole=True,
        compared=False,
        dynamic_j=None,
        static_j=None,
        host_j=None,
        total_j=None if energy is None else Range(low=energy, nominal=energy, high=energy),
        time_s=Range(low=found.least_s, nominal=found.least_s, high=found.median_s),
        power_w=None,
        note=f"measured on {found.machine}: the least of {found.rounds} rounds",
    )


def used(use: Use, devices: Sequence[DeviceFigures]) -> UseFigures:
    """Return what the use asks of the charged chip, and where it and its rivals break even."""
    whole, demand, rate = devices[1], use.demand, use.rate
    assert whole.total_j is not None
    answer_s = use.time_s
    if demand.frame_rate_hz is not None and use.stream_s is not None:
        answer_s = use.stream_s
    deadline = demand.deadline_s
    return UseFigures(
        demand=demand.figures,
        busy=None if rate is None else times(use.time_s, rate),
        keeps_up=use.keeps_up,
        deadline_met=None if deadline is None else answer_s.nominal <= deadline,
        deadline_met_at_worst=None if deadline is None else answer_s.high <= deadline,
        battery_s=_life(demand.battery_j, whole.power_w),
        energy_delay_js=Range(
            **{bound: getattr(whole.total_j, bound) * getattr(use.time_s, bound) for bound in RANGE}
        ),
        stream_s=use.stream_s,
        break_even_hz={
            device.name: break_even(use, device.total_j.nominal)
            for device in devices[2:]
            if device.modelled and device.total_j is not None
        },
    )


def _life(battery_j: float | None, power: Range | None) -> Range | None:
    """Return how long a battery lasts; None without one, and where nothing draws power."""
    if battery_j is None or power is None or not power.low:
        return None
    return Range(
        low=battery_j / power.high, nominal=battery_j / power.nominal, high=battery_j / power.low
    )


def break_even(use: Use, rival_j: float) -> float | None:
    """Return the rate above which the whole chip draws less power than a rival; None if none does.

    Both draw rate × energy of an inference, the chip its static power as well. The rival's static
    power is left out, which favours it.
    """
    saved = rival_j - use.active_j.nominal
    if saved <= 0:
        return None
    rate = use.chip_w.nominal / saved
    return rate if rate * use.time_s.nominal <= 1 else None


def bounds_of(seconds: Mapping[str, float]) -> tuple[str, float]:
    """Return what bounds most of the time on the cores, and its share of it."""
    largest = max(BOUNDS, key=lambda name: seconds.get(name, 0.0))
    total = sum(seconds.values())
    return largest, seconds.get(largest, 0.0) / total if total else 0.0
