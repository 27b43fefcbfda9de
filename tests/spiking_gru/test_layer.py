from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from hardware.errors import InputError, SettingError
from spiking_gru import SpikingGRU
from spiking_gru.layer import State, reverse


def gru_and_input(**settings: object) -> tuple[SpikingGRU, torch.Tensor]:
    torch.manual_seed(0)
    gru = SpikingGRU(3, 5, num_layers=2, threshold=0.1, **settings)  # type: ignore[arg-type]
    return gru, 2 * torch.randn(8, 4, 3)


def test_it_is_called_like_torch_gru() -> None:
    gru, x = gru_and_input()
    spikes, state = gru(x)
    assert spikes.shape == (8, 4, 5)
    assert state.membrane.shape == state.emitted.shape == (2, 4, 5)
    assert torch.equal(state.emitted[-1], spikes[-1])
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


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("batch_first", [False, True])
def test_with_spiking_switched_off_it_is_torch_gru_in_values_and_gradients(
    layers: int, bidirectional: bool, batch_first: bool
) -> None:
    torch.manual_seed(1)
    shape = (3, 5, layers)
    theirs = torch.nn.GRU(*shape, bidirectional=bidirectional, batch_first=batch_first).double()
    flags = {"bidirectional": bidirectional, "batch_first": batch_first}
    ours = SpikingGRU(*shape, **flags, emit="state", activation="table").double()
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(4, 7, 3).double().requires_grad_()
    start = torch.randn(layers * (1 + bidirectional), 7 if not batch_first else 4, 5).double()
    expected, end = theirs(x, start)
    (expected.square().sum() + end.sum()).backward()
    gradients, x.grad = [x.grad, *(p.grad for p in theirs.parameters())], None
    found, state = ours(x, State(start, start))
    (found.square().sum() + state.membrane.sum()).backward()
    assert torch.allclose(found, expected, atol=1e-6)
    assert torch.allclose(state.membrane, end, atol=1e-6)
    own = {name: p.grad for cell in ours.cells for name, p in cell.named_parameters()}
    assert set(own) == {"weight_ih", "weight_hh", "bias_ih", "bias_hh"}
    ordered = [getattr(c, n).grad for c in ours.cells for n in own]
    for mine, reference in zip([x.grad, *ordered], gradients, strict=True):
        assert torch.allclose(mine, reference, atol=1e-6)


def test_a_backward_cell_is_a_forward_one_on_the_reversed_sequence() -> None:
    torch.manual_seed(2)
    both = SpikingGRU(3, 5, bidirectional=True, threshold=0.1)
    alone = SpikingGRU(3, 5, threshold=0.1)
    alone.cells[0].load_state_dict(both.cells[1].state_dict())
    x, lengths = torch.randn(8, 2, 3), torch.tensor([8, 5])
    emitted, _ = both(x, lengths=lengths)
    for i, length in enumerate(lengths):
        expected, _ = alone(x[:length, i : i + 1].flip(0))
        assert torch.equal(emitted[:length, i, 5:], expected[:, 0].flip(0))
        assert not emitted[length:, i].any()


def test_reversing_twice_changes_nothing() -> None:
    x, lengths = torch.randn(6, 3, 2), torch.tensor([6, 1, 4])
    assert torch.equal(reverse(reverse(x, lengths), lengths), x)
    assert torch.equal(reverse(x, lengths)[:4, 2], x[:4, 2].flip(0))


def test_dropout_acts_between_layers_in_training_only() -> None:
    gru, x = gru_and_input(dropout=0.5)
    plain, _ = gru_and_input()
    assert torch.equal(gru.eval()(x)[0], plain(x)[0])
    gru.train()
    assert not torch.equal(gru.activities(x)[0][1].emitted, plain(x)[0])
    assert torch.equal(gru.activities(x)[0][0].emitted, plain.activities(x)[0][0].emitted)


def test_a_learnt_initial_state_is_where_sequences_start_and_has_a_gradient() -> None:
    gru, x = gru_and_input(learn_initial_state=True)
    plain, _ = gru_and_input()
    assert torch.equal(gru(x)[0], plain(x)[0])
    with torch.no_grad():
        gru.cells[0].initial_state.fill_(0.7)
    emitted, _ = gru(x)
    assert not torch.equal(emitted, plain(x)[0])
    emitted.sum().backward()
    assert gru.cells[0].initial_state.grad.abs().sum() > 0


def test_bfloat16_works_in_float_and_is_refused_where_it_would_not_be_exact() -> None:
    gru, x = gru_and_input()
    gru = gru.bfloat16()
    emitted, _ = gru(x.bfloat16())
    emitted.sum().backward()
    assert emitted.dtype == torch.bfloat16
    assert gru.cells[0].weight_hh.grad.abs().sum() > 0
    for cell in gru.cells:
        cell.quantised = True
    with pytest.raises(InputError, match=r"x is torch\.bfloat16: the quantised form is exact in"):
        gru(x.bfloat16())


