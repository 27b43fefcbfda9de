"""The devices of a report and the use of the program, in the terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich import box
from rich.markup import escape
from rich.table import Table

from hardware.cost.held_out import as_text, spread
from hardware.reporting.devices import bounds_of
from hardware.reporting.schema import (
    ChipFigures,
    DeviceFigures,
    MeasuredFigures,
    Range,
    UseFigures,
)
from hardware.reporting.units import (
    count_or_rate,
    duration,
    joules,
    percent,
    seconds,
    watts,
    with_prefix,
)
from hardware.reporting.verdict import unmeasured

BUSY = 0.5
"""Share of a machine's cores used by others from which measured times are marked."""

SCOPES: dict[str, tuple[str, Callable[[float], str]]] = {
    "dynamic_j": ("dynamic", joules),
    "static_j": ("static", joules),
    "host_j": ("host", joules),
    "total_j": ("total", joules),
    "time_s": ("time", seconds),
    "power_w": ("power", watts),
}
"""Fields of a device, each with its title and the way to write it."""


def titled(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column(columns[0])
    for column in columns[1:]:
        table.add_column(column, justify="right", overflow="fold")
    return table


def devices_table(devices: Sequence[DeviceFigures]) -> Table:
    """Return a row for each device, nominal; power where a rate was asked for."""
    shown = {
        field: row
        for field, row in SCOPES.items()
        if field != "power_w" or any(device.power_w is not None for device in devices)
    }
    titles = [title for title, _ in shown.values()]
    table = titled("Devices, per inference, nominal", "device", *titles)
    table.box, table.padding = box.SIMPLE_HEAD, (0, 1, 0, 0)
    for device in devices:
        cells = [_nominal(getattr(device, field), text) for field, (_, text) in shown.items()]
        table.add_row(escape(device.name), *cells)
    return table


def _nominal(found: Range | None, text: Callable[[float], str]) -> str:
    return "–" if found is None else text(found.nominal)


def use_lines(use: UseFigures, chip: ChipFigures) -> list[str]:
    """Return what bounds a step, and what the use asks for, a line each."""
    bound, share = bounds_of(chip.bound_s)
    needed = ", ".join(
        f"{name} {seconds(spent)}" for name, spent in chip.needed_s.items() if spent > 0
    )
    lines = [
        f"Time on the cores: {100 * share:.0f} % is bound by {BOUND_TITLES[bound]}",
        f"Needed by {needed or 'no part'}",
    ]
    rates = {
        "inferences": use.demand.rate_hz,
        "frames": use.demand.frame_rate_hz,
    }
    lines += [
        _busy(use, f"{count_or_rate(rate)} {name} a second")
        for name, rate in rates.items()
        if rate is not None
    ]
    if use.demand.deadline_s is not None:
        nominal, worst = (
            "met" if met else "missed" for met in (use.deadline_met, use.deadline_met_at_worst)
        )
        lines.append(f"Deadline of {seconds(use.demand.deadline_s)}: {nominal}; at worst {worst}")
    if use.battery_s is not None:
        life = use.battery_s
        lines.append(
            f"The whole chip and its host empty the battery in {duration(life.nominal)} "
            f"({duration(life.low)} – {duration(life.high)})"
        )
    product = with_prefix(use.energy_delay_js.nominal, "Js")
    lines.append(f"Energy-delay product: {product}")
    if use.stream_s is not None:
        after = seconds(use.stream_s.nominal)
        lines.append(f"In a stream the answer comes {after} after the last frame")
    return lines


BOUND_TITLES = {
    "neurons": "the steps of neurons on the busiest core",
    "synapses": "weights read on the busiest core",
    "messages": "messages into the busiest tile",
    "barrier": "the barrier, the shortest step",
}
"""Bounds of a step, in words."""


def _busy(use: UseFigures, rate: str) -> str:
    """Return the share of time at work, nominal and with every constant at its high."""
    nominal, high = (None, None) if use.busy is None else (use.busy.nominal, use.busy.high)
    worst = f"at worst {percent(high)}"
    if not use.keeps_up:
        return (
            f"At {rate} cores and host do not keep up: they would be busy {percent(nominal)} of "
            f"the time, {worst}"
        )
    if high is not None and high > 1:
        worst += ", which is too much"
    return f"At {rate} cores and host are busy {percent(nominal)} of the time, {worst}"


def measured_text(found: Sequence[MeasuredFigures]) -> str:
    """Return what measured times rest on, and whether the machine was busy."""
    if not found:
        return "No network was timed on this machine"
    first = found[0]
    threads = f"{first.threads} thread{'s' if first.threads > 1 else ''}"
    text = (
        f"Times on {first.machine} ({threads}): the least of all rounds, for {first.frames} frames"
    )
    busy = max((one.load or 0.0) for one in found)
    if busy >= BUSY:
        text += (
            f". The machine was busy (others used {100 * busy:.0f} % of its cores): compare with "
            f"care"
        )
    return text


ERRORS = {
    "core dynamic": "core dynamic energy",
    "whole chip": "energy of whole chips",
    "with host": "with the host as well",
    "time": "time on the cores",
}
"""Kinds of errors next to the ranges of constants, in words."""


def errors_of_model(chip: ChipFigures, cost_model: str) -> str:
    """Return how far the model is from published measurements that gave no constant."""
    spread_is = "low – high is the spread of constants"
    fault = unmeasured(chip, cost_model)
    if fault:
        return f"{spread_is}; {fault}, so its errors are not known"
    parts = []
    for kind, title in ERRORS.items():
        found = spread(kind)
        ends = dict.fromkeys(as_text(end) for end in (found.lowest, found.highest))
        parts.append(f"{title} {' – '.join(ends)}× on {found.networks}")
    return (
        f"{spread_is}. Predicted / measured of published Loihi networks: {'; '.join(parts)} "
        f"(docs/validation.md)"
    )
