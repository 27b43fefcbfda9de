"""PilotNet on Loihi 2, as lava-dl's notebooks measured it."""

from __future__ import annotations

from hardware import load_chip
from published.lines import ASIDE, FITTED, Line, Network
from published.parts import Part, inherits_energy, of, priced, times, together

STEPS = 16
DYNAMIC_J, STEP_S = 1.094e-3, 152.8e-6
LOWEST_STEP_J = 35.1e-6
STATIC_W, SDNN_STATIC_W = 0.232, 0.282
LAYERS = {
    "input": Part(13, 0, 39_600),
    "convolution 1": Part(25, 0, 76_032, messages_made=31_000),
    "convolution 2": Part(13, 1.62e6, 26_460, messages_in=31_000, messages_made=6_800),
    "convolution 3": Part(3, 452e3, 8_064, messages_in=6_800, messages_made=1_000),
    "convolution 4": Part(3, 151e3, 5_632, messages_in=1_000, messages_made=1_000),
    "convolution 5": Part(2, 67e3, 2_560, messages_in=1_000, messages_made=2_000),
    "dense layers": Part(15, 4e3, 161, messages_in=2_000),
}
"""Cores and neurons as the notebook prints them, counters as its figure shows them, by step."""


def pilotnet() -> Network:
    """PilotNet of LIF neurons (lava-dl, tutorials/.../pilotnet_snn/benchmark.ipynb)."""
    chip = load_chip("loihi2")
    by_layer = priced(chip, [list(LAYERS.values())] * STEPS)
    even = priced(chip, [[together(*LAYERS.values())]] * STEPS)
    energy = of(by_layer.core_dynamic_j)
    inherited, timed = inherits_energy(chip, by_layer), "core_time" in by_layer.inherited
    per_step = of(by_layer.core_dynamic_j, STEPS)
    read = "counters read off a figure"
    return Network(
        "PilotNet of LIF neurons, Loihi 2",
        (
            Line("core dynamic energy", "J", energy, DYNAMIC_J, "core dynamic", read, inherited),
            Line(
                "core dynamic energy of a step, lowest run",
                "J",
                per_step,
                LOWEST_STEP_J,
                "core dynamic",
                "counters of the run above",
                inherited,
            ),
            Line(
                "time of a step",
                "s",
                of(by_layer.core_s, STEPS),
                STEP_S,
                "time",
                "layers cut as printed",
                timed,
            ),
            Line(
                "time of a step, at least",
                "s",
                of(even.core_s, STEPS),
                STEP_S,
                ASIDE,
                "work shared evenly",
                timed,
            ),
            Line(
                "static power of the chip",
                "W",
                times(chip.static_mw_per_core, 1e-3 * chip.limits.cores),
                STATIC_W,
                FITTED,
            ),
        ),
    )


def pilotnet_sdnn() -> Network:
    """PilotNet as a sigma-delta network on 61 cores (lava-dl)."""
    chip = load_chip("loihi2")
    static = times(chip.static_mw_per_core, 1e-3 * chip.limits.cores)
    line = Line("static power of the chip", "W", static, SDNN_STATIC_W, FITTED)
    return Network("PilotNet as a sigma-delta network, Loihi 2", (line,))


def layers_table() -> str:
    """Return the work of each layer."""
    rows = [
        "| layer | cores | neurons | operations a step | messages in |",
        "|---|---|---|---|---|",
    ]
    for name, part in LAYERS.items():
        operations, messages = f"{part.synaptic_operations:,.0f}", f"{part.messages_in:,.0f}"
        rows.append(
            f"| {name} | {part.cores} | {part.neuron_updates:,} | {operations} | {messages} |"
        )
    return "\n".join(rows)
