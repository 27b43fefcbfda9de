"""Placements chosen by what a trace costs on them."""

from __future__ import annotations

import pytest
from programs import random_program, random_sequences

import hardware
from hardware.cost.best_placement import SCORES, SHARES, place
from hardware.cost.chip import load_chip
from hardware.cost.core_loads import core_loads
from hardware.cost.energy import cost
from hardware.cost.placement import place as placed
from hardware.errors import InputError, SettingError
from hardware.runs.run import run

PROGRAM = random_program(2, channels=6, hidden=(60,), outputs=3)
TRACE = run(PROGRAM, random_sequences(2, 6, [12, 7]))


@pytest.mark.parametrize("objective", SCORES)
def test_no_other_number_of_cores_costs_less(objective: str) -> None:
    best = place(PROGRAM, "loihi2", objective=objective, profile=TRACE)

    def score(found: hardware.Placement) -> float:
        return SCORES[objective](cost(core_loads(TRACE, PROGRAM, found)))

    others = [
        placed(PROGRAM, load_chip("loihi2"), profile=TRACE, objective="knee", share=share)
        for share in SHARES
    ]
    assert len({other.cores for other in others}) > 3
    assert score(best) == min(map(score, others))


WIDE = random_program(7, channels=12, hidden=(128,), outputs=9)


@pytest.mark.parametrize("objective", SCORES)
def test_no_number_of_cores_between_those_that_are_tried_costs_clearly_less(objective: str) -> None:
    trace = run(WIDE, random_sequences(7, 12, [15, 9]))
    best = place(WIDE, objective=objective, profile=trace)

    def score(found: hardware.Placement) -> float:
        return SCORES[objective](cost(core_loads(trace, WIDE, found)))

    every = [
        placed(WIDE, load_chip("loihi2"), profile=trace, objective="knee", share=share / 22)
        for share in range(1, 60, 2)
    ]
    assert len({other.cores for other in every}) > 25
    assert score(best) <= 1.005 * min(map(score, every))


def test_objectives_differ_in_what_they_save() -> None:
    fewest = place(PROGRAM, objective="cores")
    fastest = place(PROGRAM, objective="latency", profile=TRACE)
    slow, fast = (cost(core_loads(TRACE, PROGRAM, found)) for found in (fewest, fastest))
    assert fewest.total < fastest.total
    assert fast.core_s[1].mean() < slow.core_s[1].mean() / 2
    assert fast.core_dynamic_j[1].mean() > slow.core_dynamic_j[1].mean()


@pytest.mark.parametrize("objective", SCORES)
def test_what_needs_a_trace_says_so(objective: str) -> None:
    with pytest.raises(InputError, match=f"'{objective}' needs a trace: give one as profile"):
        place(PROGRAM, objective=objective)
    with pytest.raises(InputError, match="needs a trace with at least one sequence"):
        place(PROGRAM, objective=objective, profile=run(PROGRAM, []))


def test_the_public_place_knows_every_objective() -> None:
    assert hardware.place is place
    with pytest.raises(SettingError, match="unknown objective 'speed'"):
        place(PROGRAM, objective="speed")
    with pytest.raises(SettingError, match="did you mean 'latency'"):
        place(PROGRAM, objective="latenci")
