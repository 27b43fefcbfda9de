"""A cell's settings as the phases see them: few plain numbers, the same for every backend."""

from __future__ import annotations

from typing import Any, NamedTuple

from hardware.definition.arithmetic import sigmoid_table, tanh_table
from hardware.definition.cell import Cell
from spiking_gru.functional import Fire
from spiking_gru.quantise import Arithmetic, IntegerArithmetic
from spiking_gru.surrogate import ATan

BINARY, SIGNED, GRADED, STATE = range(4)
EMISSIONS = {"binary": BINARY, "signed": SIGNED, "graded": GRADED, "state": STATE}
NONE, SUBTRACT, ZERO = range(3)
RESETS = {"none": NONE, "subtract": SUBTRACT, "zero": ZERO}


class Forward(NamedTuple):
    """What a forward phase needs to know."""

    quantised: bool
    table: bool
    emission: int
    reset: int
    writes: bool  # whether the mixing gate writes the new (1 − z keeps), not keeps the old
    to_state: float  # units of the state grid in one
    to_gate: float
    sigmoids: Any  # the tables of σ and tanh
    tanhs: Any


class Backward(NamedTuple):
    """What a backward phase needs to know."""

    table: bool
    emission: int
    reset: int
    writes: bool
    share: int  # the row of the mixing gate; the candidate's is the next
    learns: bool  # whether the threshold's gradient is wanted
    alpha: float  # of `ATan`, whose slope is computed in passing; 0 where slopes are given


def resets(cell: Cell) -> bool:
    """Whether the membrane after a step differs from that before its reset."""
    return cell.spiking and cell.reset_mechanism != "none"


def writes(cell: Cell) -> bool:
    return cell.formulation in ("write", "output-gated")


def forward_settings(arithmetic: Arithmetic) -> Forward:
    cell = arithmetic.cell
    S, G = cell.state_fraction, cell.gate_fraction
    return Forward(
        quantised=isinstance(arithmetic, IntegerArithmetic),
        table=cell.activation == "table",
        emission=EMISSIONS[cell.emit],
        reset=RESETS[cell.reset_mechanism] if cell.spiking else NONE,
        writes=writes(cell),
        to_state=2.0**S,
        to_gate=2.0**G,
        sigmoids=(sigmoid_table(G) * 2.0**-G).astype("float32"),
        tanhs=(tanh_table(S) * 2.0**-S).astype("float32"),
    )


def backward_settings(cell: Cell, learns: bool, fire: Fire, in_passing: bool) -> Backward:
    return Backward(
        table=cell.activation == "table",
        emission=EMISSIONS[cell.emit],
        reset=RESETS[cell.reset_mechanism] if cell.spiking else NONE,
        writes=writes(cell),
        share=0 if cell.formulation == "forget" else 1,
        learns=learns and cell.spiking,
        alpha=fire.alpha if in_passing and isinstance(fire, ATan) else 0.0,
    )
