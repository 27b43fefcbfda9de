"""The readout: from what the last layer emits to scores and logits.

`hardware.definition.readout` is the same in integers; a score here is an integer
there times a power of two.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from hardware.definition.readout import LEAKS, READOUTS, ReadoutKind
from hardware.definition.window import longest_window
from hardware.errors import SettingError, choose
from spiking_gru.quantise import exactly, exponent_of, floor_to, round_to

LEAK = 4
"""Default leak: a leaky score loses 2^-4 of itself at each step."""

WINDOW = 64
"""Default steps of a window."""


class Seen(NamedTuple):
    """The values that a readout receives, and the steps of each sequence."""

    emitted: Tensor  # (steps, batch, hidden), zero beyond each length
    last: Tensor  # (batch, hidden): the membrane after the last step
    lengths: Tensor
    operations: Tensor | None = None  # (batch,): synaptic operations that the emissions cause


class Readout(nn.Module):
    """Scores of each sequence, and the logits that training sees.

    ::

        mean    logits = gain · mean_t (V e_t + b)
        count   logits = gain · Σ_t (V e_t + b)
        leaky   y ← y − y · 2^-leak + V e_t + b,  logits = gain · 2^-leak · y
        last    logits = gain · (V h_T + b)
        step    logits_t = gain · (V e_t + b), at every step

        sliding   logits = gain · mean (V e_t + b) over the last `window` steps
        tumbling  logits = gain · mean (V e_t + b) over the last complete window of steps

    Windows of a sequence that is shorter than one have all its steps.
    """

    def __init__(
        self,
        hidden_size: int,
        outputs: int,
        kind: str = "mean",
        *,
        weight_bits: int = 8,
        event_fraction: int = 0,
        membrane_fraction: int = 8,
        gain: float | None = None,
        leak: int = LEAK,
        window: int = WINDOW,
    ) -> None:
        super().__init__()
        choose("readout", kind, READOUTS)
        if leak not in LEAKS:
            raise SettingError(
                f"leak is {leak}: expected {LEAKS.start} to {LEAKS.stop - 1}, a loss of 2^-leak at "
                f"each step"
            )
        if not 1 <= window <= longest_window(outputs):
            raise SettingError(
                f"window is {window}: expected 1 to {longest_window(outputs):,} steps"
            )
        self.kind = kind
        self.weight_bits = weight_bits
        self.fraction = membrane_fraction if self.row.sees_membranes else event_fraction
        """Fraction bits of the values that the readout receives."""

        self.leak = leak if self.row.leaks else 0
        self.window = window if self.row.windowed else 0
        self.gain = self.row.gain if gain is None else gain
        self.quantised = False
        bound = 1 / math.sqrt(hidden_size)
        self.weight = nn.Parameter(torch.empty(outputs, hidden_size).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(outputs).uniform_(-bound, bound))

    def extra_repr(self) -> str:
        return f"{self.weight.shape[1]}, {len(self.weight)}, {self.kind}"

    @property
    def row(self) -> ReadoutKind:
        """The row of the kind."""
        return READOUTS[self.kind]

    @property
    def answers_every_step(self) -> bool:
        return self.row.answers_every_step

    @property
    def shift(self) -> int:
        """The power of two that brings the products V m to the grid of the scores."""
        return self.row.shift(self.fraction)

    @property
    def weight_exponent(self) -> int:
        return exponent_of(self.weight, self.weight_bits)

    @property
    def exponent(self) -> int:
        """A score is an integer times 2^exponent."""
        return self.weight_exponent - self.fraction - self.shift

    def prepared(self) -> tuple[Tensor, Tensor]:
        """Return weights and biases, on their grids when quantised."""
        if not self.quantised:
            return self.weight, self.bias
        return round_to(self.weight, -self.weight_exponent), round_to(self.bias, -self.exponent)

    def scores(self, seen: Seen) -> Tensor:
        """Return scores (batch, outputs), or (steps, batch, outputs) if every step is answered."""
        with exactly(self.quantised, seen.emitted):
            return self._scores(seen)

    def _scores(self, seen: Seen) -> Tensor:
        weight, bias = self.prepared()
        if self.row.sees_membranes:
            return seen.last @ weight.mT + bias
        emitted, biases = seen.emitted, bias * self.summed(seen.lengths).unsqueeze(-1)
        if self.row.windowed:
            emitted = emitted * self._in_window(seen).unsqueeze(-1)
        if self.row.adds_up and self.shift == 0:
            # Spikes may be summed first; beyond its length a sequence has none.
            return emitted.sum(0) @ weight.mT + biases
        currents = self._on_grid(emitted @ weight.mT)
        if self.row.adds_up:
            return currents.sum(0) + biases
        return self._integrate(currents + bias, seen) if self.row.leaks else currents + bias

    def summed(self, lengths: Tensor) -> Tensor:
        """The number of steps that the scores of sequences of these lengths sum."""
        return lengths.clamp(max=self.window) if self.row.windowed else lengths

    def _in_window(self, seen: Seen) -> Tensor:
        """(steps, batch): 1 for the steps that a windowed score sums, else 0."""
        lengths, steps = seen.lengths, torch.arange(len(seen.emitted), device=seen.lengths.device)
        end = lengths
        if self.row.tumbles:
            complete = lengths - lengths % self.window
            end = torch.where(complete > 0, complete, lengths)
        begin = end - self.summed(lengths)
        inside = (steps.unsqueeze(-1) >= begin) & (steps.unsqueeze(-1) < end)
        return inside.to(seen.emitted)

    def _on_grid(self, x: Tensor) -> Tensor:
        return floor_to(x, -self.exponent) if self.quantised else x

    def _integrate(self, currents: Tensor, seen: Seen) -> Tensor:
        y = torch.zeros_like(currents[0])
        for t, current in enumerate(currents.unbind(0)):
            alive = (seen.lengths > t).unsqueeze(-1)
            y = torch.where(alive, y - self._on_grid(y * 2.0**-self.leak) + current, y)
        return y

    def logits(self, scores: Tensor, lengths: Tensor) -> Tensor:
        """Scores scaled for the loss."""
        scaled = self.gain * scores
        if self.row.averages:
            return scaled / self.summed(lengths).unsqueeze(-1)
        return scaled * 2.0**-self.leak

    def forward(self, seen: Seen) -> Tensor:
        return self.logits(self.scores(seen), seen.lengths)
