"""Run a program on one sequence: docs/format.md, "Running a program"."""

from collections.abc import Sequence
from typing import NamedTuple

from independent.arithmetic import shifted
from independent.cell import Step, Watch, first_state
from independent.container import RefusedError
from independent.encoder import encode
from independent.program import Program
from independent.readout import class_of, rows_of_heads, scores, values

Rows = list[list[int]]
WORD = 2**23 - 1


class Result(NamedTuple):
    """Everything that a program computes. Emissions and membranes have one item for each layer."""

    events: Rows
    emissions: list[Rows]
    membranes: list[Rows]
    scores: Rows
    values: list[list[float]]
    labels: list[int | list[int] | None]
    """Of each head the class, or for each class whether it is named; None of values."""


def ignore(name: str, values: list[int]) -> None:
    """Do nothing."""


def run(
    program: Program,
    frames: Sequence[Sequence[float]],
    initial: Sequence[Sequence[int]] | None = None,
    watch: Watch = ignore,
) -> Result:
    """Return the result of one sequence; `initial` replaces the layers' initial membranes."""
    events = encode(program.encoder, checked(program, frames))
    emissions: list[Rows] = []
    membranes: list[Rows] = []
    arriving = events
    for level in program.levels:
        for i in level:
            e, h = run_layer(program, i, arriving, initial, watch)
            emissions.append(e)
            membranes.append(h)
        arriving = side_by_side([emissions[i] for i in level])
    rows = scores(program.readout, arriving, last_membranes(program, membranes), watch)
    valued = [values(program.readout, row, len(events)) for row in rows]
    labels = [
        class_of(head, row) if head.classes else None
        for head, row in rows_of_heads(program.readout, rows[-1])
    ]
    return Result(events, emissions, membranes, rows, valued, labels)


def checked(program: Program, frames: Sequence[Sequence[float]]) -> Sequence[Sequence[float]]:
    """Return the frames, or refuse them."""
    if not frames:
        raise RefusedError("a sequence of no frames")
    if program.max_steps is not None and len(frames) * program.encoder.steps > program.max_steps:
        raise RefusedError("the sequence takes more steps than max_steps")
    return frames


def run_layer(
    program: Program,
    i: int,
    arriving: Rows,
    initial: Sequence[Sequence[int]] | None,
    watch: Watch,
) -> tuple[Rows, Rows]:
    """Return a layer's emissions and membranes; a backward layer starts at the last row."""
    layer = program.layers[i]
    e, h = first_state(layer, layer.initial_membrane if initial is None else initial[i])
    order = reversed(arriving) if layer.backward else iter(arriving)
    results = []
    for x in order:
        e, h = Step(layer, x, e, h, watch).result()
        results.append((e, h))
    if layer.backward:
        results.reverse()
    return [e for e, _ in results], [h for _, h in results]


def side_by_side(parts: list[Rows]) -> Rows:
    """Return the rows of the forward layer, each followed by that of the backward layer."""
    return [[value for part in row for value in part] for row in zip(*parts, strict=True)]


def last_membranes(program: Program, membranes: list[Rows]) -> list[int]:
    """Return what `last` reads: the membranes that each layer computed last, on the gate grid."""
    result = []
    for i in program.levels[-1]:
        layer = program.layers[i]
        row = membranes[i][0 if layer.backward else -1]
        result += [shifted(h, layer.gate_fraction - layer.state_fraction) for h in row]
    return result


def is_checked(name: str) -> bool:
    """Say whether a quantity must lie in the word: docs/format.md, "The word"."""
    accumulators = name.startswith(("W_", "U_", "p_"))
    return accumulators or name in ("a", "r · a", "h after the reset", "V m", "score")


def outside_the_word(name: str, values: list[int]) -> int:
    """Return how many of the values leave the word."""
    return sum(abs(v) > WORD for v in values) if is_checked(name) else 0
