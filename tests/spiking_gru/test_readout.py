"""The readouts against their equations in floats; conversion's tests hold them bit by bit."""

from __future__ import annotations

import pytest
import torch

from hardware.definition.readout import READOUTS
from hardware.errors import SettingError
from spiking_gru.readout import Readout, Seen


def example() -> Seen:
    torch.manual_seed(0)
    spikes = (torch.rand(6, 2, 5) > 0.5).float()
    spikes[4:, 1] = 0
    return Seen(spikes, torch.rand(2, 5) * 2 - 1, torch.tensor([6, 4]))


def expected_logits(readout: Readout, seen: Seen, i: int) -> torch.Tensor:
    """One sequence's logits, by the equations."""
    length = int(seen.lengths[i])
    currents = seen.emitted[:length, i] @ readout.weight.T + readout.bias
    if readout.kind == "mean":
        return readout.gain * currents.mean(0)
    if readout.kind == "sliding":
        return readout.gain * currents[-readout.window :].mean(0)
    if readout.kind == "tumbling":
        complete = length - length % readout.window
        last = currents[complete - readout.window : complete] if complete else currents
        return readout.gain * last.mean(0)
    if readout.kind == "count":
        return readout.gain * currents.sum(0)
    if readout.kind == "leaky":
        y = torch.zeros(len(readout.weight))
        for current in currents:
            y = y * (1 - 2.0**-readout.leak) + current
        return readout.gain * y / 2**readout.leak
    if readout.kind == "last":
        return readout.gain * (readout.weight @ seen.last[i] + readout.bias)
    return readout.gain * currents


@pytest.mark.parametrize("window", [1, 2, 4, 5, 6, 9])
@pytest.mark.parametrize("kind", READOUTS)
def test_every_readout_equals_its_equation_over_the_valid_steps(kind: str, window: int) -> None:
    readout, seen = Readout(5, 3, kind, gain=2.0, leak=3, window=window), example()
    logits = readout(seen)
    for i in range(2):
        found = logits[: seen.lengths[i], i] if kind == "step" else logits[i]
        assert torch.allclose(found, expected_logits(readout, seen, i), atol=1e-6)


@pytest.mark.parametrize("kind", READOUTS)
def test_scores_of_a_quantised_readout_are_on_its_grid_and_close_to_the_float_ones(
    kind: str,
) -> None:
    readout, seen = Readout(5, 3, kind, event_fraction=8), example()
    seen = seen._replace(
        emitted=(seen.emitted * 77).floor() / 256, last=(seen.last * 256).floor() / 256
    )
    exact = readout.scores(seen)
    readout.quantised = True
    scores = readout.scores(seen)
    integers = scores * 2.0**-readout.exponent
    assert torch.equal(integers, integers.round())
    steps = 1 if kind in ("last", "step") else 6
    assert (scores - exact).abs().max() < steps * (5 * 2.0**readout.weight_exponent)


@pytest.mark.parametrize("kind", READOUTS)
def test_gradients_reach_weights_and_what_is_seen(kind: str) -> None:
    readout, seen = Readout(5, 3, kind, event_fraction=8), example()
    readout.quantised = True
    emitted, last = seen.emitted.clone().requires_grad_(), seen.last.clone().requires_grad_()
    readout(Seen(emitted, last, seen.lengths)).square().sum().backward()
    assert readout.weight.grad.abs().sum() > 0
    looked_at = last if kind == "last" else emitted
    assert looked_at.grad.abs().sum() > 0


def test_an_unknown_kind_and_an_impossible_leak_are_refused() -> None:
    with pytest.raises(SettingError, match="unknown readout 'vote'"):
        Readout(5, 3, "vote")
    with pytest.raises(SettingError, match="leak is 0: expected 1 to 8"):
        Readout(5, 3, "leaky", leak=0)
    for window in (0, 2**16 + 1):
        with pytest.raises(SettingError, match=f"window is {window}: expected 1 to 65,536 steps"):
            Readout(5, 3, "sliding", window=window)
