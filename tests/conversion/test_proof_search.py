"""A search for inputs that break the range proof finds none, and comes near to every bound."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pytest
from edge_programs import Edge, edge
from formulations import ROWS, with_row
from observed import Numbers, Observed, observe
from worst_inputs import Inputs, reached, search

from conversion.ranges import layer_bounds, prove, readout_bounds
from hardware import run
from hardware.definition.emission import EMISSIONS
from hardware.engines.magnitudes import width
from hardware.engines.saturation import QUANTITIES
from hardware.errors import RangeError
from hardware.program.model import Layer, Program
from hardware.runs.trace import Trace

LIMIT = 2**23 - 1
FLOAT32 = 2**24
"""The largest integer up to which float32 holds all."""

IN_TRAINING = "score without its bias"
"""A sum that training computes and the chip does not."""

ENGINES = ("numpy", "events")


def is_proven(program: Program) -> bool:
    try:
        prove(program)
    except RangeError:
        return False
    return True


def needs_no_watch(program: Program) -> bool:
    try:
        return width(program).proven
    except RangeError:
        return False


def fits_32_bits(program: Program) -> bool:
    try:
        return width(program).narrow
    except RangeError:
        return False


def bounds_of(program: Program, found: list[Observed]) -> Numbers:
    """Return the proven bound of everything that `reached` shows, in the same order."""
    events, alternatives, proof = program.encoder.range, program.encoder.alternatives, []
    for level in program.levels:
        proof += [bounds_of_layer(layer, events, alternatives) for layer in level]
        events, alternatives = level[0].cell.emission_range, 1
    of_readout = readout_bounds(program.readout, program.layers[-1].cell, program.max_steps)
    proof.append({name: two_sided(values) for name, values in of_readout.items()})
    proof[-1][IN_TRAINING] = two_sided(np.array([FLOAT32]))
    pairs = [
        np.broadcast_to(bound_of(name, bounds), (2, *values.shape[2:])).reshape(2, -1)
        for seen, bounds in zip(found, proof, strict=True)
        for name, values in seen.numbers.items()
    ]
    least, greatest = np.concatenate(pairs, axis=1)
    return np.concatenate([greatest, -least])


def two_sided(values: Numbers) -> Numbers:
    """Return bounds of outputs as (least / greatest, gates, neurons)."""
    return (values if values.ndim == 2 else np.stack([-values, values]))[:, np.newaxis]


def bound_of(name: str, bounds: dict[str, Numbers]) -> Numbers:
    """Return the bound of a number, or of the sum of which it is a part."""
    return bounds[name] if name in bounds else bounds[name.split(",")[0]]


def bounds_of_layer(layer: Layer, events: tuple[int, int], alternatives: int) -> dict[str, Numbers]:
    cell, bounds = layer.cell, layer_bounds(layer, events, alternatives)
    one = 1 << cell.state_fraction
    mixed = bounds["convex mix"][:, [cell.gates.index(cell.row.mixing)]]
    parts = ("without its bias", "without messages", "without input")
    return {
        **bounds,
        **{f"pre-activation {some}": bounds["pre-activation"] for some in parts},
        **dict.fromkeys(("convex mix", "share kept", "share written", "o h"), mixed),
        "r e": np.array(cell.reset_message_range).reshape(2, 1, 1),
        "emission": np.array(cell.emission_range).reshape(2, 1, 1),
        "membrane": np.array([-one, one]).reshape(2, 1, 1),
    }


class Attack(NamedTuple):
    """An edge of the proof, and the inputs that drive each number of its program farthest."""

    edge: Edge
    inputs: Inputs
    nearness: dict[str, float]
    """The largest share of its bound that each quantity reaches."""


def attack(seed: int, formulation: str, emit: str, generations: int) -> Attack:
    """Search for inputs that take any number of a program beyond its bound."""
    at = edge(seed, formulation, emit, is_proven, stored=seed % 2 == 0)
    found = search(seed, at.within, generations)
    seen = observe(at.within, *found.inputs.at(slice(1)))
    names, bounds = 2 * names_of(seen), bounds_of(at.within, seen)
    nearness: dict[str, float] = {}
    for name, value, bound in zip(names, found.farthest.tolist(), bounds.tolist(), strict=True):
        assert value <= bound, name
        if name != IN_TRAINING:
            assert value <= LIMIT, name
            if bound > 0:
                nearness[name] = max(nearness.get(name, 0.0), value / bound)
    return Attack(at, found.inputs, nearness)


def names_of(found: list[Observed]) -> list[str]:
    """Return the quantity of each number that was observed of an input."""
    return [
        name
        for seen in found
        for name, values in seen.numbers.items()
        for _ in range(values[0, 0].size)
    ]


def watched(found: list[Observed]) -> Numbers:
    """Return which numbers, in both directions, a strict run watches."""
    return np.array([name in QUANTITIES for name in 2 * names_of(found)])


def trial(program: Program, inputs: Inputs, place: int) -> tuple[Program, list[Numbers]]:
    """Return a program that starts from the membranes of an input, and its frames."""
    starts = {name: h[place] for name, h in inputs.starts.items()}
    return program.starting_from(starts), [inputs.frames[:, place].astype(np.float32)]


def first_beyond(found: list[Observed]) -> Iterator[tuple]:
    """Yield everything that is watched and leaves the word, in the order of an error's choice."""
    for number, seen in enumerate(found):
        for quantity, name in enumerate(QUANTITIES):
            values = seen.numbers.get(name, np.zeros((0, 1, 1, 1)))[:, 0]
            for order, gate, neuron in np.argwhere(np.abs(values) > LIMIT):
                value = int(values[order, gate, neuron])
                yield number, order, quantity, gate, neuron, seen.steps[order], value


