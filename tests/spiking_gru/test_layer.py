from __future__ import annotations

import pytest
import torch

from hardware.errors import SettingError
from spiking_gru import SpikingGRU
from spiking_gru.layer import State


def gru_and_input(**settings: object) -> tuple[SpikingGRU, torch.Tensor]:
    torch.manual_seed(0)
    gru = SpikingGRU(3, 5, num_layers=2, threshold=0.1, **settings)  # type: ignore[arg-type]
    return gru, 2 * torch.randn(8, 4, 3)


def test_it_is_called_like_torch_gru() -> None:
    gru, x = gru_and_input()
    spikes, state = gru(x)
    assert spikes.shape == (8, 4, 5)
    assert state.membrane.shape == state.spikes.shape == (2, 4, 5)
    assert torch.equal(state.spikes[-1], spikes[-1])
    assert 0 < spikes.mean() < 1


def test_batch_first_only_swaps_axes() -> None:
    gru, x = gru_and_input()
    swapped, _ = gru_and_input(batch_first=True)
    assert torch.equal(swapped(x.transpose(0, 1))[0], gru(x)[0].transpose(0, 1))


def test_a_sequence_in_two_halves_equals_the_whole() -> None:
    gru, x = gru_and_input()
    whole, end = gru(x)
    first, state = gru(x[:3])
    second, final = gru(x[3:], state)
    assert torch.equal(torch.cat([first, second]), whole)
    assert all(torch.equal(a, b) for a, b in zip(final, end, strict=True))


def test_a_batch_equals_its_samples_one_by_one() -> None:
    gru, x = gru_and_input()
    for cell in gru.cells:
        cell.quantised = True  # floats would sum in another order in a batch of another size
    x = (x * 32).round() / 32
    lengths = torch.tensor([8, 3, 1, 5])
    spikes, state = gru(x, lengths=lengths)
    for i, length in enumerate(lengths):
        alone, end = gru(x[:length, i : i + 1])
        assert torch.equal(spikes[:length, i], alone[:, 0])
        assert torch.equal(state.membrane[:, i], end.membrane[:, 0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": torch.zeros(8, 4, 2)}, r"x has shape \(8, 4, 2\).*expected 3 features"),
        ({"x": torch.zeros(8, 3)}, "x has shape"),
        ({"lengths": torch.tensor([8, 8, 8])}, "lengths has shape .* each of the 4 sequences"),
        ({"lengths": torch.tensor([8, 0, 1, 1])}, "lengths run from 0 to 8, expected 1 to 8"),
        ({"lengths": torch.tensor([9, 1, 1, 1])}, "lengths run from 1 to 9"),
        ({"state": State(torch.zeros(2, 4, 5), torch.zeros(2, 3, 5))}, "state has shape"),
    ],
)
def test_input_of_a_wrong_shape_is_refused_by_name(arguments: dict, message: str) -> None:
    gru, x = gru_and_input()
    with pytest.raises(SettingError, match=message):
        gru(**{"x": x, **arguments})


def test_no_layers_are_refused() -> None:
    with pytest.raises(SettingError, match="num_layers is 0"):
        SpikingGRU(3, 5, num_layers=0)
