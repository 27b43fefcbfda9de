"""A student learns from its teacher as much as the weight of distillation says."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from datasets import small_file
from networks import random_network

from spiking_gru import data
from spiking_gru.batches import Batch
from spiking_gru.data.tasks import TASKS
from spiking_gru.network import Network
from spiking_gru.training import TrainingSettings, train
from spiking_gru.training.distillation import TEMPERATURE, distillation_loss, taught
from spiking_gru.training.trainer import Trainer

LENGTHS = torch.tensor([3, 5, 1])
SETTINGS = TrainingSettings(hidden=8, batch=8, epochs=3, quantised_epochs=1, learning_rate=0.02)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> data.Dataset:
    return data.load(str(small_file(tmp_path_factory.mktemp("data"))))


class NoLog:
    """Takes the place of TensorBoard's writer."""

    def add_scalar(self, *_: object) -> None:
        pass


def model(task: str, seed: int = 0, **settings: object) -> Network:
    row = TASKS[task]
    target = (
        {"classes": ("a", "b"), "decision": row.decision}
        if row.names_classes
        else {"classes": (), "scale": (1.0, 2.0), "offset": (0.0, 1.0)}
    )
    return random_network(seed, task=task, **{"readout": row.readout, **target, **settings})


def softened(logits: list[float]) -> list[float]:
    powers = [math.exp(value / TEMPERATURE) for value in logits]
    return [power / sum(powers) for power in powers]


def test_for_classes_it_is_the_divergence_of_softened_probabilities() -> None:
    generator = torch.Generator().manual_seed(0)
    student, teacher = torch.randn(2, 3, 2, generator=generator) * 3
    divergences = [
        sum(
            p * math.log(p / q)
            for p, q in zip(softened(of_teacher), softened(of_student), strict=True)
        )
        for of_student, of_teacher in zip(student.tolist(), teacher.tolist(), strict=True)
    ]
    expected = TEMPERATURE**2 * sum(divergences) / 3
    found = distillation_loss(model("classify"), student, teacher, LENGTHS)
    assert float(found) == pytest.approx(expected, rel=1e-5)


def test_for_labels_it_is_the_mean_divergence_of_each_from_its_absence() -> None:
    student, teacher = torch.tensor([[1.0, -2.0]]), torch.tensor([[0.5, 3.0]])
    divergences = []
    for of_student, of_teacher in zip(student[0].tolist(), teacher[0].tolist(), strict=True):
        pairs = zip(softened([0.0, of_teacher]), softened([0.0, of_student]), strict=True)
        divergences.append(sum(p * math.log(p / q) for p, q in pairs))
    found = distillation_loss(model("multi-label"), student, teacher, LENGTHS[:1])
    assert float(found) == pytest.approx(TEMPERATURE**2 * sum(divergences) / 2, rel=1e-5)


def test_for_values_it_is_the_squared_error() -> None:
    student, teacher = torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 2.0]])
    assert float(distillation_loss(model("regress"), student, teacher, LENGTHS[:1])) == 2.0


@pytest.mark.parametrize("task", TASKS)
def test_a_student_that_equals_its_teacher_has_nothing_to_learn(task: str) -> None:
    logits = torch.randn(5, 3, 2) if TASKS[task].per_step else torch.randn(3, 2)
    logits.requires_grad_()
    found = distillation_loss(model(task), logits, logits.detach(), LENGTHS)
    found.backward()
    assert float(found.detach()) == pytest.approx(0, abs=1e-6)
    assert logits.grad is not None
    assert float(logits.grad.abs().max()) < 1e-6


@pytest.mark.parametrize("task", ["classify-steps", "regress-steps"])
@pytest.mark.parametrize("steps", [1, 2])
def test_padding_has_no_part_in_it_and_every_frame_has(task: str, steps: int) -> None:
    encoder = {"encoder": "rate", "encoder_steps": steps} if steps > 1 else {}
    student, generator = model(task, **encoder), torch.Generator().manual_seed(0)
    logits, teacher = torch.randn(2, 5 * steps, 3, 2, generator=generator)
    expected = float(distillation_loss(student, logits, teacher, LENGTHS))
    for sequence in range(3):
        for frame in range(5):
            changed = logits.clone()
            changed[steps * (frame + 1) - 1, sequence] += torch.tensor([1.0, -1.0])
            found = float(distillation_loss(student, changed, teacher, LENGTHS))
            assert (found == expected) == (frame >= LENGTHS[sequence])


def test_a_teacher_teaches_without_dropout_and_stays_as_it_is() -> None:
    teacher = model("classify", dropout=0.5)
    before = {name: tensor.clone() for name, tensor in teacher.state_dict().items()}
    batch = Batch(torch.randn(5, 3, 3), LENGTHS, torch.zeros(3))
    found = taught(teacher.train(), batch)
    assert torch.equal(found, taught(teacher, batch))
    assert not found.requires_grad
    assert all(torch.equal(before[name], tensor) for name, tensor in teacher.state_dict().items())


def fitted(dataset: data.Dataset, distil: float) -> torch.Tensor:
    """The weights of a network after one phase with a random teacher."""
    settings = SETTINGS.model_copy(update={"distil": distil, "dropout": 0.0})
    torch.manual_seed(0)
    network = Network.build(settings.network(dataset.channels, dataset.classes))
    teacher = random_network(1, classes=dataset.classes)
    for each in (network, teacher):
        each.encoder.fit(dataset.training.sequences.values)
    trainer = Trainer(settings, dataset, lambda _: None, NoLog())  # type: ignore[arg-type]
    trainer.fit("float", network, 1, 0.02, teacher=teacher)
    return torch.cat([parameter.detach().flatten() for parameter in network.parameters()])


def test_with_a_weight_of_1_the_labels_teach_nothing(dataset: data.Dataset) -> None:
    part = dataset.training
    other = replace(dataset, training=replace(part, targets=np.roll(part.targets, 1)))
    assert torch.equal(fitted(dataset, 1.0), fitted(other, 1.0))
    assert not torch.equal(fitted(dataset, 0.5), fitted(other, 0.5))
    assert not torch.equal(fitted(dataset, 0.5), fitted(dataset, 1.0))


def test_the_gru_of_the_same_run_teaches_both_phases(dataset: data.Dataset, tmp_path: Path) -> None:
    taken: dict[tuple[float, int], dict] = {}
    for distil in (0.0, 0.7):
        for epochs in (0, 1):
            settings = SETTINGS.model_copy(update={"distil": distil, "epochs": epochs})
            taken[distil, epochs] = train(settings, dataset, tmp_path / f"{distil}-{epochs}")
    for epochs, phase in ((0, "quantised"), (1, "float")):
        plain, distilled = (taken[distil, epochs] for distil in (0.0, 0.7))
        assert plain["test"]["gru"] == distilled["test"]["gru"]
        losses = [
            columns["training_loss"]
            for found in (plain, distilled)
            for columns in found["history"]
            if columns["phase"] == phase
        ]
        assert losses[0] != losses[1]


def test_without_a_teacher_it_is_refused() -> None:
    TrainingSettings(distil=0.5, baseline="lstm,gru")
    with pytest.raises(ValueError, match=r"distil is 0.5, but the baseline is 'none'.*add gru"):
        TrainingSettings(distil=0.5, baseline="none")
