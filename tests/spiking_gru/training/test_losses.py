"""The loss is that of the targets that are there: no padding, nothing that is missing."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from networks import random_network
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from hardware.errors import SettingError
from spiking_gru.data import Dataset
from spiking_gru.data.tasks import TASKS
from spiking_gru.network import Network
from spiking_gru.settings import CLASS_WEIGHTS
from spiking_gru.training import TrainingSettings
from spiking_gru.training.losses import BY_NAME, class_weights, loss

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
    if row.has_labels:
        return logits, torch.randint(0, 2, (*items, 2), generator=rng)
    if row.names_classes:
        return logits, torch.randint(0, 2, items, generator=rng)
    return logits, torch.randn((*items, 2), generator=rng, dtype=torch.float64)


@pytest.mark.parametrize("task", [name for name, row in TASKS.items() if row.per_step])
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


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_labels_have_the_binary_cross_entropy(smoothing: float) -> None:
    network, (logits, targets) = model("multi-label"), logits_and_targets("multi-label")
    smooth = targets * (1 - smoothing) + smoothing / 2
    expected = binary_cross_entropy_with_logits(logits, smooth)
    assert torch.allclose(loss(network, logits, targets, LENGTHS, smoothing), expected)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_two_classes_with_one_output_have_the_binary_cross_entropy(smoothing: float) -> None:
    network = random_network(0, decision="sign")
    logits, targets = torch.tensor([[2.0], [-1.0], [0.5]]), torch.tensor([1, 1, 0])
    smooth = targets.float()[:, None] * (1 - smoothing) + smoothing / 2
    expected = binary_cross_entropy_with_logits(logits, smooth)
    assert torch.allclose(loss(network, logits, targets, LENGTHS, smoothing), expected)


def test_a_class_of_twice_the_weight_counts_as_if_it_were_there_twice() -> None:
    weighted = model("classify")
    weighted.class_weights = torch.tensor([1.0, 2.0])
    logits, targets = torch.randn(4, 2), torch.tensor([0, 1, 0, 1])
    twice = torch.tensor([0, 1, 1, 2, 3, 3])
    expected = loss(model("classify"), logits[twice], targets[twice], LENGTHS, 0.1)
    assert torch.allclose(loss(weighted, logits, targets, LENGTHS, 0.1), expected)


def test_the_weight_of_a_label_is_that_of_its_positive_targets() -> None:
    network, (logits, targets) = model("multi-label"), logits_and_targets("multi-label")
    network.class_weights = weights = torch.tensor([3.0, 0.5])
    each = binary_cross_entropy_with_logits(logits, targets.float(), reduction="none")
    factor = torch.where(targets == 1, weights, torch.ones(2))
    expected = (factor * each).sum() / factor.sum()
    assert torch.allclose(loss(network, logits, targets, LENGTHS, 0.0), expected)


def labelled(targets: list, **settings: str) -> Dataset:
    return Dataset.from_lists(np.zeros((len(targets), 2, 1)), targets, split="time", **settings)


def test_balanced_weights_are_those_of_scikit_learn() -> None:
    from sklearn.utils.class_weight import compute_class_weight

    dataset = labelled(["a", "b", "b", "c", "b", "b", "b"] * 10)
    known = dataset.training.labels
    found = class_weights(TrainingSettings(class_weights="balanced"), dataset)
    assert found is not None
    assert found.numpy() == pytest.approx(
        compute_class_weight("balanced", classes=np.arange(3), y=known)
    )


def test_balanced_weights_of_a_label_make_its_positive_targets_weigh_as_much_as_the_others() -> (
    None
):
    dataset = labelled([[1, 0, 1], [1, 0, 0], [1, 1, 0], [0, 1, 1], [1, 0, 1]] * 8)
    found = class_weights(TrainingSettings(class_weights="balanced"), dataset)
    targets = dataset.training.targets
    assert found is not None
    assert (found.numpy() * (targets == 1).sum(axis=0)).tolist() == pytest.approx(
        (targets == 0).sum(axis=0).tolist()
    )


def test_weights_are_given_one_by_one_as_numbers_or_as_text() -> None:
    dataset = labelled(["a", "b"] * 20)
    for given in ("1,2.5", [1, 2.5], (1.0, 2.5)):
        found = class_weights(TrainingSettings(class_weights=given), dataset)  # type: ignore[arg-type]
        assert found is not None
        assert found.tolist() == [1.0, 2.5]
    assert class_weights(TrainingSettings(), dataset) is None


def test_every_name_of_weights_has_its_weights() -> None:
    assert set(BY_NAME) == set(CLASS_WEIGHTS)
    with pytest.raises(SettingError, match="are 'most': expected none or balanced, or a number"):
        TrainingSettings(class_weights="most")


def test_weights_that_fit_no_classes_are_refused() -> None:
    with pytest.raises(SettingError, match="3 class weights for the 2 classes of data"):
        class_weights(TrainingSettings(class_weights="1,2,3"), labelled(["a", "b"] * 20))
    values = labelled([0.5, 1.5] * 20)
    with pytest.raises(SettingError, match="the targets of data are values: leave them out"):
        class_weights(TrainingSettings(class_weights="balanced"), values)
