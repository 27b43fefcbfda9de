"""Programs and traces as they are given to public functions: an object, its file, or a mistake."""

from __future__ import annotations

from pathlib import Path

from hardware.errors import InputError
from hardware.program.model import Program
from hardware.program.pair import ProgramPair
from hardware.runs.trace import Trace

ProgramLike = Program | str | Path
"""A program, its `.sgru` file, or the folder that holds `program.sgru`."""

TraceLike = Trace | str | Path
"""A trace, or its file."""

FILE_NAME = "program.sgru"
"""Name of a program in the folder of its training."""

CONVERT = (
    "convert the network first: program = sg.convert(network, samples=sequences); "
    "sg.from_torch_gru and sg.deploy take an ordinary GRU"
)


def program_of(given: object) -> Program:
    """Return a program, read from its file where a path is given."""
    if isinstance(given, Program):
        return given
    if isinstance(given, (str, Path)):
        return Program.load(Path(given) / FILE_NAME if Path(given).is_dir() else given)
    if hasattr(given, "state_dict"):
        remedy = CONVERT
    elif isinstance(given, ProgramPair):
        remedy = "use sg.translate(pair, texts), or one of pair.encoder and pair.decoder"
    elif isinstance(given, Trace):
        remedy = "give the program with which the trace was recorded"
    else:
        remedy = "give sg.convert(network) or Program.load('program.sgru')"
    raise InputError(f"the program is {_named(given)}, expected a Program: {remedy}")


def trace_of(given: object) -> Trace:
    """Return a trace, read from its file where a path is given."""
    if isinstance(given, Trace):
        return given
    if isinstance(given, (str, Path)):
        return Trace.load(given)
    raise InputError(
        f"the trace is {_named(given)}, expected a Trace: record one with "
        f"trace = sg.run(program, sequences)"
    )


def pair_of(given: object) -> ProgramPair:
    """Return a pair of programs, read from its file where a path is given."""
    if isinstance(given, ProgramPair):
        return given
    if isinstance(given, (str, Path)):
        return ProgramPair.load(given)
    if hasattr(given, "state_dict"):
        remedy = "convert the networks first: pair = sg.convert_pair(seq2seq)"
    elif isinstance(given, Program):
        remedy = "use sg.run(program, texts) for one program"
    else:
        remedy = "give sg.convert_pair(seq2seq) or ProgramPair.load('program.sgru')"
    raise InputError(f"the pair is {_named(given)}, expected a ProgramPair: {remedy}")


def trace_and_program(function: str, trace: object, program: object) -> tuple[Trace, Program]:
    """Return the trace and the program of a call `function(trace, program)`."""
    if isinstance(trace, Program) and isinstance(program, Trace):
        raise InputError(
            f"the trace and the program are in each other's place: call {function}(trace, program)"
        )
    return trace_of(trace), program_of(program)


def program_and_trace(function: str, program: object, trace: object) -> tuple[Program, Trace]:
    """Return the program and the trace of a call `function(program, trace)`."""
    if isinstance(trace, Program) and isinstance(program, Trace):
        raise InputError(
            f"the program and the trace are in each other's place: call {function}(program, trace)"
        )
    return program_of(program), trace_of(trace)


def _named(given: object) -> str:
    name = type(given).__name__
    return f"{'an' if name[:1] in 'AEIOUaeiou' else 'a'} {name}"
