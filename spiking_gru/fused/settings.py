"""A cell's settings as the phases see them: a few plain numbers, the same for every backend."""

from __future__ import annotations

from typing import Any, NamedTuple

from hardware.definition.arithmetic import sigmoid_table, tanh_table
from hardware.definition.cell import Cell
from spiking_gru.functional import Fire
from spiking_gru.fused.layout import CANDIDATE, Stage, layout_of, stages_of
from spiking_gru.quantise import Arithmetic, IntegerArithmetic
from spiking_gru.surrogate import ATan

BINARY, SIGNED, GRADED, STATE = range(4)
"""Emissions; from GRADED on the state is sent, not spikes."""

NONE, SUBTRACT, ZERO = range(3)
"""Effects of a spike on the membrane."""

ABSENT = -1
"""Place of a gate that does not exist, or that has no recurrent product."""


class Plan(NamedTuple):
    """The parts of one stage of a step."""

    opens: bool
    closes: bool
    ends: bool
    r: int  # place of each gate among the saved gates, ABSENT for none
    z: int
    c: int
    out: int
    u_r: int  # place of each gate's product among those of the stage, ABSENT for none
    u_z: int
    u_c: int
    u_out: int
    after: int  # 1 where r multiplies the product; gradients then have one column more, the first
    before: int  # 1 where r multiplies the message
    waits: int  # 1 where the output gate waits for what h would emit


class Forward(NamedTuple):
    """Settings of the forward phase."""

    plan: Plan
    quantised: bool
    table: bool
    emission: int
    reset: int
    writes: bool  # whether the mixing gate is the share of the candidate, not of the old state
    to_state: float  # units of the state grid in one
    to_gate: float
    sigmoids: Any  # the tables of σ and tanh
    tanhs: Any


class Backward(NamedTuple):
    """Settings of the backward phase."""

    plan: Plan
    table: bool
    emission: int
    reset: int
    writes: bool
    learns: bool  # whether the threshold's gradient is wanted
    alpha: float  # of `ATan`, whose slope the phase computes; 0 where slopes are given


def plan_of(cell: Cell, stage: Stage) -> Plan:
    """The plan of a stage."""
    row, gates = cell.row, layout_of(cell.row).gates
    received = stage.message.gates if stage.message else ()
    names = ("reset", row.mixing, CANDIDATE, "output")

    def places(among: tuple[str, ...]) -> list[int]:
        return [among.index(name) if name in among else ABSENT for name in names]

    return Plan(
        *(stage.opens, stage.closes, stage.ends),
        *places(gates),
        *places(received),
        *map(int, (row.resets_after, row.resets_before, row.output_waits)),
    )


def emission_of(cell: Cell) -> int:
    """The number of the cell's emission."""
    if cell.spiking:
        return SIGNED if cell.emission.signed else BINARY
    return GRADED if cell.emission.by_delta else STATE


def reset_of(cell: Cell) -> int:
    """The number of the effect that a spike has on the membrane."""
    return SUBTRACT if cell.subtracts else ZERO if cell.clears else NONE


def forward_settings(arithmetic: Arithmetic) -> list[Forward]:
    """The settings of each stage of a step."""
    cell = arithmetic.cell
    S, G = cell.state_fraction, cell.gate_fraction
    sigmoids = (sigmoid_table(G) * 2.0**-G).astype("float32")
    tanhs = (tanh_table(S) * 2.0**-S).astype("float32")
    return [
        Forward(
            plan=plan_of(cell, stage),
            quantised=isinstance(arithmetic, IntegerArithmetic),
            table=cell.functions.table,
            emission=emission_of(cell),
            reset=reset_of(cell),
            writes=cell.row.writes,
            to_state=2.0**S,
            to_gate=2.0**G,
            sigmoids=sigmoids,
            tanhs=tanhs,
        )
        for stage in stages_of(cell.row)
    ]


def backward_settings(cell: Cell, learns: bool, fire: Fire, in_passing: bool) -> list[Backward]:
    """The settings of each stage of a step."""
    return [
        Backward(
            plan=plan_of(cell, stage),
            table=cell.functions.table,
            emission=emission_of(cell),
            reset=reset_of(cell),
            writes=cell.row.writes,
            learns=learns and cell.spiking,
            alpha=float(fire.alpha) if in_passing and isinstance(fire, ATan) else 0.0,
        )
        for stage in stages_of(cell.row)
    ]
