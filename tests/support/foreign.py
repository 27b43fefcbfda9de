"""Ordinary GRUs, random in every weight and bias, and their own answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from hypothesis import strategies as st
from torch import nn

from conversion.foreign.floating import states
from conversion.foreign.gru import HEADS, ForeignGRU, GRULayer, Head
from hardware.sequences.dense import Sequences
from spiking_gru.data import Dataset

every_gru = st.fixed_dictionaries(
    {
        "channels": st.integers(1, 4),
        "units": st.integers(1, 6),
        "layers": st.integers(1, 3),
        "bidirectional": st.booleans(),
        "bias": st.booleans(),
    }
)

every_form = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 10_000),
        "units": st.lists(st.integers(1, 6), min_size=1, max_size=3).map(tuple),
        "bidirectional": st.booleans(),
        "reset_after": st.booleans(),
        "reads": st.sampled_from(HEADS),
    }
)
"""What `random_gru` takes."""


class Classifier(nn.Module):
    """A GRU and a head that reads it in one of the usual ways; frames are (steps, batch, …)."""

    def __init__(
        self,
        channels: int = 3,
        units: int = 5,
        layers: int = 1,
        bidirectional: bool = False,
        bias: bool = True,
        batch_first: bool = False,
        reads: str = "last",
        outputs: int = 3,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.gru = nn.GRU(
            channels, units, layers, bias=bias, bidirectional=bidirectional, batch_first=batch_first
        )
        self.head = nn.Linear(units * (1 + bidirectional), outputs, bias=bias)
        self.reads = reads
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=generator))

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        states, ends = self.gru(frames)
        if self.reads == "step":
            return self.head(states)
        if self.reads == "mean":
            return self.head(states.mean(1 if self.gru.batch_first else 0))
        if self.gru.bidirectional:
            return self.head(torch.cat([ends[-2], ends[-1]], dim=-1))
        return self.head(ends[-1])

    @torch.no_grad()
    def answers(self, sequences: Sequences) -> np.ndarray:
        """Scores of each sequence, or of each step, in the order of `sequences`."""
        batch = 0 if self.gru.batch_first else 1
        found = [self(torch.from_numpy(s).unsqueeze(batch)) for s in sequences]
        if self.reads == "step":
            found = [scores.squeeze(batch) for scores in found]
        return torch.cat(found).double().numpy()


def random_gru(
    seed: int = 0,
    channels: int = 3,
    units: tuple[int, ...] = (5,),
    bidirectional: bool = False,
    reset_after: bool = True,
    reads: str = "last",
    spread: float = 0.7,
) -> ForeignGRU:
    """A GRU with two answers, of any form."""
    rng = np.random.default_rng(seed)
    levels, width = [], channels
    for size in units:
        shapes = ((3 * size, width), (3 * size, size), (3 * size,), (3 * size,))
        levels.append(
            [
                GRULayer.of(*(spread * rng.normal(size=shape) for shape in shapes))
                for _ in range(1 + bidirectional)
            ]
        )
        width = size * (1 + bidirectional)
    head = rng.normal(size=(2, width)), rng.normal(size=2)
    return ForeignGRU.of(levels, head, reads, reset_after=reset_after, origin="nowhere")


def fitted(gru: ForeignGRU, dataset: Dataset) -> ForeignGRU:
    """The GRU with a head, of the mean state, that names the classes of the training part."""
    part = dataset.training
    h = np.concatenate(states(gru, part.sequences), axis=1)
    means = np.add.reduceat(h, part.sequences.starts) / part.sequences.lengths[:, np.newaxis]
    wanted = np.eye(len(dataset.classes))[part.labels]
    found, *_ = np.linalg.lstsq(np.pad(means, ((0, 0), (0, 1)), constant_values=1), wanted)
    return replace(gru, head=Head(found[:-1].T, found[-1], "mean"))
