"""Tensors that NumPy has no type for, and packed sequences, are taken as they are."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from programs import random_program
from torch.nn.utils.rnn import pack_padded_sequence, pack_sequence, pad_sequence

import hardware
from hardware.sequences.dense import Sequences
from spiking_gru.data import Dataset

RNG = np.random.default_rng(0)
ARRAYS = [RNG.normal(size=(n, 3)).astype(np.float32) for n in RNG.integers(2, 9, 40)]
TENSORS = [torch.from_numpy(array) for array in ARRAYS]
LABELS = [i % 2 for i in range(40)]


def test_bfloat16_is_taken_with_every_number_as_it_is() -> None:
    rounded = [tensor.bfloat16() for tensor in TENSORS]
    found = Sequences.of(rounded)
    assert np.array_equal(found.values, torch.cat(rounded).float().numpy())
    whole = torch.stack([tensor[:2] for tensor in rounded])
    assert np.array_equal(Sequences.of(whole).values, whole.float().numpy().reshape(-1, 3))
    values = torch.arange(40).bfloat16().requires_grad_()
    expected = Dataset.from_lists(found, list(range(40)), task="regress")
    made = Dataset.from_lists(rounded, values, task="regress")
    assert made.fingerprint == expected.fingerprint


@pytest.mark.parametrize("is_sorted", [True, False])
def test_a_packed_sequence_is_its_sequences_in_their_order(is_sorted: bool) -> None:
    tensors = sorted(TENSORS, key=len, reverse=True) if is_sorted else TENSORS
    packed = pack_sequence(tensors, enforce_sorted=is_sorted)
    found = Sequences.of(packed)
    assert len(found) == len(tensors)
    for one, other in zip(found, tensors, strict=True):
        assert np.array_equal(one, other)
    lengths = [len(tensor) for tensor in tensors]
    padded = pad_sequence(tensors, batch_first=True)
    again = pack_padded_sequence(padded, lengths, batch_first=True, enforce_sorted=False)
    assert np.array_equal(Sequences.of(again).values, found.values)
    expected = Dataset.from_lists([tensor.numpy() for tensor in tensors], LABELS)
    assert Dataset.from_lists(packed, LABELS).fingerprint == expected.fingerprint


def test_a_program_runs_a_packed_sequence() -> None:
    program = random_program(0, 3)
    packed = pack_sequence(TENSORS, enforce_sorted=False)
    expected = hardware.run(program, ARRAYS).scores
    assert np.array_equal(hardware.run(program, packed).scores, expected)
    streamed = np.stack([np.ravel(one) for one in hardware.stream(program, packed)])
    assert np.array_equal(streamed, expected.reshape(streamed.shape))
