"""The step of a gated neuron as instructions, in the instruction set of docs/lava.md.

An instruction is a tuple: its name, then the word that it writes, then what it reads. `k_Uc-8` is
the shift of the layer's gate c and matrix U, less 8. Words are r, z (or f), c, o for the gates; h,
e and θ for membrane, last emission and threshold; e_r and e_o for the last r ⊙ e and the last
emission that h would have had; b for biases, W and U for dendritic sums, A for kept accumulators.
x, y and w are scratch words.

Two kinds of instructions depend on the data: SPIKE, which is skipped where the payload is 0, and
those that a spike in force adds. All others run at every step, so counts are exact. The lists take
θ ≥ 0, as every program has, and sums of inputs that stay until the tick that reads them.
"""

from __future__ import annotations

from dataclasses import dataclass

from hardware.cost.microcode_messages import (
    Instruction,
    Instructions,
    emission,
    keeps_emission,
    reset_message,
    would_emit,
)
from hardware.definition.arithmetic import TABLE_ENTRIES, TABLE_RANGE
from hardware.definition.cell import Cell

__all__ = ["Instruction", "StepProgram", "step_program"]

LETTERS = {"reset": "r", "update": "z", "forget": "f", "candidate": "c", "output": "o"}
"""The word of each gate."""


@dataclass(frozen=True)
class StepProgram:
    """The instructions of one neuron, and how many of them run."""

    ticks: tuple[tuple[Instruction, ...], ...]
    """The list of each tick of a step."""

    always: int
    """Instructions of each step, in all its ticks, that run whatever happens."""

    firing: int
    """Further instructions of a step whose spike in force is nonzero; 0 without spikes."""

    starting: int
    """Further instructions of the first step of a sequence: one for each word that begins there."""

    def instructions(self, steps: int, fired: int, messages: int, sequences: int) -> int:
        """Instructions of these steps of neurons, `fired` of them with a spike in force."""
        return steps * self.always + fired * self.firing + messages + sequences * self.starting


def step_program(cell: Cell, input_by_change: bool = False) -> StepProgram:
    """Return the instructions of a cell, whose inputs arrive as values or as changes."""
    ticks = tuple(tuple(tick) for tick in _ticks(cell, input_by_change))
    skipped = [block for tick in ticks for block in _skipped(tick)]
    firing = [sum(name != "SPIKE" for name, *_ in block) for block in skipped]
    return StepProgram(
        ticks=ticks,
        always=sum(map(len, ticks)) - sum(map(len, skipped)),
        firing=max(firing),
        starting=_starting(cell, input_by_change),
    )


def _skipped(tick: tuple[Instruction, ...]) -> list[tuple[Instruction, ...]]:
    """Return the instructions that each SKP_C of a tick may skip."""
    places = [i for i, (name, *_) in enumerate(tick) if name == "SKP_C"]
    return [tick[i + 1 : i + 1 + int(tick[i][1])] for i in places]


def _starting(cell: Cell, input_by_change: bool) -> int:
    """Count the membrane, the last emission, kept accumulators and kept messages."""
    row, by_change = cell.row, cell.sends_changes
    accumulators = input_by_change * len(row.input_gates) + by_change * len(row.recurrent_gates)
    return 1 + keeps_emission(cell) + accumulators + by_change * (cell.ticks - 1)


def _ticks(cell: Cell, input_by_change: bool) -> list[Instructions]:
    """Return the list of each tick: a message that waits for a gate ends a tick."""
    row = cell.row
    waiting = {"candidate", "output"} if row.output_waits else {"candidate"}
    ticks: list[Instructions] = []
    now: Instructions = []
    for name in row.gates:
        if name not in waiting:
            now += _gate(cell, name, input_by_change)
    if row.resets_before:
        ticks.append(now + reset_message(cell))
        now = []
    now += _candidate(cell, input_by_change) + _mix(cell)
    if row.output_waits:
        ticks.append(now + would_emit(cell))
        now = _gate(cell, "output", input_by_change)
    if row.has_output:
        now.append(("MUL_SHR", "h", "o", "h", str(-cell.gate_fraction)))
    return [*ticks, now + emission(cell)]


