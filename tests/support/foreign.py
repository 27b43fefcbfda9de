"""Ordinary GRUs of torch, random in every weight and bias, and their own answers."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import strategies as st
from torch import nn

from hardware.sequences import Sequences

every_gru = st.fixed_dictionaries(
    {
        "channels": st.integers(1, 4),
        "units": st.integers(1, 6),
        "layers": st.integers(1, 3),
        "bidirectional": st.booleans(),
        "bias": st.booleans(),
    }
)


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
