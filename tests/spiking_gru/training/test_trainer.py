"""Each setting of training acts as it says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from datasets import small_file

from spiking_gru import data
from spiking_gru.batches import Batch, padded
from spiking_gru.network import Network
from spiking_gru.settings import OPTIMISERS, SCHEDULES
from spiking_gru.training import EpochReport, TrainingSettings, recipes, trainer
from spiking_gru.training.evaluation import evaluate
from spiking_gru.training.trainer import Trainer

SETTINGS = TrainingSettings(hidden=8, batch=8, learning_rate=0.02, dropout=0.0, noise=0.0)


class NoLog:
    """Takes the place of TensorBoard's writer."""

    def add_scalar(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> data.Dataset:
    return data.load(str(small_file(tmp_path_factory.mktemp("data"))))


def fitted(
    dataset: data.Dataset,
    epochs: int = 2,
    report: Callable[[EpochReport], Any] = lambda _: None,
    **changes: object,
) -> tuple[Network, Trainer]:
    settings = SETTINGS.model_copy(update=changes)
    torch.manual_seed(settings.seed)
    network = Network.build(settings.network(dataset.channels, dataset.classes))
    network.encoder.fit(dataset.training.sequences.values)
    trainer = Trainer(settings, dataset, report, NoLog())  # type: ignore[arg-type]
    trainer.fit("float", network, epochs, settings.learning_rate)
    return network, trainer


def weights(network: Network) -> torch.Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in network.parameters()])


