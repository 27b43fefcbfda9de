from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from programs import random_program, random_sequences

from hardware.reporting import Study, study
from hardware.reporting.samples import distribution, shown_samples
from hardware.runs.run import run


@pytest.fixture(scope="module")
def many() -> Study:
    """Thirty inferences, of which a third has a wrong answer."""
    program = random_program(7, hidden=(6,), outputs=3)
    lengths = [2 + i % 7 for i in range(30)]
    trace = run(program, random_sequences(7, 3, lengths))
    return study(program, trace, (trace.predictions + (np.arange(30) % 3 == 0)) % 3)


def test_the_samples_shown_are_the_median_the_dearest_and_the_dearest_mistake(many: Study) -> None:
    energy = many.cost.core_dynamic_j[1]
    samples = {sample.why: sample for sample in shown_samples(many)}
    assert np.sum(energy < energy[samples["median energy"].sample]) <= 15
    assert np.sum(energy > energy[samples["median energy"].sample]) <= 15
    dearest = next(sample for why, sample in samples.items() if "most expensive" in why)
    assert energy[dearest.sample] == energy.max()
    mistake = next(sample for why, sample in samples.items() if "wrong answer" in why)
    assert mistake.predicted != mistake.actual
    assert energy[mistake.sample] == energy[::3].max()


def test_a_sample_that_is_several_of_them_is_shown_once(many: Study) -> None:
    assert many.targets is not None
    dearest = int(many.cost.core_dynamic_j[1].argmax())
    labels = many.trace.predictions.copy()
    labels[dearest] = (labels[dearest] + 1) % 3
    samples = shown_samples(replace(many, targets=labels))
    assert [sample.why for sample in samples] == ["median energy", "most expensive, wrong answer"]


def test_without_a_mistake_none_is_shown(many: Study) -> None:
    right = replace(many, targets=many.trace.predictions)
    assert [sample.why for sample in shown_samples(right)] == ["median energy", "most expensive"]


def test_every_inference_is_in_one_bin_and_the_dearest_are_named(many: Study) -> None:
    found, energy = distribution(many), many.cost.core_dynamic_j[1]
    assert sum(found.inferences) == 30
    assert len(found.bin_edges_j) == len(found.inferences) + 1
    assert (found.bin_edges_j[0], found.bin_edges_j[-1]) == (energy.min(), energy.max())
    named = [sample.core_dynamic_j.nominal for sample in found.most_expensive]
    assert named == sorted(energy, reverse=True)[:5]


def test_one_inference_is_its_own_distribution() -> None:
    program = random_program(9)
    found = distribution(study(program, run(program, random_sequences(9, 3, [4]))))
    assert found.inferences == [1]
    assert found.bin_edges_j == [found.least_j, found.most_j]
