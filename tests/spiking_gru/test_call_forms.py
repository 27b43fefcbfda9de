"""SpikingGRU takes every call form of torch.nn.GRU, with the same values where states are sent."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest
import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pack_sequence

from hardware.errors import InputError, RangeError
from spiking_gru import SpikingGRU

FEATURES, HIDDEN, STEPS, BATCH = 3, 5, 6, 4
LENGTHS = [6, 3, 6, 1]


def steps_first(layers: int) -> tuple[object, Tensor]:
    return torch.randn(STEPS, BATCH, FEATURES), torch.randn(layers, BATCH, HIDDEN)


def batch_first(layers: int) -> tuple[object, Tensor]:
    return torch.randn(BATCH, STEPS, FEATURES), torch.randn(layers, BATCH, HIDDEN)


def unbatched(layers: int) -> tuple[object, Tensor]:
    return torch.randn(STEPS, FEATURES), torch.randn(layers, HIDDEN)


def packed(layers: int) -> tuple[object, Tensor]:
    frames = torch.randn(STEPS, BATCH, FEATURES)
    in_order = sorted(LENGTHS, reverse=True)
    return pack_padded_sequence(frames, in_order), torch.randn(layers, BATCH, HIDDEN)


def packed_in_any_order(layers: int) -> tuple[object, Tensor]:
    sequences = [torch.randn(length, FEATURES) for length in LENGTHS]
    return pack_sequence(sequences, enforce_sorted=False), torch.randn(layers, BATCH, HIDDEN)


FORMS: dict[str, tuple[Callable[[int], tuple[object, Tensor]], dict[str, bool]]] = {
    "steps first": (steps_first, {}),
    "batch first": (batch_first, {"batch_first": True}),
    "unbatched": (unbatched, {}),
    "unbatched, batch first": (unbatched, {"batch_first": True}),
    "packed": (packed, {}),
    "packed, batch first": (packed, {"batch_first": True}),
    "packed in any order": (packed_in_any_order, {}),
}
"""The forms of the input in torch.nn.GRU's documentation, with settings of the layer."""


def both(
    layers: int, bias: bool, both_ways: bool, **flags: bool
) -> tuple[torch.nn.GRU, SpikingGRU]:
    """torch's GRU, and ours with its weights, made by the same positional arguments."""
    sizes = (FEATURES, HIDDEN, layers, bias)
    theirs = torch.nn.GRU(*sizes, bidirectional=both_ways, **flags)  # type: ignore[call-overload]
    ours = SpikingGRU(*sizes, bidirectional=both_ways, **flags, emit="state", activation="table")
    ours.load_state_dict(theirs.state_dict())
    return theirs, ours


def require_same(found: object, expected: object) -> None:
    """Compare tensors, or packed sequences in every part."""
    if isinstance(expected, PackedSequence):
        assert isinstance(found, PackedSequence)
        assert torch.equal(found.batch_sizes, expected.batch_sizes)
        for name in ("sorted_indices", "unsorted_indices"):
            ours, theirs = getattr(found, name), getattr(expected, name)
            assert (ours is None) == (theirs is None)
            assert ours is None or torch.equal(ours, theirs)
        found, expected = found.data, expected.data
    assert isinstance(found, Tensor)
    assert isinstance(expected, Tensor)
    assert found.shape == expected.shape
    assert torch.allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("starts", [False, True])
def test_each_call_form_of_torch_gru_gives_its_values(form: str, starts: bool) -> None:
    torch.manual_seed(0)
    made, flags = FORMS[form]
    for layers, bias, both_ways in product((1, 2), (True, False), (True, False)):
        theirs, ours = both(layers, bias, both_ways, **flags)
        x, h0 = made(layers * (1 + both_ways))
        arguments = (x, h0) if starts else (x,)
        expected, end = theirs(*arguments)
        found, state = ours(*arguments)  # type: ignore[arg-type]
        require_same(found, expected)
        require_same(state.membrane, end)


@pytest.mark.parametrize("form", FORMS)
def test_the_state_of_one_call_starts_the_next(form: str) -> None:
    torch.manual_seed(1)
    made, flags = FORMS[form]
    theirs, ours = both(2, True, False, **flags)
    x, _ = made(2)
    _, end = theirs(x)
    _, state = ours(x)  # type: ignore[arg-type]
    expected, _ = theirs(x, hx=end)
    found, _ = ours(x, hx=state)  # type: ignore[arg-type]
    require_same(found, expected)


