"""Instruction lists of every cell, run against the step of the definition."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from formulations import ROWS, with_row
from hypothesis import given, settings
from hypothesis import strategies as st
from instructions import Words, execute, tables
from programs import every_cell

from hardware.cost.microcode import LETTERS, Instruction, StepProgram, step_program
from hardware.cost.placement.needs import state_words
from hardware.definition.arithmetic import shift
from hardware.definition.cell import (
    GATE_FRACTIONS,
    STATE_FRACTIONS,
    Cell,
    GateParameters,
    Integers,
    step,
)
from hardware.definition.emission import EMISSIONS
from hardware.definition.formulation import EMISSION, FORMULATIONS, Formulation

every_kind = st.builds(
    lambda cell, gate, state: {**cell, "gate_fraction": gate, "state_fraction": state},
    every_cell,
    st.sampled_from(GATE_FRACTIONS),
    st.sampled_from(STATE_FRACTIONS),
)


class Neuron:
    """One neuron, stepped by the definition and by its instruction lists."""

    def __init__(self, cell: Cell, input_by_change: bool, rng: np.random.Generator) -> None:
        self.cell, self.row, self.rng = cell, cell.row, rng
        self.input_by_change, self.reach = input_by_change, int(rng.choice([3, 12, 21]))
        self.program = step_program(cell, input_by_change)
        self.tables = tables(cell)
        one = 1 << cell.state_fraction
        # Some neurons stay near 0, where a state that is 0 is not sent.
        quiet = rng.integers(4) == 0
        gates, n_in, n_back = self.row.gates, len(self.row.input_gates), len(self.row.recurrent)
        self.gate = GateParameters(
            input_shift=rng.integers(-3, 4, n_in),
            recurrent_shift=rng.integers(0, 7, n_back) - cell.event_fraction,
            bias=rng.integers(-one, one, (len(gates), 1)) * (not quiet),
            recurrent_bias=rng.integers(-100, 100, 1) * self.row.resets_after,
            threshold=rng.integers(0, max(1, one >> int(rng.choice([0, 1, 2, 12]))), 1),
        )
        self.h = rng.integers(-one, one + 1, 1) * (not quiet)
        by_state = not cell.emission.has_threshold
        self.e = shift(self.h, cell.gate_fraction - cell.state_fraction) * by_state
        self.W, self.U = np.zeros(n_in, np.int64), np.zeros(n_back, np.int64)
        self.last = {m.stream: np.zeros(1, np.int64) for m in self.row.messages}
        self.words = self.first_words()

    def first_words(self) -> Words:
        gate, row = self.gate, self.row
        words = {"h": int(self.h[0]), "e": int(self.e[0]), "e_r": 0, "e_o": 0}
        words |= {"θ": int(gate.threshold[0]), "d_c": int(gate.recurrent_bias[0])}
        for name, bias in zip(row.gates, gate.bias, strict=True):
            words[f"b_{LETTERS[name]}"] = int(bias[0])
        for matrix, gates, shifts in (
            ("W", row.input_gates, gate.input_shift),
            ("U", row.recurrent_gates, gate.recurrent_shift),
        ):
            for name, k in zip(gates, shifts, strict=True):
                place = matrix + LETTERS[name]
                words |= {f"k_{place}": int(k), f"A_{place}": 0}
        return words

    def arriving(self, old: Integers, by_change: bool) -> tuple[Integers, Integers]:
        """Sums in force, and the sums of what arrives."""
        most = 1 << int(self.rng.integers(1, self.reach))
        delta = self.rng.integers(-most, most, len(old)) * self.rng.integers(0, 2, len(old))
        return (old + delta, delta) if by_change else (delta, delta)

    def step(self) -> None:
        cell, row, words = self.cell, self.row, self.words
        self.W, of_W = self.arriving(self.W, self.input_by_change)
        self.U, of_U = self.arriving(self.U, cell.sends_changes)
        messages: dict[str, Integers] = {}

        def product(gate: str, message: Integers) -> Integers:
            stream = next(m.stream for m in row.messages if gate in m.gates)
            messages[stream] = message
            return self.U[[row.recurrent_gates.index(gate)]]

        e, h = step(cell, self.gate, self.W, product, self.e, self.h)
        later = [m.stream for m in row.messages if m.stream != EMISSION]
        expected = [self.payload(stream, messages[stream]) for stream in later]
        expected.append(int((e - self.e * cell.sends_changes)[0]))
        sent, count = self.run_lists(of_W, of_U)
        assert sent == [[payload] * (payload != 0) for payload in expected]
        assert words["h"] == h[0]
        assert not any(words[f"{m}_{LETTERS[g]}"] for m, g in self.sums())
        fired = int(cell.spiking and e[0] != 0)
        assert count == self.program.instructions(1, fired, np.count_nonzero(expected), 0)
        self.e, self.h = e, h

    def run_lists(self, of_W: Integers, of_U: Integers) -> tuple[list[list[int]], int]:
        """Payloads of each tick, and instructions of all; sums arrive in the tick that has them."""
        row, words = self.row, self.words
        for gate, arrived in zip(row.input_gates, of_W, strict=True):
            words[f"W_{LETTERS[gate]}"] = int(arrived)
        back = dict(zip(row.recurrent_gates, of_U, strict=True))
        sent, total = [], 0
        for tick, instructions in enumerate(self.program.ticks, start=1):
            for message in row.messages:
                if message.tick == tick:
                    words |= {f"U_{LETTERS[gate]}": int(back[gate]) for gate in message.gates}
            payloads, count = execute(words, instructions, self.tables)
            sent.append(payloads)
            total += count
        return sent, total

    def payload(self, stream: str, message: Integers) -> int:
        last, self.last[stream] = self.last[stream], message
        return int((message - last * self.cell.sends_changes)[0])

    def sums(self) -> Iterator[tuple[str, str]]:
        yield from (("W", gate) for gate in self.row.input_gates)
        yield from (("U", gate) for gate in self.row.recurrent_gates)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([*FORMULATIONS.values(), *ROWS]),
    every_kind,
    st.booleans(),
    st.integers(0, 2**32),
)
def test_the_instructions_give_the_bits_of_the_step(
    row: Formulation, kind: dict, input_by_change: bool, seed: int
) -> None:
    with with_row(row) as name:
        cell = Cell(**{**kind, "formulation": name})
        neuron = Neuron(cell, input_by_change, np.random.default_rng(seed))
        for _ in range(8):
            neuron.step()


@pytest.mark.parametrize("emit", EMISSIONS)
def test_every_row_with_every_emission(emit: str) -> None:
    for number, row in enumerate([*FORMULATIONS.values(), *ROWS]):
        rng = np.random.default_rng(number)
        with with_row(row) as name:
            for reset in ("subtract", "zero", "none"):
                cell = Cell(name, emit, reset, activation=("hard", "table")[number % 2])
                neuron = Neuron(cell, bool(rng.integers(2)), rng)
                for _ in range(4):
                    neuron.step()


@pytest.mark.parametrize(
    ("formulation", "values", "changes"),
    [
        ("torch", (41, 2, 1), (55, 3, 8)),
        ("keep", (44, 3, 2), (61, 3, 9)),
        ("write", (44, 3, 2), (61, 3, 9)),
        ("output-gated", (56, 3, 2), (82, 3, 11)),
        ("forget", (28, 2, 1), (40, 3, 6)),
        ("minimal", (22, 2, 1), (32, 3, 4)),
    ],
)
def test_the_rows_of_the_table(
    formulation: str, values: tuple[int, ...], changes: tuple[int, ...]
) -> None:
    of_values = step_program(Cell(formulation))
    of_changes = step_program(Cell(formulation, "binary-on-change"), input_by_change=True)
    for program, counts in ((of_values, values), (of_changes, changes)):
        assert (program.always, program.firing, program.starting) == counts


@pytest.mark.parametrize("emit", EMISSIONS)
def test_the_lists_keep_the_words_that_a_placement_counts(emit: str) -> None:
    for row in ROWS:
        for input_by_change in (False, True):
            with with_row(row) as name:
                cell = Cell(name, emit)
                program = step_program(cell, input_by_change)
                accumulators = input_by_change * len(row.input_gates)
                accumulators += cell.sends_changes * len(row.recurrent_gates)
                held, started = kept(program)
                # A placement also counts θ and the last emission of `state`, which reads neither.
                unread = not cell.emission.has_threshold
                unread += unread and not row.resets_before
                assert len(held) == state_words(cell) + accumulators - unread
                assert program.starting == len(started)


def kept(program: StepProgram) -> tuple[set[str], set[str]]:
    """Words kept from tick to tick; those of them that a step reads before it writes them."""
    written: dict[str, int] = {}
    first, later = set(), set()
    for tick, instruction in in_order(program):
        to, read = operands(instruction)
        first |= {word for word in read if word not in written}
        later |= {word for word in read if written.get(word, tick) < tick}
        written |= dict.fromkeys(to, tick)
    return first | later, first & written.keys()


def in_order(program: StepProgram) -> Iterator[tuple[int, Instruction]]:
    for tick, instructions in enumerate(program.ticks):
        yield from ((tick, instruction) for instruction in instructions)


def operands(instruction: Instruction) -> tuple[list[str], list[str]]:
    """Words that an instruction writes and reads, without sums, shifts and tables."""
    name, *words = instruction
    if name == "RDC":
        return words[:1], []
    writes = 0 if name in ("GE", "SKP_C", "SPIKE") else 1
    read = words[1:2] if name == "LUT" else words[writes:]
    return words[:writes], [w for w in read if not re.fullmatch(r"-?\d+|k_.*", w)]


@pytest.mark.parametrize(
    ("settings", "more"),
    [
        ({"activation": "table"}, (2 + 3, 0, 0)),
        ({"emit": "signed"}, (3, -1, 0)),
        ({"emit": "state"}, (4, -2, 0)),
        ({"emit": "graded"}, (18, -2, 4)),
        ({"reset_mechanism": "zero"}, (0, -1, 0)),
        ({"reset_mechanism": "none"}, (0, -2, 0)),
    ],
    ids=str,
)
def test_other_settings_add_to_the_counts_of_torch(
    settings: dict[str, Any], more: tuple[int, ...]
) -> None:
    usual, other = step_program(Cell()), step_program(Cell(**settings))
    assert (
        other.always - usual.always,
        other.firing - usual.firing,
        other.starting - usual.starting,
    ) == more


def test_instructions_of_a_run() -> None:
    program = StepProgram(ticks=((),), always=41, firing=2, starting=1)
    assert program.instructions(10, 3, 5, 2) == 410 + 6 + 5 + 2
