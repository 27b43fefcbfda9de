"""Steps of small networks on Loihi 2, hard-wired and microcoded."""

from __future__ import annotations

from hardware import Cost, load_chip
from published.izhikevich import LENGTH
from published.lines import ASIDE, FITTED, Line, Network
from published.parts import Part, inherits_energy, of, priced, times, without_host

LIF_STEP_S = 1.78e-6
LIF = ((200, 5, 0.47), (1200, 69, 0.57))
"""Neurons, cores, and watts of the whole chip."""

IZHIKEVICH = ((200, 5, 7.45e-6), (500, 14, 4.3e-6), (700, 21, 3.3e-6), (1200, 60, 2.2e-6))
"""Neurons, cores, and seconds of a step."""

IZHIKEVICH_W = 0.755
"""Watts of the whole chip with 1,200 Izhikevich neurons."""

QUIET = "spikes left out"


def _chip_energy(found: Cost) -> tuple[float, float, float]:
    return of(found.core_dynamic_j + found.chip_static_j)


def lif() -> Network:
    """Winner-take-all networks of hard-wired LIF neurons (Uludag et al. 2024)."""
    chip = without_host(load_chip("loihi2"))
    lines = []
    for neurons, cores, _ in LIF:
        found = priced(chip, [[Part(cores, neuron_updates=neurons)]])
        size = f"{neurons:,} neurons on {cores} cores"
        lines.append(
            Line(f"time of a step, {size}", "s", of(found.core_s), LIF_STEP_S, FITTED, QUIET, True)
        )
    neurons, cores, power_w = LIF[0]
    found = priced(chip, [[Part(cores, neuron_updates=neurons)]])
    lines.append(
        Line(
            f"energy of a step, whole chip, {neurons} neurons",
            "J",
            _chip_energy(found),
            power_w * LIF_STEP_S,
            "whole chip",
            QUIET,
            inherits_energy(chip, found),
        )
    )
    return Network("LIF networks, Loihi 2", tuple(lines))


def izhikevich() -> Network:
    """The same networks of microcoded Izhikevich neurons."""
    chip = without_host(load_chip("loihi2"))
    lines = []
    for neurons, cores, measured in IZHIKEVICH:
        found = priced(chip, [[Part(cores, instructions=LENGTH * neurons)]])
        title = f"time of a step, {neurons:,} neurons on {cores} cores"
        even = f"neurons shared evenly; {QUIET}"
        lines.append(Line(title, "s", of(found.core_s), measured, FITTED, even))
    (neurons, _, lif_w), step_s = LIF[-1], IZHIKEVICH[-1][2]
    lines.append(
        Line(
            "energy of an update",
            "J",
            times(chip.energy_pj.microcode_instruction, 1e-12 * LENGTH),
            (IZHIKEVICH_W - lif_w) * step_s / neurons,
            FITTED,
            f"the power above that of {neurons:,} LIF neurons is the updates'",
        )
    )
    return Network("Izhikevich networks, Loihi 2", tuple(lines))


Q_CORES, Q_STEPS, Q_S, Q_BOARD_J = 12, 9, 12.86e-6, 23.2e-6


def q_learning() -> Network:
    """Q-learning with microcoded neurons (arXiv:2609.32317)."""
    chip = without_host(load_chip("loihi2"))
    found = priced(chip, [[Part(Q_CORES)]] * Q_STEPS)
    empty = "neurons and spikes left out"
    return Network(
        "Q-learning, Loihi 2",
        (
            Line(f"time of {Q_STEPS} steps", "s", of(found.core_s), Q_S, FITTED, empty, True),
            Line(
                "static energy, whole chip, and the board",
                "J",
                of(found.chip_static_j),
                Q_BOARD_J,
                ASIDE,
                empty,
            ),
        ),
    )


SHD = (700, 1024, 20)
SHD_STEPS, SHD_RATE, SHD_J = 1_000, 0.01, 0.50e-3
SHD_CORES = (14, 1)


def recurrent_shd() -> Network:
    """A recurrent network of LIF neurons for spoken digits (arXiv:2503.04341)."""
    inputs, hidden, outputs = SHD
    into_hidden, out_of_hidden = SHD_RATE * (inputs + hidden), SHD_RATE * hidden
    cores, last = SHD_CORES
    parts = [
        Part(
            cores,
            into_hidden * hidden,
            hidden,
            messages_in=into_hidden * cores,
            messages_made=out_of_hidden,
            copies=cores + last,
            dense=True,
        ),
        Part(last, out_of_hidden * outputs, outputs, messages_in=out_of_hidden, dense=True),
    ]
    chip = load_chip("loihi2")
    alone = priced(without_host(chip), [parts] * SHD_STEPS)
    hosted = priced(chip, [parts] * SHD_STEPS)
    assumed = "1 s in steps of 1 ms; 10 spikes a second from each input and neuron"
    marked = inherits_energy(chip, alone)
    dynamic, whole = of(alone.core_dynamic_j), _chip_energy(alone)
    on_host = of(hosted.core_dynamic_j + hosted.chip_static_j + hosted.host_j)
    no_host, every_step = f"{assumed}; no host", f"{assumed}; the host carries every step"
    inference = "energy of an inference"
    return Network(
        "recurrent SHD network, Loihi 2",
        (
            Line(f"{inference}, core dynamic", "J", dynamic, SHD_J, ASIDE, assumed, marked),
            Line(f"{inference}, whole chip", "J", whole, SHD_J, "whole chip", no_host, marked),
            Line(
                f"{inference}, chip and host", "J", on_host, SHD_J, "with host", every_step, marked
            ),
        ),
    )
