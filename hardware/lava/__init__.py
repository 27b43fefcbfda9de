"""Lava: the reference simulator, helped to import, supervised, and kept apart.

`from hardware.lava import SpikingGRULayer, ReadoutLayer` gives the Lava processes for a network of
one's own; it also makes `import lava` work on Pythons that Lava does not know.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hardware.lava.processes.readout_layer import ReadoutLayer as ReadoutLayer
    from hardware.lava.processes.spiking_gru_layer import SpikingGRULayer as SpikingGRULayer
    from hardware.lava.session import LavaSession as LavaSession

_HOMES = {
    "LavaSession": "hardware.lava.session",
    "ReadoutLayer": "hardware.lava.processes.readout_layer",
    "SpikingGRULayer": "hardware.lava.processes.spiking_gru_layer",
}
__all__ = ["LavaSession", "ReadoutLayer", "SpikingGRULayer"]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
