"""Programs, the engines that run them, and what a run costs. Never needs torch.

Names are imported when they are first used, so that importing the package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hardware.cell import Cell
    from hardware.chip import Chip, load_chip
    from hardware.comparison import Comparison, compare
    from hardware.cost import Cost, estimate
    from hardware.counts import Counts, count
    from hardware.dense import Measured
    from hardware.inference import run
    from hardware.loads import Loads, load
    from hardware.placement import Placement, place
    from hardware.program import Program
    from hardware.reporting import report
    from hardware.sequences import Sequences
    from hardware.session import Session
    from hardware.sparse import SparseSequences
    from hardware.streaming import stream
    from hardware.trace import Trace
    from hardware.verification import Verification, verify_engines

_HOMES = {
    "Cell": "hardware.cell",
    "Chip": "hardware.chip",
    "Comparison": "hardware.comparison",
    "Cost": "hardware.cost",
    "Counts": "hardware.counts",
    "Loads": "hardware.loads",
    "Measured": "hardware.dense",
    "Placement": "hardware.placement",
    "Program": "hardware.program",
    "Sequences": "hardware.sequences",
    "SparseSequences": "hardware.sparse",
    "Session": "hardware.session",
    "Trace": "hardware.trace",
    "Verification": "hardware.verification",
    "compare": "hardware.comparison",
    "count": "hardware.counts",
    "estimate": "hardware.cost",
    "load": "hardware.loads",
    "load_chip": "hardware.chip",
    "place": "hardware.placement",
    "report": "hardware.reporting",
    "run": "hardware.inference",
    "stream": "hardware.streaming",
    "verify_engines": "hardware.verification",
}

__all__ = [
    "Cell",
    "Chip",
    "Comparison",
    "Cost",
    "Counts",
    "Loads",
    "Measured",
    "Placement",
    "Program",
    "Sequences",
    "Session",
    "SparseSequences",
    "Trace",
    "Verification",
    "compare",
    "count",
    "estimate",
    "load",
    "load_chip",
    "place",
    "report",
    "run",
    "stream",
    "verify_engines",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'hardware' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
