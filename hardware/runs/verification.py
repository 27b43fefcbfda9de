"""Engines compared on the same inputs, and the result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from hardware.display import html_table, number_of
from hardware.errors import InputError
from hardware.program.start import InitialState
from hardware.runs.comparison import Comparison, compare
from hardware.runs.given import ProgramLike, program_of
from hardware.runs.run import record
from hardware.runs.trace import Trace
from hardware.sequences.dense import Inputs


@dataclass(frozen=True, repr=False)
class Verification:
    """Traces, each compared with the first."""

    traces: tuple[Trace, ...]
    comparisons: tuple[Comparison, ...]

    def __repr__(self) -> str:
        return (
            f"Verification({', '.join(self.engines)}: "
            f"{number_of(self.mismatches, 'differing value')} in "
            f"{number_of(len(self.traces[0].lengths), 'sequence')})"
        )

    def _repr_html_(self) -> str:
        quantities = list(self.comparisons[0].compared)
        rows: list[list[str | float]] = [
            [
                " and ".join(comparison.engines),
                quantity,
                comparison.compared[quantity],
                comparison.mismatches[quantity],
            ]
            for comparison in self.comparisons
            for quantity in quantities
        ]
        return html_table(repr(self), ["engines", "values", "compared", "differing"], rows)

    @property
    def mismatches(self) -> int:
        """Values that differ, over all comparisons."""
        return sum(sum(comparison.mismatches.values()) for comparison in self.comparisons)

    @property
    def equal(self) -> bool:
        return all(comparison.equal for comparison in self.comparisons)

    @property
    def engines(self) -> list[str]:
        return [trace.engine for trace in self.traces]

    def summary(self) -> dict[str, Any]:
        """For `verification.json` and the report."""
        return {
            "engines": self.engines,
            "sequences": len(self.traces[0].lengths),
            "spikes_compared": sum(c.compared["emission"] for c in self.comparisons),
            "membranes_compared": sum(c.compared["membrane"] for c in self.comparisons),
            "mismatches": self.mismatches,
            "differing_classes": sum(c.differing_classes for c in self.comparisons),
            "comparisons": [asdict(comparison) for comparison in self.comparisons],
        }


def verify_traces(traces: Sequence[Trace]) -> Verification:
    """Every trace against the first."""
    if len(traces) < 2:
        raise InputError(f"{len(traces)} engine to verify: name at least two to hold together")
    first, *others = traces
    return Verification(tuple(traces), tuple(compare(first, other) for other in others))


def verify_engines(
    program: ProgramLike,
    inputs: Inputs,
    engines: Sequence[str],
    deadline: float | None = None,
    *,
    initial_state: InitialState | None = None,
) -> Verification:
    """Compare emissions, membranes and scores of every step of every sequence, engine by engine.

    Clamped inputs give no warning: every engine clamps them. `initial_state` is as in `run`.
    """
    program = program_of(program)
    sequences = program.sequences(inputs)
    return verify_traces(
        [
            record(program, sequences, engine, deadline, initial_state=initial_state)
            for engine in engines
        ]
    )
