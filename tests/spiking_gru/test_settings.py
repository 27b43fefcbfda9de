from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from hardware.definition.formulation import FORMULATIONS
from hardware.definition.limits import MOST_WEIGHTS
from hardware.definition.vocabulary import Vocabulary
from hardware.errors import SettingError
from spiking_gru.data.tasks import TASKS
from spiking_gru.network import Network
from spiking_gru.settings import NetworkSettings, TrainingSettings


@pytest.mark.parametrize("formulation", FORMULATIONS)
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_settings_know_the_weights_of_their_network(
    formulation: str, layers: int, bidirectional: bool
) -> None:
    settings = NetworkSettings(
        channels=3, classes=("a", "b"), hidden=4, layers=layers, bidirectional=bidirectional,
        formulation=formulation,
    )  # fmt: skip
    tensors = Network.build(settings).state_dict().values()
    assert settings.weights == sum(t.numel() for t in tensors if t.ndim == 2)


def test_a_network_that_no_program_could_hold_is_refused_before_it_takes_memory() -> None:
    huge = TrainingSettings(hidden=8192, layers=16)
    with pytest.raises(SettingError, match=r"^8192 neurons in 16 layers have 6,\d+,\d+,\d+ weigh"):
        huge.network(12, ("a", "b"))
    with pytest.raises(SettingError, match="field 'channels' is 65537: "):
        TrainingSettings().network(2**16 + 1, ("a", "b"))


def test_the_largest_network_that_a_program_can_hold_is_allowed() -> None:
    settings = TrainingSettings(hidden=4096).network(12, ("a", "b"))
    assert MOST_WEIGHTS / 2 < settings.weights < MOST_WEIGHTS
    assert TrainingSettings(hidden=8192, formulation="minimal").network(12, ("a", "b"))


def test_receptive_fields_widen_the_first_layer_alone() -> None:
    settings = NetworkSettings(
        channels=3, classes=("a", "b"), hidden=4, layers=2, encoder="population", encoder_fields=5
    )
    network = Network.build(settings)
    assert (
        settings.sources == network.encoder.sources == network.gru.cells[0].weight_ih.shape[1] == 15
    )
    assert network.encoder.channels == settings.channels == 3
    tensors = network.state_dict().values()
    assert settings.weights == sum(t.numel() for t in tensors if t.ndim == 2)
    with pytest.raises(
        SettingError, match=r"^3000 channels of 32 .* 96,000 inputs, but a layer ta"
    ):
        TrainingSettings(encoder="population", encoder_fields=32).network(3000, ("a", "b"))


@pytest.mark.parametrize("task", TASKS)
def test_the_task_chooses_emission_threshold_and_readout_unless_they_are_given(task: str) -> None:
    found = TrainingSettings().resolved(task)
    row = TASKS[task]
    spikes = row.names_classes and not row.predicts_tokens
    expected = ("binary", 0.3) if spikes else ("graded", 0.05)
    assert (found.emit, found.threshold, found.readout) == (*expected, row.readout)
    assert found.resolved(task) == found
    given = TrainingSettings(emit="signed", threshold=0.2, readout="step")
    kept = given.resolved(task)
    assert (kept.emit, kept.threshold, kept.readout) == ("signed", 0.2, "step")
    graded = TrainingSettings(emit="graded").resolved("classify")
    assert (graded.threshold, TrainingSettings(emit="binary").resolved("regress").threshold) == (
        0.1,
        0.3,
    )


def test_what_was_chosen_is_what_is_trained() -> None:
    values = {"task": "regress", "scale": (1.0,), "offset": (0.0,)}
    network = TrainingSettings(hidden=4).network(3, **values)  # type: ignore[arg-type]
    assert (network.emit, network.threshold, network.readout) == ("graded", 0.05, "last")


def test_a_threshold_of_0_is_refused_where_the_task_chooses_spikes() -> None:
    settings = TrainingSettings(threshold=0)
    settings.network(3, task="regress", scale=(1.0,), offset=(0.0,))
    with pytest.raises(SettingError, match="threshold is 0 with binary spikes"):
        settings.network(3, ("a", "b"))


def test_a_class_name_that_no_program_may_have_is_refused() -> None:
    with pytest.raises(SettingError, match=r"classes: the name 'a\\n' has 2 characters, expected"):
        TrainingSettings().network(3, ("a\n", "b"))
    with pytest.raises(SettingError, match="0 classes, 0 scales and 0 offsets: expected classes"):
        NetworkSettings(channels=3, classes=())


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"hiden": 3}, "unknown setting 'hiden': did you mean 'hidden'\\? known are activation, "),
        ({"epochs": "x"}, "field 'epochs' is \"x\": input should be a valid integer"),
        ({"hidden": 0}, "field 'hidden' is 0: input should be greater than or equal to 1"),
        ({"baseline": "gru,lsmt"}, "unknown baseline 'lsmt': did you mean 'lstm'"),
        ({"baseline": ""}, "unknown baseline '': known are gru, lstm, none, state"),
        ({"baseline_size": "hiden"}, "unknown baseline size 'hiden': did you mean 'hidden'"),
        ({"device": "cude"}, "unknown device 'cude': did you mean 'cuda'"),
    ],
    ids=str,
)
def test_a_wrong_setting_is_one_line_with_the_nearest_name(
    given: dict[str, Any], message: str
) -> None:
    with pytest.raises(SettingError, match=f"^{message}") as found:
        TrainingSettings(**given)
    assert "\n" not in str(found.value)


def test_a_file_of_settings_is_still_read_strictly() -> None:
    with pytest.raises(ValidationError):
        TrainingSettings.model_validate({"hidden": "3"}, strict=True)


@pytest.mark.parametrize(
    ("named", "kinds"),
    [
        ("gru", ("gru",)),
        ("lstm, gru,lstm", ("lstm", "gru")),
        ("none", ()),
        ("state,none", ("state",)),
    ],
)
def test_baselines_are_a_list_of_names_each_taken_once(named: str, kinds: tuple[str, ...]) -> None:
    assert TrainingSettings(baseline=named).baselines == kinds


def test_a_vocabulary_is_taken_as_it_is_or_as_a_program_states_it() -> None:
    words = Vocabulary.learn(["abba"])
    made, stated = (
        NetworkSettings(channels=1, classes=("x", "y"), vocabulary=given)
        for given in (words, words.described)
    )
    assert made == stated
    assert made.vocabulary == words.described


def test_settings_show_those_that_differ_from_the_usual_ones() -> None:
    assert repr(TrainingSettings()) == "TrainingSettings()"
    shown = repr(TrainingSettings(hidden=8, epochs=40, baseline="none"))
    assert shown == "TrainingSettings(hidden=8, baseline='none')"
