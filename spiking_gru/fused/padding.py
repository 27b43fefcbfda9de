"""Steps beyond a sequence's length."""

from __future__ import annotations

import torch
from torch import Tensor


def alive_steps(x: Tensor, lengths: Tensor | None) -> Tensor | None:
    """Whether each step of (steps, batch) is not padding; None where no step is."""
    if lengths is None:
        return None
    return torch.arange(len(x), device=x.device).unsqueeze(-1) < lengths


def last_emitted(all_emitted: Tensor, emitted: Tensor, lengths: Tensor | None) -> Tensor:
    """Each sequence's last emission; `emitted`, from before the first step, where it has none."""
    if lengths is None:
        return all_emitted[-1]
    end = lengths.clamp(max=len(all_emitted)) - 1
    batch = torch.arange(all_emitted.shape[1], device=all_emitted.device)
    at_end = all_emitted[end.clamp(min=0), batch]
    return torch.where((lengths > 0).unsqueeze(-1), at_end, emitted)