def _gate(cell: Cell, name: str, input_by_change: bool) -> Instructions:
    """σ(W x + U e + b)."""
    S, G, to = cell.state_fraction, cell.gate_fraction, LETTERS[name]
    p = _pre_activation(cell, name, input_by_change)
    if cell.functions.table:
        return [*p, *_look_up(to, "σ", S)]
    one = 1 << G
    line = [("SHL", "x", "x", str(G - S - 2)), ("ADD", "x", "x", str(one // 2))]
    return [*p, *line, *_clamp(to, 0, one)]


def _candidate(cell: Cell, input_by_change: bool) -> Instructions:
    """tanh(W x + U e + b), with its reset."""
    S = cell.state_fraction
    p = _pre_activation(cell, "candidate", input_by_change)
    if cell.functions.table:
        return [*p, *_look_up("c", "tanh", S)]
    return [*p, *_clamp("c", -(1 << S), 1 << S)]


def _look_up(to: str, table: str, state_fraction: int) -> Instructions:
    """The table's value for x: the index is clamp(⌊16 x⌋ + 128, 0, 255)."""
    log_steps = (TABLE_ENTRIES // (2 * TABLE_RANGE)).bit_length() - 1
    return [
        ("SHL", "x", "x", str(log_steps - state_fraction)),
        ("ADD", "x", "x", str(TABLE_ENTRIES // 2)),
        *_clamp("x", 0, TABLE_ENTRIES - 1),
        ("LUT", to, "x", table),
    ]


def _clamp(to: str, low: int, high: int) -> Instructions:
    """x within low … high."""
    return [
        ("MIN", "x", "x", str(high)),
        ("NEG", "x", "x"),
        ("MIN", "x", "x", str(-low)),
        ("NEG", to, "x"),
    ]


def _pre_activation(cell: Cell, name: str, input_by_change: bool) -> Instructions:
    """x = W x + U e + b, of the terms that the gate has."""
    letter = LETTERS[name]
    bias = f"b_{letter}"
    back = _recurrent(cell, name) if name in cell.row.recurrent_gates else []
    if name not in cell.row.input_gates:
        return [*back, ("ADD", "x", "y", bias)]
    read, total = _read("x", f"W{letter}", input_by_change)
    arriving = [*read, ("SHL", "x", total, f"k_W{letter}")]
    both = [("ADD", "x", "x", "y")] if back else []
    return [*arriving, *back, *both, ("ADD", "x", "x", bias)]


def _recurrent(cell: Cell, name: str) -> Instructions:
    """y = U e on the state grid; r multiplies it, or has multiplied e, in the candidate."""
    row, S, G = cell.row, cell.state_fraction, cell.gate_fraction
    place = f"U{LETTERS[name]}"
    k = f"k_{place}"
    read, total = _read("y", place, cell.sends_changes)
    if name == "candidate" and row.resets_after:
        read = [*read, ("ADD", "y", total, "d_c")]
        if cell.spiking:
            return [*read, ("MUL_SHR", "y", "r", "y", _plus(k, -G))]
        on_grid = ("SHL", "y", "y", _plus(k, G - S))
        return [*read, on_grid, ("MUL_SHR", "y", "r", "y", str(S - 2 * G))]
    finer = G - cell.event_fraction if name == "candidate" and row.resets_before else 0
    return [*read, ("SHL", "y", total, _plus(k, -finer))]


def _read(to: str, place: str, by_change: bool) -> tuple[Instructions, str]:
    """Read and clear a dendritic sum; also the word that then holds the sum in force."""
    read = ("RDC", to, f"{place[0]}_{place[1]}")
    if not by_change:
        return [read], to
    kept = f"A_{place}"
    return [read, ("ADD", kept, kept, to)], kept


def _plus(word: str, number: int) -> str:
    return f"{word}{number:+d}" if number else word


def _mix(cell: Cell) -> Instructions:
    """h = z ⊙ h + (1 − z) ⊙ c = c + ⌊z ⊙ (h − c)⌋, or the other way round."""
    kept, written = ("c", "h") if cell.row.writes else ("h", "c")
    share = LETTERS[cell.row.mixing]
    return [
        ("NEG", "y", written),
        ("ADD", "y", "y", kept),
        ("MUL_SHR", "y", share, "y", str(-cell.gate_fraction)),
        ("ADD", "h", written, "y"),
    ]
