"""SpikingGRUCell keeps the contract of a snnTorch neuron."""

from __future__ import annotations

import gc
import weakref

import pytest
import snntorch
import torch
from snntorch import functional as snntorch_losses
from snntorch import spikegen, surrogate

from hardware.errors import InputError, SettingError
from spiking_gru import SpikingGRU, SpikingGRUCell


def cell_and_input(**settings: object) -> tuple[SpikingGRUCell, torch.Tensor]:
    torch.manual_seed(0)
    return SpikingGRUCell(3, 4, threshold=0.1, **settings), torch.randn(10, 2, 3)  # type: ignore[arg-type]


def test_it_is_a_snntorch_neuron_called_like_one() -> None:
    cell, x = cell_and_input()
    assert isinstance(cell, snntorch.SpikingNeuron)
    spk, mem = cell.first_state(2)
    for frame in x:
        spk, mem = cell(frame, spk, mem)
    assert spk.shape == mem.shape == (2, 4)
    assert set(spk.unique().tolist()) <= {0.0, 1.0}


def test_the_state_matters_so_it_is_not_made_anew_at_each_step() -> None:
    cell, x = cell_and_input()
    spk, mem = cell(x[0])
    assert not torch.equal(cell(x[1], spk, mem)[1], cell(x[1])[1])


def test_init_hidden_gives_the_same_spikes_and_keeps_the_state_itself() -> None:
    explicit, x = cell_and_input()
    implicit, _ = cell_and_input(init_hidden=True)
    spk, mem = explicit.first_state(2)
    for frame in x:
        spk, mem = explicit(frame, spk, mem)
        assert torch.equal(implicit(frame), spk)
    assert torch.equal(implicit.mem, mem)
    with pytest.raises(TypeError, match="keeps spk and mem itself"):
        implicit(x[0], spk, mem)


def test_output_returns_all() -> None:
    cell, x = cell_and_input(init_hidden=True, output=True)
    spk, mem = cell(x[0])
    assert torch.equal(cell.spk, spk)
    assert torch.equal(cell.mem, mem)


def test_reset_hidden_clears_and_detach_hidden_cuts() -> None:
    cell, x = cell_and_input(init_hidden=True)
    first = cell(x[0])
    assert cell.mem.requires_grad
    SpikingGRUCell.detach_hidden()
    assert not cell.mem.requires_grad
    SpikingGRUCell.reset_hidden()
    assert not cell.mem.any()
    assert torch.equal(cell(x[0]), first)


def test_no_list_of_instances_keeps_a_cell_alive() -> None:
    cell, _ = cell_and_input()
    gone = weakref.ref(cell)
    del cell
    gc.collect()
    assert gone() is None


def test_a_state_dict_round_trip_changes_nothing() -> None:
    cell, x = cell_and_input()
    other = SpikingGRUCell(3, 4, threshold=0.7)
    other.load_state_dict(cell.state_dict())
    assert torch.equal(other(x[0])[1], cell(x[0])[1])


def test_weights_that_nothing_reads_are_dropped_from_an_older_state_dict() -> None:
    gru = SpikingGRU(3, 4, formulation="output-gated", threshold=0.1)
    state = gru.state_dict()
    blocks = state["cells.0.weight_ih"].split(4)
    unread = torch.full((4, 3), 9.0)
    older = {**state, "cells.0.weight_ih": torch.cat([*blocks[:2], unread, blocks[2]])}
    other = SpikingGRU(3, 4, formulation="output-gated", threshold=0.1)
    other.load_state_dict(older)
    assert torch.equal(other.cells[0].weight_ih, gru.cells[0].weight_ih)
    assert len(older["cells.0.weight_ih"]) == 16
    wrong = {**state, "cells.0.weight_ih": torch.zeros(7, 3)}
    with pytest.raises(RuntimeError, match="size mismatch for cells.0.weight_ih"):
        other.load_state_dict(wrong)


@pytest.mark.parametrize("name", ["atan", "fast_sigmoid", "sigmoid", "straight_through_estimator"])
def test_surrogates_of_snntorch_give_gradients(name: str) -> None:
    cell, x = cell_and_input(spike_grad=getattr(surrogate, name)())
    spk, mem = cell.first_state(2)
    total = torch.zeros(())
    for frame in x:
        spk, mem = cell(frame, spk, mem)
        total = total + spk.sum()
    total.backward()
    for parameter in (cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh):
        assert parameter.grad is not None
        assert parameter.grad.abs().sum() > 0


def test_a_threshold_can_be_learnt() -> None:
    cell, x = cell_and_input(learn_threshold=True)
    cell(x[0])[0].sum().backward()
    assert cell.threshold.grad is not None
    assert cell.threshold.grad != 0


