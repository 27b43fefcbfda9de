"""Programs, the engines that run them, and what a run costs. Never needs torch.

Names are imported when they are first used, so that importing the package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hardware.cost.best_placement import place
    from hardware.cost.chip import Chip, load_chip
    from hardware.cost.core_loads import CoreLoads, core_loads
    from hardware.cost.counts import Counts, count
    from hardware.cost.dense_gru import Measured
    from hardware.cost.energy import Cost, estimate
    from hardware.cost.halves import HalvesCost, estimate_halves
    from hardware.definition.cell import Cell
    from hardware.program.model import Program
    from hardware.program.pair import ProgramPair
    from hardware.reporting import report, report_pair
    from hardware.reporting.demand import Demand
    from hardware.reporting.early_exit import early_exit_curve
    from hardware.runs.answers import answers
    from hardware.runs.batch_session import BatchSession
    from hardware.runs.comparison import Comparison, compare
    from hardware.runs.decoding import translate
    from hardware.runs.generation import generate, generated
    from hardware.runs.run import run
    from hardware.runs.session import Session
    from hardware.runs.state import State
    from hardware.runs.stream import stream
    from hardware.runs.trace import Trace
    from hardware.runs.translation import Translation
    from hardware.runs.verification import Verification, verify_engines
    from hardware.sequences.dense import Sequences
    from hardware.sequences.log_mel import LogMel
    from hardware.sequences.log_mel_stream import LogMelStream
    from hardware.sequences.sparse import SparseSequences

_HOMES = {
    "BatchSession": "hardware.runs.batch_session",
    "Cell": "hardware.definition.cell",
    "Chip": "hardware.cost.chip",
    "Comparison": "hardware.runs.comparison",
    "Cost": "hardware.cost.energy",
    "Counts": "hardware.cost.counts",
    "CoreLoads": "hardware.cost.core_loads",
    "Demand": "hardware.reporting.demand",
    "LogMel": "hardware.sequences.log_mel",
    "LogMelStream": "hardware.sequences.log_mel_stream",
    "Measured": "hardware.cost.dense_gru",
    "Placement": "hardware.cost.placement",
    "Program": "hardware.program.model",
    "Sequences": "hardware.sequences.dense",
    "SparseSequences": "hardware.sequences.sparse",
    "Session": "hardware.runs.session",
    "State": "hardware.runs.state",
    "Trace": "hardware.runs.trace",
    "Verification": "hardware.runs.verification",
    "answers": "hardware.runs.answers",
    "compare": "hardware.runs.comparison",
    "count": "hardware.cost.counts",
    "early_exit_curve": "hardware.reporting.early_exit",
    "estimate": "hardware.cost.energy",
    "estimate_halves": "hardware.cost.halves",
    "generate": "hardware.runs.generation",
    "generated": "hardware.runs.generation",
    "translate": "hardware.runs.decoding",
    "HalvesCost": "hardware.cost.halves",
    "ProgramPair": "hardware.program.pair",
    "Translation": "hardware.runs.translation",
    "core_loads": "hardware.cost.core_loads",
    "load_chip": "hardware.cost.chip",
    "place": "hardware.cost.best_placement",
    "report": "hardware.reporting",
    "report_pair": "hardware.reporting",
    "run": "hardware.runs.run",
    "stream": "hardware.runs.stream",
    "verify_engines": "hardware.runs.verification",
}

__all__ = [
    "BatchSession",
    "Cell",
    "Chip",
    "Comparison",
    "CoreLoads",
    "Cost",
    "Counts",
    "Demand",
    "HalvesCost",
    "LogMel",
    "LogMelStream",
    "Measured",
    "Placement",
    "Program",
    "ProgramPair",
    "Sequences",
    "Session",
    "SparseSequences",
    "State",
    "Trace",
    "Translation",
    "Verification",
    "answers",
    "compare",
    "core_loads",
    "count",
    "early_exit_curve",
    "estimate",
    "estimate_halves",
    "generate",
    "generated",
    "load_chip",
    "place",
    "report",
    "report_pair",
    "run",
    "stream",
    "translate",
    "verify_engines",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'hardware' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