def test_quantised_doubles_equal_quantised_floats_in_every_bit() -> None:
    gru, x = gru_and_input()
    for cell in gru.cells:
        cell.quantised = True
    x = (x * 32).round() / 32
    single, _ = gru(x)
    assert torch.equal(gru.double()(x.double())[0].float(), single)


def test_double_inputs_stay_double() -> None:
    gru, x = gru_and_input()
    assert gru.double()(x.double())[0].dtype == torch.float64


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"formulaton": "keep"}, "unknown setting 'formulaton': did you mean 'formulation'"),
        ({"formulation": "kep"}, "unknown formulation 'kep': did you mean 'keep'"),
        ({"dropout": 1.0}, "dropout is 1.0"),
        ({"threshold": 1.2}, "threshold is 1.2"),
        ({"emit": "graded", "threshold": -0.1}, "threshold is -0.1"),
        ({"emit": "graded", "threshold": float("nan")}, "threshold is nan"),
    ],
)
def test_settings_that_are_wrong_are_refused_by_name(settings: dict, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        SpikingGRU(3, 5, **settings)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": torch.zeros(8, 4, 2)}, r"x has shape \(8, 4, 2\).*expected 3 features"),
        ({"x": torch.zeros(8, 2)}, r"x has shape .*expected 3 features"),
        ({"x": torch.zeros(8)}, "x has shape"),
        ({"x": torch.full((8, 4, 3), torch.nan)}, "x holds NaN or infinity"),
        ({"x": torch.zeros(0, 4, 3)}, "x has 0 steps"),
        ({"x": [[[0.0, 0.0, 0.0]]]}, r"x is a list: expected a torch\.Tensor"),
        ({"x": torch.zeros(8, 4, 3).double()}, r"x is torch\.float64, .* weights are .*float32"),
        ({"x": torch.zeros(8, 4, 3).half()}, r"x is torch\.float16"),
        ({"x": torch.zeros(8, 4, 3).int()}, r"x is torch\.int32"),
        ({"x": torch.zeros(8, 4, 3, dtype=torch.complex64)}, r"x is torch\.complex64"),
        ({"lengths": [8.0, 8.0, 8.0, 8.0]}, r"lengths is torch\.float32: expected whole numbers"),
        ({"lengths": [True] * 4}, r"lengths is torch\.bool"),
        ({"lengths": ["8"] * 4}, r"lengths is .*: expected whole numbers"),
        ({"lengths": [8, 8, [8], 8]}, r"lengths is .*: expected whole numbers"),
        ({"lengths": torch.tensor([8, 8, 8])}, "lengths has shape .* each of the 4 sequences"),
        ({"lengths": torch.tensor([8, 0, 1, 1])}, "lengths run from 0 to 8, expected 1 to 8"),
        ({"lengths": torch.tensor([9, 1, 1, 1])}, "lengths run from 1 to 9"),
        ({"hx": State(torch.zeros(2, 4, 5), torch.zeros(2, 3, 5))}, "state has shape"),
    ],
)
def test_input_of_a_wrong_shape_is_refused_by_name(arguments: dict, message: str) -> None:
    gru, x = gru_and_input()
    with pytest.raises(InputError, match=message):
        gru(**{"x": x, **arguments})


@pytest.mark.parametrize("field", State._fields)
def test_a_state_with_nan_is_refused(field: str) -> None:
    gru, x = gru_and_input()
    state = gru(x)[1]._replace(**{field: torch.full_like(gru(x)[1].membrane, torch.nan)})
    with pytest.raises(InputError, match=f"the state's {field} holds NaN"):
        gru(x, state)


@pytest.mark.parametrize("kind", [list, np.array, torch.tensor])
def test_lengths_may_be_a_list_an_array_or_a_tensor(kind: Callable) -> None:
    gru, x = gru_and_input()
    lengths = [8, 1, 3, 8]
    assert torch.equal(gru(x, lengths=kind(lengths))[0], gru(x, lengths=torch.tensor(lengths))[0])


@pytest.mark.parametrize("way", ["numba", "torch", "loop"])
@pytest.mark.parametrize("lengths", [None, []])
def test_an_empty_batch_gives_an_empty_result(
    way: str, lengths: list | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spiking_gru.fused.way", lambda *_: way)
    gru = SpikingGRU(3, 5, 2, bidirectional=True)
    emitted, state = gru(torch.zeros(8, 0, 3), lengths=lengths)
    assert emitted.shape == (8, 0, 10)
    assert state.membrane.shape == (4, 0, 5)
    emitted.sum().backward()
    assert not any(p.grad is not None and p.grad.any() for p in gru.parameters())


def test_no_layers_are_refused() -> None:
    with pytest.raises(SettingError, match="num_layers is 0"):
        SpikingGRU(3, 5, num_layers=0)