@pytest.mark.parametrize(
    "loss",
    [
        snntorch_losses.ce_rate_loss(),
        snntorch_losses.ce_count_loss(),
        snntorch_losses.mse_count_loss(correct_rate=0.8, incorrect_rate=0.2),
    ],
)
def test_snntorch_losses_on_rate_coded_input_reach_the_weights(loss: object) -> None:
    torch.manual_seed(0)
    cell = SpikingGRUCell(3, 4, threshold=0.1)
    frames = spikegen.rate(torch.rand(5, 3), num_steps=8)
    (spk, mem), spikes = cell.first_state(5), []
    for frame in frames:
        spk, mem = cell(frame, spk, mem)
        spikes.append(spk)
    loss(torch.stack(spikes), torch.tensor([0, 1, 2, 3, 0])).backward()  # type: ignore[operator]
    assert cell.weight_hh.grad is not None
    assert cell.weight_hh.grad.abs().sum() > 0


def test_called_frame_by_frame_it_is_the_layer() -> None:
    cell, x = cell_and_input()
    gru = SpikingGRU(3, 4, threshold=0.1)
    gru.cells[0].load_state_dict(cell.state_dict())
    expected, _ = gru(x)
    (spk, mem), spikes = cell.first_state(2), []
    for frame in x:
        spk, mem = cell(frame, spk, mem)
        spikes.append(spk)
    assert torch.equal(torch.stack(spikes), expected)


def test_a_spiking_cell_spikes_at_its_default_threshold() -> None:
    torch.manual_seed(0)
    gru = SpikingGRU(12, 64)
    rate = gru(torch.randn(20, 8, 12))[0].mean()
    assert 0.01 < rate < 0.5


@pytest.mark.parametrize("threshold", [0.0, -0.1, 1.0, 1.5])
def test_a_threshold_that_is_never_or_always_crossed_is_refused(threshold: float) -> None:
    with pytest.raises(SettingError, match=f"threshold is {threshold:g}.*between 0 and 1"):
        SpikingGRUCell(3, 4, threshold=threshold)


def test_wrong_sizes_are_refused_by_name() -> None:
    with pytest.raises(SettingError, match="hidden_size is 0"):
        SpikingGRUCell(3, 0)
    with pytest.raises(InputError, match=r"input has shape \(2, 5\), expected \(batch, 3\)"):
        SpikingGRUCell(3, 4)(torch.zeros(2, 5))


@pytest.mark.parametrize("quantised", [False, True])
@pytest.mark.parametrize("bad", [torch.nan, torch.inf])
def test_nan_and_infinity_are_refused(quantised: bool, bad: float) -> None:
    cell, x = cell_and_input()
    cell.quantised = quantised
    spk, mem = cell.first_state(2)
    spoilt = torch.full_like(mem, bad)
    for name, arguments in (
        ("input", (torch.full_like(x[0], bad), spk, mem)),
        ("spk", (x[0], spoilt, mem)),
        ("mem", (x[0], spk, spoilt)),
    ):
        with pytest.raises(InputError, match=f"{name} holds NaN or infinity"):
            cell(*arguments)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.int64])
def test_an_input_of_another_type_than_the_weights_is_refused(dtype: torch.dtype) -> None:
    cell, x = cell_and_input()
    with pytest.raises(InputError, match=f"input is {dtype}, but the weights are torch.float32"):
        cell(x[0].to(dtype))


def test_an_empty_batch_gives_an_empty_result() -> None:
    cell, _ = cell_and_input()
    spk, mem = cell(torch.zeros(0, 3))
    assert spk.shape == mem.shape == (0, 4)


def test_a_graded_spike_carries_its_factor_to_itself_and_to_the_next() -> None:
    plain, x = cell_and_input()
    graded, _ = cell_and_input(graded_spikes_factor=0.5)
    graded.load_state_dict({**plain.state_dict(), "graded_spikes_factor": torch.tensor(0.5)})
    with torch.no_grad():
        graded.weight_hh.mul_(2)
    (spk, mem), (half, state) = plain.first_state(2), graded.first_state(2)
    for frame in x:
        spk, mem = plain(frame, spk, mem)
        half, state = graded(frame, half, state)
        assert torch.equal(half, 0.5 * spk)
        assert torch.allclose(state, mem, atol=1e-6)
    assert half.any()


def test_a_factor_can_be_learnt_and_is_on_the_gate_grid_when_quantised() -> None:
    cell, x = cell_and_input(graded_spikes_factor=0.3, learn_graded_spikes_factor=True)
    cell.quantised = True
    spk, mem = cell.first_state(2)
    total = torch.zeros(())
    for frame in x:
        spk, mem = cell(frame, spk, mem)
        total = total + spk.sum()
    assert set(spk.unique().tolist()) <= {0.0, 77 / 256}
    total.backward()
    assert cell.graded_spikes_factor.grad != 0


@pytest.mark.parametrize("settings", [{"emit": "graded"}, {"formulation": "output-gated"}])
def test_a_factor_where_nothing_is_a_plain_spike_is_refused(settings: dict) -> None:
    with pytest.raises(SettingError, match="graded_spikes_factor scales spikes"):
        SpikingGRUCell(3, 4, graded_spikes_factor=2.0, **settings)


def test_without_a_surrogate_no_gradient_passes_a_spike() -> None:
    cell, x = cell_and_input(surrogate_disable=True)
    spk, mem = cell(x[0])
    assert not spk.requires_grad
    assert mem.requires_grad
