"""Programs, the engines that run them, and what a run costs. Never needs torch.

Names are imported when they are first used, so that importing the package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hardware.cell import Cell
    from hardware.comparison import Comparison, compare
    from hardware.cost import Cost, estimate
    from hardware.counts import Counts, count
    from hardware.inference import run
    from hardware.program import Program
    from hardware.sequences import Sequences
    from hardware.session import Session
    from hardware.streaming import stream
    from hardware.trace import Trace

_HOMES = {
    "Cell": "hardware.cell",
    "Comparison": "hardware.comparison",
    "Cost": "hardware.cost",
    "Counts": "hardware.counts",
    "Program": "hardware.program",
    "Sequences": "hardware.sequences",
    "Session": "hardware.session",
    "Trace": "hardware.trace",
    "compare": "hardware.comparison",
    "count": "hardware.counts",
    "estimate": "hardware.cost",
    "run": "hardware.inference",
    "stream": "hardware.streaming",
}

__all__ = [
    "Cell",
    "Comparison",
    "Cost",
    "Counts",
    "Program",
    "Sequences",
    "Session",
    "Trace",
    "compare",
    "count",
    "estimate",
    "run",
    "stream",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'hardware' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
