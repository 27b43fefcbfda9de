"""Augmentation: random changes of training sequences that keep their answers.

A row changes a batch by a strength that is a setting of its name; 0 turns it off, and a row that is
off draws no random number. The rows are applied in the order of the table. Masked and vacated
frames hold each channel's mean, so that they send nothing. Targets of frames move with the frames.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from hardware.metrics import MISSING_CLASS
from spiking_gru.batches import Batch
from spiking_gru.encoder import Encoder
from spiking_gru.model import SequenceModel

Augmentation = Callable[[Batch, SequenceModel, float, torch.Generator], Batch]
"""A function of a batch, the model that takes it, the strength and the source of randomness."""


def with_noise(frames: Tensor, gain: Tensor, noise: float, generator: torch.Generator) -> Tensor:
    """Return frames with Gaussian noise of `noise` standard deviations of each channel."""
    drawn = torch.randn(frames.shape, generator=generator).to(frames.device)
    return frames + noise * drawn / gain.float()


def noise(batch: Batch, model: SequenceModel, strength: float, generator: torch.Generator) -> Batch:
    """Add Gaussian noise of `strength` standard deviations of each channel.

    Counts and tokens have no noise: it would be events where nothing was, or no tokens.
    """
    if not model.encoder.row.standardises:
        return batch
    gain = model.encoder.gain.to(batch.frames.device)
    return batch._replace(frames=with_noise(batch.frames, gain, strength, generator))


def warp(batch: Batch, model: SequenceModel, strength: float, generator: torch.Generator) -> Batch:
    """Play the beginning slower and the end faster, or the reverse; the length stays.

    A frame a, drawn anywhere in 0 … L − 1, moves to b, which is at most `strength` of the way to
    the nearer end. Time is linear on both sides::

        source(t) = t · a/b                                t ≤ b
        source(t) = a + (t − b) · (L − 1 − a)/(L − 1 − b)  t > b

    Frames are interpolated; counts and tokens, and the targets of frames, are those of the nearest.
    """
    last = (batch.lengths - 1).double()
    a = last * _uniform(batch, generator)
    b = a + strength * torch.minimum(a, last - a) * (2 * _uniform(batch, generator) - 1)
    t = _times(batch).double()
    before = t * a / b.clamp(min=1e-9)
    after = a + (t - b) * (last - a) / (last - b).clamp(min=1e-9)
    # Padding stays where it is.
    source = torch.where(t <= b, before, after).minimum(last).where(t <= last, t)
    lower = source.floor().long()
    share = (source - lower).to(batch.frames.dtype).unsqueeze(-1)
    upper = (lower + 1).clamp(max=len(batch.frames) - 1)
    start, nearest = _gathered(batch.frames, lower), (source + 0.5).floor().long()
    frames = start + share * (_gathered(batch.frames, upper) - start)
    if not model.encoder.row.standardises:
        frames = _gathered(batch.frames, nearest)
    targets = batch.targets
    if model.row.per_step:
        targets = _gathered(targets, nearest)
    return batch._replace(frames=frames, targets=targets)


def shift(batch: Batch, model: SequenceModel, strength: float, generator: torch.Generator) -> Batch:
    """Move a sequence earlier or later by up to `strength` of its length; the length stays.

    Frames that move out are lost. Vacated frames hold the mean; their targets are missing.
    """
    most = (strength * batch.lengths).long()
    by = (_uniform(batch, generator) * (2 * most + 1)).floor().long() - most
    t = _times(batch)
    inside = t < batch.lengths
    source = torch.where(inside, t - by, t)
    vacated = inside & ((source < 0) | (source >= batch.lengths))
    source = source.clamp(0, len(batch.frames) - 1)
    frames = _silenced(_gathered(batch.frames, source), vacated.unsqueeze(-1), model.encoder)
    targets = batch.targets
    if model.row.per_step:
        targets = _gathered(targets, source)
        targets[vacated] = float("nan") if targets.is_floating_point() else MISSING_CLASS
    return batch._replace(frames=frames, targets=targets)


def time_mask(
    batch: Batch, model: SequenceModel, strength: float, generator: torch.Generator
) -> Batch:
    """Silence a stretch of each sequence, up to `strength` of its length."""
    most = (strength * batch.lengths).long()
    width = (_uniform(batch, generator) * (most + 1)).floor().long()
    start = (_uniform(batch, generator) * (batch.lengths - width + 1)).floor().long()
    t = _times(batch)
    masked = ((t >= start) & (t < start + width)).unsqueeze(-1)
    return batch._replace(frames=_silenced(batch.frames, masked, model.encoder))


def channel_mask(
    batch: Batch, model: SequenceModel, strength: float, generator: torch.Generator
) -> Batch:
    """Silence each channel of each sequence with the probability `strength`."""
    _, sequences, channels = batch.frames.shape
    masked = torch.rand(sequences, channels, generator=generator) < strength
    masked = masked.to(batch.frames.device).expand_as(batch.frames)
    return batch._replace(frames=_silenced(batch.frames, masked, model.encoder))


AUGMENTATIONS: dict[str, Augmentation] = {
    "warp": warp,
    "noise": noise,
    "shift": shift,
    "time_mask": time_mask,
    "channel_mask": channel_mask,
}
"""Rows by the setting of their strength; masks come last, or noise would fill them."""


def augmented(
    batch: Batch, model: SequenceModel, strengths: Mapping[str, float], generator: torch.Generator
) -> Batch:
    """Return a batch changed by each row of the table, as strong as `strengths` says."""
    for name, change in AUGMENTATIONS.items():
        if strengths[name]:
            batch = change(batch, model, strengths[name], generator)
    return batch


def _uniform(batch: Batch, generator: torch.Generator) -> Tensor:
    """Return a number in 0 … 1, without 1, for each sequence."""
    drawn = torch.rand(len(batch.lengths), generator=generator, dtype=torch.float64)
    return drawn.to(batch.frames.device)


def _times(batch: Batch) -> Tensor:
    """Return the number of each frame in its sequence, as (frames, sequences)."""
    frames, sequences, _ = batch.frames.shape
    return torch.arange(frames, device=batch.frames.device).unsqueeze(-1).expand(-1, sequences)


def _gathered(of_frames: Tensor, source: Tensor) -> Tensor:
    """Return, of (frames, sequences, …), the frame `source` of each place."""
    return of_frames[source, torch.arange(source.shape[1], device=source.device)]


def _silenced(frames: Tensor, masked: Tensor, encoder: Encoder) -> Tensor:
    """Return frames that hold the mean of each channel where they are masked."""
    return torch.where(masked, encoder.offset.to(frames.device, frames.dtype), frames)
