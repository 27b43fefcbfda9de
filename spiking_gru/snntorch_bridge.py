"""Our cells inside nets that snnTorch's own training loops drive.

`snntorch.utils.reset` and `snntorch.backprop` know snnTorch's classes by name, and no others.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import snntorch
from snntorch import utils
from torch import nn

from spiking_gru.cell import SpikingGRUCell

DETACHED_BY_BACKPROP = (
    snntorch.Lapicque,
    snntorch.Leaky,
    snntorch.Synaptic,
    snntorch.Alpha,
    snntorch.RLeaky,
    snntorch.RSynaptic,
    snntorch.SConv2dLSTM,
    snntorch.SLSTM,
)


def reset(net: nn.Module) -> None:
    """Clear the states of the cells in `net`, and of no other cells."""
    for module in net.modules():
        if isinstance(module, SpikingGRUCell):
            module.reset_mem()


@contextmanager
def known_to_snntorch() -> Iterator[None]:
    """Make `snntorch.utils.reset` and `snntorch.backprop` treat our cells as their own, within it.

    The last layer of a net given to `snntorch.backprop` must be one of snnTorch's own neurons.
    """
    their_reset = utils.reset

    def reset_all(net: Any) -> None:
        their_reset(net)
        reset(net)

    def also_ours(theirs: Any) -> Any:
        def detach_hidden() -> None:
            theirs()
            SpikingGRUCell.detach_hidden()

        return detach_hidden

    patches = [patch.object(utils, "reset", reset_all)]
    patches += [
        patch.object(neuron, "detach_hidden", also_ours(neuron.detach_hidden))
        for neuron in DETACHED_BY_BACKPROP
    ]
    for each in patches:
        each.start()
    try:
        yield
    finally:
        for each in reversed(patches):
            each.stop()
