"""Three sentences: whether the program is worth it, why, and what would change it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hardware.cost.held_out import spread
from hardware.reporting.schema import DeviceFigures, Range, UseFigures
from hardware.reporting.units import digits

CLEAR_OF_CORES, CLEAR_OF_CHIP = (spread(kind).factor for kind in ("core dynamic", "energy"))
"""Ratios up to these say nothing: the model is within these factors of measurements."""

REMEDIES = {
    "synaptic_operation": ("synaptic operations", "fewer events or sparser weights"),
    "microcode_instruction": ("the steps of neurons", "fewer neurons or fewer steps"),
    "neuron_update": ("updates of neurons", "fewer steps or fewer neurons"),
    "spike": ("making spikes", "fewer spikes"),
    "message": ("messages", "fewer spikes, or layers on fewer cores"),
    "graded": ("payloads of messages", "spikes instead of graded messages"),
    "within": ("messages", "fewer spikes, or layers on fewer cores"),
    "hop": ("messages", "fewer spikes, or layers on fewer cores"),
}
"""By how the names of a chip's constants begin: what it is, and what would make less of it."""


def verdict(
    devices: Sequence[DeviceFigures], by_operation: Mapping[str, float], use: UseFigures
) -> str:
    """Return the sentences; only modelled devices are compared, so no clock has a say."""
    cores, whole = devices[:2]
    rivals = [device for device in devices[2:] if device.modelled]
    arithmetic = _cheapest([device for device in rivals if not device.whole])
    at_once = [device for device in rivals if device.whole and "at once" not in device.note]
    device = _cheapest(at_once)
    of_cores = Ratio(_ratio(arithmetic.total_j, cores_alone(cores)), CLEAR_OF_CORES)
    of_whole = Ratio(_ratio(device.total_j, whole.total_j), CLEAR_OF_CHIP)
    part, share, remedy = _largest_part(by_operation)
    scopes = {
        "the cores' operations": whole.dynamic_j,
        "static power": whole.static_j,
        "the host": whole.host_j,
    }
    nominal = {name: scope.nominal for name, scope in scopes.items() if scope is not None}
    largest = max(nominal, key=lambda name: nominal[name])
    of_largest = _share(nominal[largest], sum(nominal.values()))
    return (
        f"{_worth(of_cores, of_whole)}: the cores in use take {of_cores} "
        f"{_described(arithmetic)}, and the whole chip with its host takes {of_whole} "
        f"{_described(device)}. {part.capitalize()} {_are(part)} {share:.0%} of the energy of the "
        f"cores, and {largest} {_are(largest)} {of_largest:.0%} of the whole. "
        f"{remedy.capitalize()} would change the cores most; {_rate(use, device)}."
    )


def cores_alone(cores: DeviceFigures) -> Range | None:
    """Return the energy of the cores in use, without the host."""
    dynamic, static = cores.dynamic_j, cores.static_j
    if dynamic is None or static is None:
        return None
    nominal = dynamic.nominal + static.nominal
    return Range(low=dynamic.low + static.low, nominal=nominal, high=dynamic.high + static.high)


def _cheapest(rivals: Sequence[DeviceFigures]) -> DeviceFigures:
    return min(rivals, key=lambda rival: rival.total_j.nominal if rival.total_j else 0.0)


def _described(device: DeviceFigures) -> str:
    """Return the name of a row in a sentence: `a dense GRU (int8, Digital, 45 nm)`."""
    network, _, place = device.name.partition(", ")
    return f"a {network} ({place})"


def _ratio(rival: Range | None, own: Range | None) -> float:
    """Return how many times the rival's energy is the program's."""
    if rival is None or own is None or not own.nominal:
        return 1.0
    return rival.nominal / own.nominal


class Ratio(NamedTuple):
    """How many times the rival's energy is the program's, and from where on that is clear."""

    value: float
    clear: float

    @property
    def less(self) -> bool:
        """Whether the program clearly takes less."""
        return self.value > self.clear

    @property
    def more(self) -> bool:
        return self.value < 1 / self.clear

    def __str__(self) -> str:
        if self.less:
            return f"{digits(self.value)}× less energy than"
        if self.more:
            return f"{digits(1 / self.value)}× more energy than"
        return "about as much energy as"


def _worth(*ratios: Ratio) -> str:
    if all(ratio.less for ratio in ratios):
        return "Worth it"
    if all(ratio.more for ratio in ratios):
        return "Not worth it for energy"
    if any(ratio.less for ratio in ratios):
        return "Worth it in part"
    return "No clear gain in energy"


def _largest_part(by_operation: Mapping[str, float]) -> tuple[str, float, str]:
    parts: dict[tuple[str, str], float] = {}
    for name, energy in by_operation.items():
        kind = next(REMEDIES[start] for start in REMEDIES if name.startswith(start))
        parts[kind] = parts.get(kind, 0) + energy
    kind = max(parts, key=lambda kind: parts[kind])
    return kind[0], _share(parts[kind], sum(parts.values())), kind[1]


def _share(part: float, total: float) -> float:
    return part / total if total else 0.0


def _rate(use: UseFigures, device: DeviceFigures) -> str:
    """Return from which rate on the whole chip draws less power than the device."""
    rate, place = use.break_even_hz.get(device.name), device.name.partition(", ")[2]
    if rate is None:
        return (
            f"at no rate that it keeps up with does the whole chip draw less power than the {place}"
        )
    return (
        f"above {digits(rate)} inferences a second the whole chip draws less power than the {place}"
    )


def _are(subject: str) -> str:
    return "are" if subject.endswith("s") and not subject.startswith("making") else "is"