def expected_error(found: list[Observed]) -> str | None:
    """Return the beginning of a strict run's error and how many values it counts."""
    beyond = sorted(first_beyond(found))
    if not beyond:
        return None
    number, _, quantity, gate, neuron, step, value = beyond[0]
    names = [found[number].owner]
    if QUANTITIES[quantity] not in ("membrane", "accumulator", "score"):
        names.append(found[number].gates[gate])
    return (
        f"{', '.join(names)}, neuron {neuron}, sequence 0, step {step}: the {QUANTITIES[quantity]} "
        f"is {value}, over {LIMIT}, the limit of 24 bits, the first of {len(beyond)} such"
    )


def require_strict_runs_to_agree(program: Program, inputs: Inputs, place: int) -> bool:
    """Strict runs name what leaves the word, else compute it; return whether anything leaves it."""
    found = observe(program, *inputs.at(slice(place, place + 1)))
    expected = expected_error(found)
    for engine in ENGINES:
        if expected is None:
            require_equal(run(*trial(program, inputs, place), engine), found)
        else:
            with pytest.raises(RangeError, match=f"^{re.escape(expected)}"):
                run(*trial(program, inputs, place), engine)
    return expected is not None


def require_equal(trace: Trace, found: list[Observed]) -> None:
    """The emissions, membranes and scores of a run are those that were observed."""
    for emitted, membranes, seen in zip(trace.emitted, trace.membranes, found, strict=False):
        assert np.array_equal(emitted[seen.steps], seen.numbers["emission"][:, 0, 0])
        assert np.array_equal(membranes[seen.steps], seen.numbers["membrane"][:, 0, 0])
    scores = found[-1].numbers["score"][:, 0, 0]
    assert np.array_equal(trace.scores, scores[-len(trace.scores) :])


def require_the_watch_to_see(seed: int, formulation: str, emit: str, generations: int) -> None:
    """Strict runs agree at an edge, and beyond it, where values do leave the word."""
    rng = np.random.default_rng(seed)
    at, inputs, _ = attack(2 * seed, formulation, emit, generations)
    for place in rng.integers(len(inputs.frames[0]), size=2):
        assert not require_strict_runs_to_agree(at.within, inputs, place)
    times = expected = 0
    for program in at.beyond:
        found = observe(program, *inputs)
        outside = reached(found) > LIMIT
        seen = (outside & watched(found)).any(1)
        expected += bool(seen.any())
        for places in (np.flatnonzero(seen), np.flatnonzero(outside.any(1) & ~seen)):
            if places.size:
                times += require_strict_runs_to_agree(program, inputs, rng.choice(places))
    assert times == expected


def require_widths_to_hold(seed: int, formulation: str, emit: str, generations: int) -> None:
    """Where no watch is needed nothing leaves the word; where 32 bits hold all, they do."""
    at = edge(seed, formulation, emit, needs_no_watch, stored=True).within
    inputs = search(seed, at, generations).inputs
    found = observe(at, *inputs)
    assert not (reached(found) > LIMIT)[:, watched(found)].any()

    at = edge(seed, formulation, emit, fits_32_bits, stored=True).within
    best = search(seed, at, generations)
    for place in np.unique(np.argsort(-best.farthest)[:40:8]):
        program, frames = trial(at, best.inputs, place)
        trace = run(program, frames, "events", strict=False)
        require_equal(trace, observe(at, *best.inputs.at(slice(place, place + 1))))


def near(found: list[Attack]) -> list[bool]:
    """Return of each quantity whether a search came within two bits of its bound."""
    names = {name for each in found for name in each.nearness}
    return [max(each.nearness.get(name, 0.0) for each in found) >= 0.25 for name in names]


KINDS = (
    ("torch", "state"),
    ("keep", "signed-on-change"),
    ("write", "graded"),
    ("output-gated", "binary-on-change"),
    ("forget", "state"),
    ("minimal", "graded"),
)


def test_a_search_passes_no_bound_and_comes_near_to_each() -> None:
    assert all(near([attack(i, *kind, 10) for i, kind in enumerate(KINDS + KINDS)]))


@pytest.mark.parametrize(("formulation", "emit"), KINDS[:4])
def test_strict_runs_name_what_leaves_the_word_and_nothing_else(
    formulation: str, emit: str
) -> None:
    require_the_watch_to_see(0, formulation, emit, 5)


@pytest.mark.parametrize(("formulation", "emit"), KINDS[:3])
def test_numbers_fit_the_width_that_the_engine_chooses(formulation: str, emit: str) -> None:
    require_widths_to_hold(0, formulation, emit, 5)


@pytest.mark.long
@pytest.mark.parametrize("number", range(len(ROWS)))
def test_a_search_breaks_no_promise_of_any_formulation(number: int) -> None:
    emissions = list(EMISSIONS)
    with with_row(ROWS[number]) as row:
        found = [attack(2 * number + 1, row, emit, 12) for emit in emissions]
        assert np.mean(near(found)) > 0.7
        require_the_watch_to_see(number, row, emissions[number % len(emissions)], 5)
        require_widths_to_hold(number, row, emissions[number // 4 % len(emissions)], 5)
