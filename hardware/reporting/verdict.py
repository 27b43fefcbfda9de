"""Three sentences: whether the program is worth it, why, and what would change it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from typing import NamedTuple

from hardware.cost.held_out import MEASURED_CHIPS, spread
from hardware.cost.model import COST_MODELS, CURRENT, CostModel
from hardware.reporting.schema import ChipFigures, DeviceFigures, Range, UseFigures
from hardware.reporting.units import count_or_rate, percent, seconds

CLEAR_OF_CORES, CLEAR_OF_CHIP = (spread(kind).factor for kind in ("core dynamic", "whole"))
"""Ratios up to these say nothing: the model is within these factors of measurements."""


class Part(NamedTuple):
    """A part of an energy in words, and what would make less of it."""

    subject: str
    verb: str
    remedy: str


_SYNAPSES = Part("synaptic operations", "are", "fewer events or sparser weights")
_UPDATES = Part("updates of neurons", "are", "fewer steps or fewer neurons")
_MESSAGES = Part("messages", "are", "fewer spikes, or layers on fewer cores")

OPERATIONS = {
    "synaptic_operation_dense": _SYNAPSES,
    "synaptic_operation_sparse": _SYNAPSES,
    "microcode_instruction": Part("the steps of neurons", "are", "fewer neurons or fewer steps"),
    "neuron_update_active": _UPDATES,
    "neuron_update_idle": _UPDATES,
    "spike": Part("making spikes", "is", "fewer spikes"),
    "message_out": _MESSAGES,
    "message_in": _MESSAGES,
    "graded_payload": Part("payloads of messages", "are", "spikes instead of graded messages"),
    "within_tile": _MESSAGES,
    "hop_east_west": _MESSAGES,
    "hop_north_south": _MESSAGES,
}
"""Constants of a chip."""

WORKING = Part("static power while the cores work", "is", "fewer steps")
WAITING = Part("static power while the host works", "is", "fewer steps or a faster host")
HOST = Part("the host", "is", "fewer steps or fewer input events")


def verdict(
    devices: Sequence[DeviceFigures],
    by_operation: Mapping[str, Range],
    use: UseFigures,
    chip: ChipFigures,
    cost_model: str = CURRENT,
) -> str:
    """Return the sentences; only modelled devices are compared, so no clock has a say.

    The operations of the cores are compared with arithmetic and its memory, the whole chip with its
    host with whole devices: their power where a rate was asked for, else their energy. Ratios
    within the errors of the model say nothing; where these are not known, ranges that overlap.
    """
    fault = unmeasured(chip, cost_model)
    clear_of_cores, clear_of_chip = (None, None) if fault else (CLEAR_OF_CORES, CLEAR_OF_CHIP)
    whole = devices[1]
    rivals = [device for device in devices[2:] if device.compared]
    arithmetic = _cheapest([device for device in rivals if not device.whole])
    device = _cheapest([device for device in rivals if device.whole])
    subject = "the whole chip" if chip.chips == 1 else f"all {chip.chips} chips"
    of_cores = Ratio.of(arithmetic.total_j, whole.dynamic_j, clear_of_cores)
    of_whole = Ratio.of(device.total_j, whole.total_j, clear_of_chip)
    takes, what, when = "take", "energy", "at full load"
    if whole.power_w is not None:
        of_whole = Ratio.of(device.power_w, whole.power_w, clear_of_chip)
        takes, what, when = "draw", "power", "at this rate"
    takes += "s" * (chip.chips == 1)
    decided = f"; {fault}, so ranges that overlap count as equal" if fault else ""
    parts, scopes = _parts(by_operation), _scopes(chip, COST_MODELS[cost_model])
    part, scope = max(parts, key=lambda of: parts[of]), max(scopes, key=lambda of: scopes[of])
    return (
        f"{_worth(chip, use, of_cores, of_whole)}: the operations of the cores take "
        f"{of_cores.in_words('energy')} {_described(arithmetic)}, and {subject} with the host "
        f"{takes} {of_whole.in_words(what)} {_described(device)} {when}{decided}. "
        f"{_capital(part.subject)} {part.verb} {_share(parts, part)} of these operations, and "
        f"{scope.subject} {scope.verb} {_share(scopes, scope)} of the whole. "
        f"{_capital(part.remedy)} would change the first most, {scope.remedy} the second; "
        f"{_rate(use, device, subject)}."
    )


def unmeasured(chip: ChipFigures, cost_model: str) -> str:
    """Return why the errors of the model are not known; an empty text where they are."""
    if chip.name not in MEASURED_CHIPS:
        return f"no network was measured on {chip.name}"
    if cost_model != CURRENT:
        return f"cost model {cost_model} was not compared with measurements"
    return ""


def _cheapest(rivals: Sequence[DeviceFigures]) -> DeviceFigures:
    return min(rivals, key=lambda rival: rival.total_j.nominal if rival.total_j else inf)


class Ratio(NamedTuple):
    """How many times the rival's figure is the program's, and whether that is clear."""

    value: float
    less: bool = False
    """Whether the program clearly takes less."""

    more: bool = False

    @classmethod
    def of(cls, rival: Range | None, own: Range | None, clear: float | None) -> Ratio:
        """Compare two figures; without a factor from which on it is clear, by their ranges."""
        if rival is None or own is None:
            return cls(1.0)
        value = rival.nominal / own.nominal if own.nominal else inf if rival.nominal else 1.0
        if clear is None:
            return cls(value, own.high < rival.low, rival.high < own.low)
        return cls(value, value > clear, value < 1 / clear)

    def in_words(self, what: str) -> str:
        if self.less:
            times = "" if self.value == inf else f"{count_or_rate(self.value)}× "
            return f"{times}less {what} than"
        if self.more:
            times = "" if not self.value else f"{count_or_rate(1 / self.value)}× "
            return f"{times}more {what} than"
        return f"about as much {what} as"


def _worth(chip: ChipFigures, use: UseFigures, *ratios: Ratio) -> str:
    """Return the answer in a few words."""
    if not chip.runs_gated_neurons:
        return "It cannot run there, so this is a reference only"
    if use.keeps_up is False:
        busy = percent(use.busy.nominal if use.busy else None)
        return f"Not usable at this rate, which would keep cores and host busy {busy} of the time"
    if use.deadline_met is False and use.demand.deadline_s is not None:
        return f"Not usable, because an answer misses {seconds(use.demand.deadline_s)}"
    if all(ratio.less for ratio in ratios):
        return "Worth it"
    if any(ratio.less for ratio in ratios):
        return "Worth it in part"
    return "Not worth it" if any(ratio.more for ratio in ratios) else "No clear gain"


def _parts(by_operation: Mapping[str, Range]) -> dict[Part, float]:
    """Return the nominal joules of each part of the operations."""
    parts: dict[Part, float] = {}
    for name, energy in by_operation.items():
        parts[OPERATIONS[name]] = parts.get(OPERATIONS[name], 0.0) + energy.nominal
    return parts


def _scopes(chip: ChipFigures, model: CostModel) -> dict[Part, float]:
    """Return the nominal joules of each scope of the whole chip with its host.

    The static energy is shared between cores and host by time, where a model charges both.
    """
    energy, core_s = chip.energy_j, chip.latency_s.core.nominal
    spent = core_s + chip.latency_s.host.nominal * model.static_with_host
    working = energy.chip_static.nominal * (core_s / spent if spent else 0.0)
    return {
        Part("the operations", "are", "the same"): energy.core_dynamic.nominal,
        WORKING: working,
        WAITING: energy.chip_static.nominal - working,
        HOST: energy.host.nominal,
    }


def _share(parts: Mapping[Part, float], part: Part) -> str:
    total = sum(parts.values())
    return f"{100 * parts[part] / total if total else 0:.0f} %"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _described(device: DeviceFigures) -> str:
    """Return a row in a sentence: `a dense GRU (int8 from DRAM; Digital, 45 nm)`."""
    return f"a {device.network} ({device.place})"


def _rate(use: UseFigures, device: DeviceFigures, subject: str) -> str:
    """Return from which rate on the chip draws less power than the device."""
    rate = use.break_even_hz.get(device.name)
    less = f"less power than the one on {device.place}"
    draws = "draws" if subject.startswith("the") else "draw"
    if rate is None:
        return f"{subject} {draws} {less} at no rate that can be kept up with"
    if not rate:
        return f"{subject} {draws} {less} at every rate"
    return f"above {count_or_rate(rate)} inferences a second {subject} {draws} {less}"
