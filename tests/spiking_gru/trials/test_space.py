"""The space of a search: what it takes, and what it refuses before the first trial."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import spiking_gru as sg
from hardware.errors import InputError, SettingError
from spiking_gru.settings import TrainingSettings
from spiking_gru.trials.space import Space, settings_of


def noises(**given: Any) -> sg.Dataset:
    rng = np.random.default_rng(0)
    sequences = [rng.normal(size=(6, 2)) for _ in range(24)]
    return sg.Dataset.from_lists(sequences, [s.mean() > 0 for s in sequences], **given)


def test_the_usual_space_is_usable_for_every_task() -> None:
    rng = np.random.default_rng(0)
    sequences = [rng.normal(size=(6, 2)) for _ in range(24)]
    values = sg.Dataset.from_lists(sequences, [float(s.mean()) for s in sequences])
    for dataset in (noises(), values):
        space = Space.of(None).of_task(dataset.task)
        space.require_usable(TrainingSettings(), dataset)
        assert ("readout" in space.parameters) == (dataset.task == "classify")


def test_a_space_is_read_from_a_file_with_dashes_or_underscores(tmp_path: Path) -> None:
    path = tmp_path / "space.toml"
    path.write_text("[learning-rate]\nlow = 0.001\nhigh = 0.01\nlog = true\n[bits]\nchoices = [4]")
    space = Space.of(path)
    assert set(space.parameters) == {"learning_rate", "bits"}
    assert Space.of(space.described) == space


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("", "the space is empty"),
        ("[hiden]\nlow = 8\nhigh = 16", "did you mean 'hidden'"),
        ("[seed]\nchoices = [1]", "unknown setting in the space 'seed'"),
        ("hidden = 8", r"hidden is 8, expected a table: \[hidden\]"),
        ("[hidden]", "expected choices, or low and high"),
        ("[hidden]\nlow = 8", "expected choices, or low and high"),
        ("[hidden]\nchoices = [8]\nlow = 8\nhigh = 9", "expected choices, or low and high"),
        ("[hidden]\nchoices = []", "choices is empty"),
        ("[hidden]\nlow = 16\nhigh = 16", "the range from 16 to 16 is empty"),
        ("[hidden]\nlow = 16\nhigh = 8", "the range from 16 to 8 is empty"),
        ("[hidden]\nlow = 0\nhigh = 8", "field 'hidden' is 0"),
        ("[hidden]\nlow = 1.5\nhigh = 8", "field 'hidden' is 1.5"),
        ("[prune]\nlow = 0.0\nhigh = 0.5\nlog = true", "a logarithmic range is above 0"),
        ("[bits]\nchoices = [4]\nlog = true", "log is for a range"),
        ("[formulation]\nchoices = ['tork']", "did you mean 'torch'"),
        ("[bits]\nchoices = [4]\ntasks = ['clasify']", "did you mean 'classify'"),
        ("[bits]\nchoices = [4]\nonly = {emit = ['graded']}", "which is no choice of the space"),
        ("[bits]\nchoices = [4]\nfoo = 1", "foo"),
        ("[bits", "not valid TOML"),
    ],
)
def test_a_space_that_cannot_be_used_is_refused(content: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / "space.toml"
    path.write_text(content)
    with pytest.raises((SettingError, InputError), match=text) as told:
        Space.of(path)
    assert str(path) in str(told.value)
    assert "\n" not in str(told.value)


def test_values_that_exclude_each_other_are_named() -> None:
    space = Space.of({"emit": {"choices": ["graded", "binary"]}, "threshold": {"choices": [0.0]}})
    with pytest.raises(SettingError, match="emit=binary, threshold=0, which exclude each other"):
        space.require_usable(TrainingSettings(), noises())


def test_values_without_a_meaning_are_left_out() -> None:
    space = Space.of(
        {
            "encoder": {"choices": ["graded", "send-on-delta"]},
            "encoder_threshold": {"low": 0.1, "high": 1.0, "only": {"encoder": ["send-on-delta"]}},
        }
    )
    assert space.meant({"encoder": "graded", "encoder_threshold": 0.5}) == {"encoder": "graded"}
    both = {"encoder": "send-on-delta", "encoder_threshold": 0.5}
    assert space.meant(both) == both
    assert "only" not in space.without({"encoder"}).described["encoder_threshold"]


def test_settings_of_a_trial_are_those_given_and_those_of_the_trial() -> None:
    settings = settings_of(TrainingSettings(epochs=3, hidden=5), {"hidden": 7}, noises())
    assert (settings.epochs, settings.hidden, settings.readout) == (3, 7, "mean")
