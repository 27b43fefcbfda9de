"""The forms in which torch.nn.GRU is called: packed, unbatched, batch first; and the way back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from torch import Tensor
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from hardware.errors import InputError
from spiking_gru.inputs import Lengths

TensorOrPacked = Tensor | PackedSequence


class Call(NamedTuple):
    """A call with steps first."""

    x: Tensor
    """Frames (steps, batch, features)."""

    lengths: Lengths | None
    restored: Callable[[Tensor], TensorOrPacked]
    """Makes the form of the call from emissions (steps, batch, width)."""

    batched: bool
    """Whether states have a dimension for sequences."""


def call_of(x: TensorOrPacked, lengths: Lengths | None, batch_first: bool) -> Call:
    """Return a call with steps first, whatever the form of its frames."""
    if isinstance(x, PackedSequence):
        if lengths is not None:
            raise InputError(
                "lengths are given next to a PackedSequence, which has its own: leave them out"
            )
        padded, of_each = pad_packed_sequence(x)
        return Call(padded, of_each, partial(packed_like, x, of_each), True)
    if isinstance(x, Tensor) and x.ndim == 2:
        return Call(x.unsqueeze(1), lengths, _alone, False)
    if isinstance(x, Tensor) and x.ndim == 3 and batch_first:
        return Call(x.transpose(0, 1), lengths, _batch_first, True)
    return Call(x, lengths, _as_it_is, True)


def packed_like(x: PackedSequence, lengths: Tensor, emitted: Tensor) -> PackedSequence:
    """Return emissions (steps, batch, width) packed in the order of another packed sequence."""
    if x.sorted_indices is not None:
        emitted = emitted.index_select(1, x.sorted_indices)
        lengths = lengths[x.sorted_indices.to(lengths.device)]
    packed = pack_padded_sequence(emitted, lengths)
    return PackedSequence(packed.data, x.batch_sizes, x.sorted_indices, x.unsorted_indices)


def _alone(emitted: Tensor) -> Tensor:
    return emitted.squeeze(1)


def _batch_first(emitted: Tensor) -> Tensor:
    return emitted.transpose(0, 1)


def _as_it_is(emitted: Tensor) -> Tensor:
    return emitted
