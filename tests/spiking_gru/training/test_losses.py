"""The loss is that of the targets that are there: no padding, nothing that is missing."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from networks import random_network
from torch.nn.functional import cross_entropy

from spiking_gru.data.tasks import TASKS
from spiking_gru.network import Network
from spiking_gru.training.losses import loss

LENGTHS = torch.tensor([3, 5, 1])


def model(task: str, readout: str | None = None, steps: int = 1) -> Network:
    row = TASKS[task]
    target = (
        {"classes": ("a", "b")}
        if row.names_classes
        else {
            "classes": (),
            "scale": (2.0, 4.0),
            "offset": (1.0, -1.0),
        }
    )
    encoder = {"encoder": "rate", "encoder_steps": steps} if steps > 1 else {}
    return random_network(0, task=task, readout=readout or row.readout, **target, **encoder)


def logits_and_targets(task: str, steps: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    row, rng = TASKS[task], torch.Generator().manual_seed(0)
    shape = (5 * steps, 3, 2) if row.per_step else (3, 2)
    logits = torch.randn(shape, generator=rng)
    items = (5, 3) if row.per_step else (3,)
    if row.names_classes:
        return logits, torch.randint(0, 2, items, generator=rng)
    return logits, torch.randn((*items, 2), generator=rng, dtype=torch.float64)


@pytest.mark.parametrize("task", ["classify-steps", "regress-steps"])
@pytest.mark.parametrize("steps", [1, 3])
def test_padding_has_no_part_in_the_loss_and_every_frame_has(task: str, steps: int) -> None:
    network = model(task, steps=steps)
    logits, targets = logits_and_targets(task, steps)
    expected = float(loss(network, logits, targets, LENGTHS, 0.0))
    for sequence in range(3):
        for frame in range(5):
            changed = logits.clone()
            changed[steps * (frame + 1) - 1, sequence] += torch.tensor([1.0, -1.0])
            found = float(loss(network, changed, targets, LENGTHS, 0.0))
            assert (found == expected) == (frame >= LENGTHS[sequence])


def test_a_readout_of_every_step_is_to_name_a_sequence_at_each_of_its_frames() -> None:
    network, (_, labels) = model("classify", "step"), logits_and_targets("classify")
    logits = torch.randn(5, 3, 2)
    parts = [logits[:n, i] for i, n in enumerate(LENGTHS)]
    repeated = torch.repeat_interleave(labels, LENGTHS)
    expected = cross_entropy(torch.cat(parts), repeated, label_smoothing=0.1)
    assert torch.allclose(loss(network, logits, labels, LENGTHS, 0.1), expected)


@pytest.mark.parametrize("task", ["classify", "regress"])
def test_the_loss_is_the_mean_over_sequences(task: str) -> None:
    logits, targets = logits_and_targets(task)
    found = loss(model(task), logits, targets, LENGTHS, 0.2)
    if TASKS[task].names_classes:
        assert torch.allclose(found, cross_entropy(logits, targets, label_smoothing=0.2))
    else:
        scaled = (targets - torch.tensor([1.0, -1.0])) / torch.tensor([2.0, 4.0])
        assert float(found) == pytest.approx(float((logits - scaled).square().mean()))


@pytest.mark.parametrize("task", TASKS)
def test_missing_targets_have_no_part_in_the_loss(task: str) -> None:
    network, (logits, targets) = model(task), logits_and_targets(task)
    missing = targets.clone()
    place = (0, 1) if TASKS[task].per_step else (1,)
    missing[place] = -1 if TASKS[task].names_classes else np.nan
    changed = logits.clone()
    changed[place] += torch.tensor([1.0, -1.0])
    found = [float(loss(network, each, missing, LENGTHS, 0.1)) for each in (logits, changed)]
    assert found[0] == found[1]
    assert found[0] != float(loss(network, logits, targets, LENGTHS, 0.1))
    nothing = torch.full_like(targets, -1 if TASKS[task].names_classes else np.nan)
    logits.requires_grad_()
    none = loss(network, logits, nothing, LENGTHS, 0.1)
    none.backward()
    assert float(none.detach()) == 0
    assert logits.grad is not None
    assert not logits.grad.any()


def test_values_next_to_a_large_offset_are_not_rounded_away() -> None:
    network = random_network(
        0, task="regress", readout="last", classes=(), scale=(0.3,), offset=(1.7e9,)
    )
    targets = torch.tensor([[1.7e9 - 0.3], [1.7e9 + 0.6], [1.7e9]], dtype=torch.float64)
    exact = torch.tensor([[-1.0], [2.0], [0.0]])
    assert float(loss(network, exact, targets, LENGTHS, 0.0)) == pytest.approx(0, abs=1e-10)
