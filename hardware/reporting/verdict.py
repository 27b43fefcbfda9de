"""What wins, by how much, in which scope, and what would change it: in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hardware.cost.dense_gru import BREAK_EVEN, Measured
from hardware.reporting.schema import ChipFigures
from hardware.reporting.units import joules, seconds

REMEDIES = {
    "synaptic_operation": ("synaptic operations", "fewer events or sparser weights"),
    "neuron_update": ("neuron updates", "fewer steps or fewer neurons"),
    "spike": ("making spikes", "fewer spikes"),
    "message": ("messages", "fewer spikes, or layers on fewer cores"),
    "within": ("messages", "fewer spikes, or layers on fewer cores"),
    "hop": ("messages", "fewer spikes, or layers on fewer cores"),
}
"""By how the names of a chip's constants begin: what it is, and what would make less of it."""


def verdict(
    chip: ChipFigures,
    by_operation: Mapping[str, float],
    rivals: Mapping[str, float],
    devices: Mapping[str, float],
    per_synapse: float,
    measured: Measured | None = None,
) -> str:
    """The report's sentences; energies in joules.

    `rivals` are arithmetic, compared with the cores' operations. `devices` are whole: the best of
    them is compared with all scopes together, and so is the time that was `measured`.
    """
    energy = chip.energy_j
    dynamic = energy.core_dynamic.nominal
    compared = _listed([_against(name, joule, dynamic) for name, joule in rivals.items()])
    scopes = {
        "the cores' operations": dynamic,
        "static power": energy.core_static.nominal,
        "the host": energy.host.nominal,
    }
    whole = sum(scopes.values())
    largest = max(scopes, key=lambda scope: scopes[scope])
    device = min(devices, key=lambda name: devices[name])
    what, share, remedy = _largest_part(by_operation)
    return (
        f"On the cores alone an inference takes {joules(dynamic)} on {chip.name}: {compared}. "
        f"{share:.0%} of it is {what}, so {remedy} would change it most. With static power and the "
        f"host it takes {joules(whole)}, of which {largest} "
        f"{'are' if largest.endswith('s') else 'is'} {_share(scopes[largest], whole):.0%}: "
        f"{_against(f'a dense GRU on a {device}', devices[device], whole)}. An average "
        f"synapse sees {per_synapse:.2f} events an inference, {_place(per_synapse)} the published "
        f"break-even band of {BREAK_EVEN[0]} to {BREAK_EVEN[1]}.{_in_time(chip, measured)}"
    )


def _listed(parts: list[str]) -> str:
    return ", ".join(parts[:-1]) + (" and " if parts[:-1] else "") + parts[-1]


def _in_time(chip: ChipFigures, measured: Measured | None) -> str:
    if measured is None:
        return ""
    own = chip.latency_s.core.nominal + chip.latency_s.host.nominal
    other = f"{measured.network}, on {measured.machine}"
    return (
        f" With the host it takes {seconds(own)}, "
        f"{_against(other, measured.median_s, own, seconds)}."
    )


def _largest_part(by_operation: Mapping[str, float]) -> tuple[str, float, str]:
    parts: dict[tuple[str, str], float] = {}
    for name, energy in by_operation.items():
        kind = next(REMEDIES[start] for start in REMEDIES if name.startswith(start))
        parts[kind] = parts.get(kind, 0) + energy
    kind = max(parts, key=lambda kind: parts[kind])
    return kind[0], _share(parts[kind], sum(parts.values())), kind[1]


def _share(part: float, total: float) -> float:
    return part / total if total else 0.0


def _place(per_synapse: float) -> str:
    low, high = BREAK_EVEN
    if per_synapse < low:
        return "below"
    return "above" if per_synapse > high else "inside"


def _against(name: str, rival: float, own: float, shown: Callable[[float], str] = joules) -> str:
    if not own:
        return f"nothing against {name} ({shown(rival)})"
    ratio = rival / own
    if 0.9 < ratio < 1.1:
        relation = "about as much as"
    elif ratio > 1:
        relation = f"{ratio:.1f}× less than"
    else:
        relation = f"{1 / ratio:.1f}× more than"
    return f"{relation} {name} ({shown(rival)})"
