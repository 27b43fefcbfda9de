"""Networks that were measured on Loihi 1."""

from __future__ import annotations

from itertools import pairwise

from hardware import Chip, Cost, load_chip
from published.lines import ASIDE, FITTED, Line, Network
from published.parts import Part, of, on_board, priced, times

LSNN_STEPS, LSNN_S = 840, 13.99e-3
LSNN_SYNAPSES, LSNN_SOURCES = 15_675, 80 + 140 + 100
LSNN_SPIKES = 784 / (LSNN_SYNAPSES / LSNN_SOURCES)
LSNN = Part(1, 784, 350, messages_in=LSNN_SPIKES, messages_made=LSNN_SPIKES)
MEAN_FAN_OUT = "spikes from the mean fan-out"


def lsnn() -> Network:
    """sMNIST by an LSNN (intel-nrc-ecosystem/models)."""
    found = priced(load_chip("loihi1"), [[LSNN]] * LSNN_STEPS)
    step = of(found.core_s, LSNN_STEPS)
    whole = of(found.core_s + found.host_s, LSNN_STEPS)
    static_j, host_j = 1.006e-3 * LSNN_S, 23.2e-3 * LSNN_S
    return Network(
        "sMNIST LSNN, Loihi 1",
        (
            Line(
                "core dynamic energy",
                "J",
                of(found.core_dynamic_j),
                1.583e-3 * LSNN_S,
                "core dynamic",
                MEAN_FAN_OUT,
            ),
            Line("time of a step on the cores", "s", step, 4.67e-6, "time", MEAN_FAN_OUT),
            Line("static energy, core in use", "J", of(found.core_static_j), static_j, FITTED),
            Line("host energy", "J", of(found.host_j), host_j, FITTED),
            Line("time of a step with the host", "s", whole, LSNN_S / LSNN_STEPS, FITTED),
        ),
    )


KEYWORDS = (390, 256, 256, 29)
KEYWORD_STEPS, KEYWORD_RATE = 10, 296.5
KEYWORD_HOST_W = 110.2e-3 - 29.7e-3
KEYWORD_J = KEYWORD_HOST_W / KEYWORD_RATE
KEYWORD_SECOND_J = 37e-6
ACTIVITY = 0.05
ACTIVE = f"{100 * ACTIVITY:.0f} % of inputs and neurons send in a step"


def chain(widths: tuple[int, ...], activity: float) -> Part:
    """Return a step of dense layers in which this share of inputs and neurons sends a spike."""
    synapses, sent = sum(a * b for a, b in pairwise(widths)), activity * sum(widths[:-1])
    neurons = sum(widths[1:])
    return Part(len(widths), activity * synapses, neurons, messages_in=sent, messages_made=sent)


def keyword_spotting() -> Network:
    """Blouw et al. 2019: 296.5 inferences a second, 29.7 mW idle and 110.2 mW running."""
    chip = load_chip("loihi1")
    usual = priced(chip, [[chain(KEYWORDS, ACTIVITY)]] * KEYWORD_STEPS)
    most = priced(chip, [[chain(KEYWORDS, 1.0)]] * KEYWORD_STEPS)
    board = on_board(chip, KEYWORD_HOST_W, 1 / KEYWORD_RATE / KEYWORD_STEPS)
    named = priced(board, [[chain(KEYWORDS, ACTIVITY)]] * KEYWORD_STEPS)
    both = "operations and host"
    return Network(
        "keyword spotting, Loihi 1",
        (
            Line("operations", "J", of(usual.core_dynamic_j), KEYWORD_J, ASIDE, ACTIVE),
            Line(
                "operations, at most",
                "J",
                of(most.core_dynamic_j),
                KEYWORD_J,
                ASIDE,
                "everything sends at every step",
            ),
            Line(both, "J", with_host(usual), KEYWORD_J, "board", ACTIVE),
            Line(
                f"{both}, second laboratory",
                "J",
                with_host(usual),
                KEYWORD_SECOND_J,
                "board",
                ACTIVE,
            ),
            Line(
                "operations, and this board's host",
                "J",
                with_host(named),
                KEYWORD_J,
                FITTED,
                "power and time of the measurement",
            ),
        ),
    )


def with_host(found: Cost) -> tuple[float, float, float]:
    """Return what operations and host take together."""
    return of(found.core_dynamic_j + found.host_j)


BRANCH = (390, *[256] * 10)
BRANCHES = (2, 10)
BRANCHES_J = (703.7e-6, 835.8e-6)
BRANCH_STATIC_CORES, BRANCH_STATIC_W = 53, 89.1e-3


def scaled_keywords() -> Network:
    """Applied Brain Research's scaled keyword networks."""
    chip: Chip = load_chip("loihi1")
    found = priced(chip, [[chain(BRANCH, ACTIVITY)]] * KEYWORD_STEPS)
    measured = (BRANCHES_J[1] - BRANCHES_J[0]) / (BRANCHES[1] - BRANCHES[0])
    static = times(chip.static_mw_per_core, 1e-3 * BRANCH_STATIC_CORES)
    return Network(
        "scaled keyword networks, Loihi 1",
        (
            Line(
                "core dynamic energy of a branch",
                "J",
                of(found.core_dynamic_j),
                measured,
                "core dynamic",
                f"ten layers in a chain, {KEYWORD_STEPS} steps; {ACTIVE}",
            ),
            Line(
                f"static power of {BRANCH_STATIC_CORES} cores",
                "W",
                static,
                BRANCH_STATIC_W,
                FITTED,
            ),
        ),
    )
