"""Golden samples of an encoder and a decoder, and of one after the other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pairs import random_pair
from programs import with_readout

from hardware.errors import InputError
from hardware.program.pair import ProgramPair
from hardware.runs.golden import HANDED_OVER, golden_samples, replay_pair

SOURCES = [np.random.default_rng(n).normal(size=(n, 3)).astype(np.float32) for n in (4, 6)]
TEXTS = [np.array([[0], [2], [3]], np.float32), np.array([[0], [4]], np.float32)]
NONE: list[int] = []


def pair_with_samples() -> ProgramPair:
    pair = random_pair(emit="graded")
    return ProgramPair(golden_samples(pair.encoder, SOURCES), golden_samples(pair.decoder, TEXTS))


@pytest.mark.parametrize("engine", ["events", "numpy", "lava"])
def test_no_sample_of_either_half_differs(engine: str) -> None:
    found = replay_pair(pair_with_samples(), engine)
    assert found == {"encoder": NONE, "decoder": NONE, HANDED_OVER: NONE}


@pytest.mark.parametrize("half", ["encoder", "decoder"])
def test_a_half_that_computes_something_else_is_named(half: str) -> None:
    pair = pair_with_samples()
    program = pair.halves[half]
    changed = with_readout(program, replace(program.readout, bias=program.readout.bias + 1))
    changed = replace(changed, golden=program.golden)
    found = replay_pair(replace(pair, **{half: changed}), "events")
    assert {name for name, samples in found.items() if samples} == {half}
    assert found[half] == [0, 1]


def test_an_engine_that_forgets_the_state_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    from hardware.engines.event_driven import engine

    original = engine.execute

    def forgetful(program: Any, events: Any, lengths: Any, deadline: Any, start: Any) -> Any:
        return original(program, events, lengths, deadline, None)

    monkeypatch.setattr(engine, "execute", forgetful)
    found = replay_pair(pair_with_samples(), "events")
    assert found == {"encoder": NONE, "decoder": NONE, HANDED_OVER: [0, 1]}


def test_a_pair_without_samples_is_refused() -> None:
    with pytest.raises(InputError, match="carries no golden samples"):
        replay_pair(random_pair(), "events")
