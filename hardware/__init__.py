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
    from hardware.trace import Trace
    from hardware.verification import Verification, verify_engines

_HOMES = {
    "Cell": "hardware.cell",
    "Comparison": "hardware.comparison",
    "Cost": "hardware.cost",
    "Counts": "hardware.counts",
    "Program": "hardware.program",
    "Sequences": "hardware.sequences",
    "Trace": "hardware.trace",
    "Verification": "hardware.verification",
    "compare": "hardware.comparison",
    "count": "hardware.counts",
    "estimate": "hardware.cost",
    "run": "hardware.inference",
    "verify_engines": "hardware.verification",
}

__all__ = [
    "Cell",
    "Comparison",
    "Cost",
    "Counts",
    "Program",
    "Sequences",
    "Trace",
    "Verification",
    "compare",
    "count",
    "estimate",
    "run",
    "verify_engines",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'hardware' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
