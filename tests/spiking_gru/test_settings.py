from __future__ import annotations

import pytest
from pydantic import ValidationError

from hardware.definition.formulation import FORMULATIONS
from hardware.definition.limits import MOST_WEIGHTS
from hardware.errors import SettingError
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


def test_a_class_name_that_no_program_may_have_is_refused() -> None:
    with pytest.raises(SettingError, match=r"classes: the name 'a\\n' has 2 characters, expected"):
        TrainingSettings().network(3, ("a\n", "b"))
    with pytest.raises(ValidationError):
        NetworkSettings(channels=3, classes=())