def steps_taken(
    dataset: data.Dataset, monkeypatch: pytest.MonkeyPatch, **changes: object
) -> list[dict[str, float]]:
    """The learning rate, the weight decay and the gradient's norm of every step."""
    taken: list[dict[str, float]] = []
    step = torch.optim.AdamW.step

    def watched(optimiser: torch.optim.AdamW, *arguments: object) -> object:
        (group,) = optimiser.param_groups
        gradients = [p.grad.flatten() for p in group["params"] if p.grad is not None]
        norm = float(torch.cat(gradients).norm())
        taken.append({"lr": group["lr"], "decay": group["weight_decay"], "norm": norm})
        return step(optimiser, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(torch.optim.AdamW, "step", watched)
    fitted(dataset, 4, **changes)
    return taken


def test_the_learning_rate_falls_as_a_cosine_from_its_value_to_0(
    dataset: data.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = steps_taken(dataset, monkeypatch, averaging=0.0)
    per_epoch = len(taken) // 4
    rates = [each["lr"] for each in taken[::per_epoch]]
    assert rates == pytest.approx([0.02, 0.02 * 0.853553, 0.01, 0.02 * 0.146447], rel=1e-4)


@pytest.mark.parametrize(
    ("schedule", "rates"),
    [("linear", [0.02, 0.015, 0.01, 0.005]), ("constant", [0.02, 0.02, 0.02, 0.02])],
)
def test_another_schedule_is_what_its_name_says(
    dataset: data.Dataset, monkeypatch: pytest.MonkeyPatch, schedule: str, rates: list[float]
) -> None:
    taken = steps_taken(dataset, monkeypatch, schedule=schedule)
    assert [each["lr"] for each in taken[:: len(taken) // 4]] == pytest.approx(rates)


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_every_optimiser_learns(dataset: data.Dataset, optimiser: str) -> None:
    losses: list[float] = []
    fitted(dataset, 6, lambda report: losses.append(report.loss), optimiser=optimiser)
    assert losses[-1] < losses[0]


def test_every_name_of_a_recipe_has_one() -> None:
    assert tuple(recipes.OPTIMISERS) == OPTIMISERS
    assert tuple(recipes.SCHEDULES) == SCHEDULES


def test_patience_ends_a_phase_that_no_longer_improves(dataset: data.Dataset) -> None:
    reports: list[EpochReport] = []
    changes = {"learning_rate": 0.3, "averaging": 0.0, "schedule": "constant"}
    fitted(dataset, 20, reports.append, **changes)
    losses, best = [report.validation.loss for report in reports], 0
    for epoch, value in enumerate(losses):
        best = epoch if value < losses[best] else best
        if epoch - best == 3:
            break
    assert epoch < 19
    reports.clear()
    _, patient = fitted(dataset, 20, reports.append, patience=3, **changes)
    assert len(reports) == epoch + 1
    assert patient.best_epochs == {"float": best + 1}


@pytest.mark.parametrize("decay", [0.0, 0.3])
def test_weights_decay_as_asked(
    dataset: data.Dataset, monkeypatch: pytest.MonkeyPatch, decay: float
) -> None:
    assert {each["decay"] for each in steps_taken(dataset, monkeypatch, weight_decay=decay)} == {
        decay
    }


def test_gradients_are_clipped_to_their_norm(
    dataset: data.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = max(each["norm"] for each in steps_taken(dataset, monkeypatch, gradient_norm=1e9))
    bound = free / 4
    monkeypatch.undo()
    clipped = [each["norm"] for each in steps_taken(dataset, monkeypatch, gradient_norm=bound)]
    assert max(clipped) == pytest.approx(bound, rel=1e-3)


def test_what_is_kept_is_the_best_epoch_by_the_validation_loss(dataset: data.Dataset) -> None:
    losses: list[float] = []
    network, trainer = fitted(
        dataset, 12, lambda report: losses.append(report.validation.loss), learning_rate=0.3
    )
    best = losses.index(min(losses)) + 1
    assert best < 12
    assert trainer.best_epochs == {"float": best}
    assert evaluate(network, dataset.validation).loss == pytest.approx(min(losses))


def test_augmentation_leaves_the_validation_part_as_it_is(dataset: data.Dataset) -> None:
    strengths = {"noise": 1.0, "warp": 0.9, "shift": 0.9, "time_mask": 0.9, "channel_mask": 0.9}
    found: list[EpochReport] = []
    for changes in ({}, strengths):
        # At a rate of nearly 0 both see the same network.
        fitted(dataset, 1, found.append, learning_rate=1e-30, **changes)
    assert found[0].validation.loss == pytest.approx(found[1].validation.loss)
    assert abs(found[0].loss - found[1].loss) > 0.01


def test_the_seed_chooses_the_order_of_the_sequences(
    dataset: data.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders: list[list[float]] = []

    def watched(batch: Batch, *_: object) -> Batch:
        orders[-1] += batch.frames[0, :, 0].tolist()
        return batch

    monkeypatch.setattr(trainer, "augmented", watched)
    for seed in (0, 0, 1):
        orders.append([])
        fitted(dataset, 1, seed=seed)
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[0]) == sorted(orders[2])


def test_what_is_kept_is_the_average_over_the_steps(dataset: data.Dataset) -> None:
    plain, averaged = (weights(fitted(dataset, averaging=decay)[0]) for decay in (0.0, 0.99))
    assert not torch.equal(plain, averaged)


def test_the_energy_weight_is_loss_per_microjoule(
    dataset: data.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[EpochReport] = []
    for energy_weight in (0.0, 0.5):
        # One step at a rate of nearly 0: both see the same network.
        fitted(dataset, 1, found.append, energy_weight=energy_weight, batch=99, learning_rate=1e-30)
    network, _ = fitted(dataset, 1, batch=99, learning_rate=1e-30)
    frames, lengths = padded(dataset.training.sequences)
    operations = network.train().seen(frames, lengths, counted=True).operations
    assert operations is not None
    microjoules = float(operations.detach().mean()) * SETTINGS.synaptic_operation_pj * 1e-6
    assert found[1].loss - found[0].loss == pytest.approx(0.5 * microjoules, rel=1e-3)


@pytest.mark.parametrize(
    "changes",
    [
        {"noise": 0.5},
        {"warp": 0.5},
        {"shift": 0.5},
        {"time_mask": 0.5},
        {"channel_mask": 0.5},
        {"dropout": 0.5},
        {"label_smoothing": 0.4},
        {"batch": 4},
        {"seed": 1},
    ],
    ids=str,
)
def test_every_other_setting_changes_what_is_learnt(
    dataset: data.Dataset, changes: dict[str, Any]
) -> None:
    assert not torch.equal(weights(fitted(dataset)[0]), weights(fitted(dataset, **changes)[0]))
    assert torch.equal(weights(fitted(dataset)[0]), weights(fitted(dataset)[0]))