def test_an_initial_state_and_its_gradient_are_those_of_torch_gru() -> None:
    torch.manual_seed(2)
    theirs, ours = both(1, True, False)
    x, h0 = torch.randn(STEPS, BATCH, FEATURES), torch.randn(1, BATCH, HIDDEN).requires_grad_()
    theirs(x, h0)[0].square().sum().backward()
    expected, h0.grad = h0.grad, None
    ours(x, h0)[0].square().sum().backward()
    assert expected is not None
    assert h0.grad is not None
    assert torch.allclose(h0.grad, expected, atol=1e-6)


def test_without_bias_there_is_nothing_but_weights() -> None:
    theirs, ours = both(2, False, True)
    assert sum(p.numel() for p in ours.parameters()) == sum(p.numel() for p in theirs.parameters())
    assert not [name for name in ours.state_dict() if "bias" in name]
    assert all(not cell.bias_ih.any() for cells in ours.layers() for cell in cells)


def test_the_positional_arguments_are_in_the_order_of_torch_gru() -> None:
    arguments = (3, 5, 2, False, True, 0.25, True)
    theirs = torch.nn.GRU(*arguments, device="cpu", dtype=torch.float64)
    ours = SpikingGRU(*arguments, device="cpu", dtype=torch.float64, threshold=0.1)
    assert ours.dropout.p == theirs.dropout
    for name in ("input_size", "hidden_size", "num_layers", "bias", "batch_first", "bidirectional"):
        assert getattr(ours, name) == getattr(theirs, name)
    assert {p.dtype for p in ours.parameters()} == {torch.float64}
    theirs.flatten_parameters()
    ours.flatten_parameters()


@pytest.mark.parametrize("form", FORMS)
def test_spikes_have_the_form_of_the_input(form: str) -> None:
    torch.manual_seed(3)
    made, flags = FORMS[form]
    spiking = SpikingGRU(FEATURES, HIDDEN, 2, threshold=0.05, **flags)  # type: ignore[arg-type]
    theirs = torch.nn.GRU(FEATURES, HIDDEN, 2, **flags)  # type: ignore[call-overload]
    x, h0 = made(2)
    for quantised in (False, True):
        for cells in spiking.layers():
            for cell in cells:
                cell.quantised = quantised
        spikes, state = spiking(x, h0.clamp(-1, 1))  # type: ignore[arg-type]
        expected, end = theirs(x, h0)
        if isinstance(spikes, PackedSequence):
            spikes, expected = spikes.data, expected.data
        assert spikes.shape == expected.shape
        assert state.membrane.shape == end.shape
        assert set(spikes.unique().tolist()) == {0.0, 1.0}


def test_packed_sequences_spike_as_each_alone() -> None:
    torch.manual_seed(4)
    gru = SpikingGRU(FEATURES, HIDDEN, 2, bidirectional=True, threshold=0.05)
    sequences = [torch.randn(length, FEATURES) for length in LENGTHS]
    spikes, state = gru(pack_sequence(sequences, enforce_sorted=False))
    for i, (sequence, found) in enumerate(
        zip(sequences, torch.nn.utils.rnn.unpack_sequence(spikes), strict=True)
    ):
        alone, end = gru(sequence)
        assert torch.equal(found, alone)
        assert torch.allclose(state.membrane[:, i], end.membrane, atol=1e-6)


@pytest.mark.parametrize(
    ("frames", "h0", "text"),
    [
        (torch.zeros(4, 2, 3), torch.zeros(1, 2, 5), r"h0 has shape \(1, 2, 5\), expected"),
        (torch.zeros(4, 3), torch.zeros(2, 2, 5), "state has shape"),
        (torch.zeros(4, 3), torch.zeros(5), r"h0 has shape \(5,\), expected \(layers, hidden\)"),
        (torch.zeros(4, 2, 3), torch.zeros(2, 3, 5), "state has shape"),
        (torch.zeros(4, 2, 3), torch.full((2, 2, 5), torch.nan), "h0 holds NaN"),
    ],
)
def test_a_wrong_initial_state_is_named(frames: Tensor, h0: Tensor, text: str) -> None:
    with pytest.raises(InputError, match=text):
        SpikingGRU(3, 5, 2)(frames, h0)


def test_lengths_next_to_a_packed_sequence_are_refused() -> None:
    x = pack_sequence([torch.zeros(4, 3)])
    with pytest.raises(InputError, match="leave them out"):
        SpikingGRU(3, 5)(x, None, [4])  # type: ignore[call-overload]


def test_a_quantised_layer_refuses_membranes_beyond_the_proof() -> None:
    gru = SpikingGRU(3, 5)
    h0 = torch.full((1, 2, 5), 1.5)
    gru(torch.zeros(4, 2, 3), h0)
    for cell in gru.cells:
        cell.quantised = True  # type: ignore[assignment]
    with pytest.raises(RangeError, match=r"1\.5 from 0, expected at most 1"):
        gru(torch.zeros(4, 2, 3), h0)
