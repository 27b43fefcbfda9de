"""Public functions take programs and traces as objects and files; others get a remedy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from programs import random_program, random_sequences, with_classes

import hardware
from hardware.errors import InputError
from hardware.program import Program
from hardware.program.pair import ProgramPair

PROGRAM = with_classes(random_program(4, hidden=(6, 4), outputs=3), "a", "b", "c")
SEQUENCES = random_sequences(4, 3, [5, 8, 2, 6])

OF_TRACE_AND_PROGRAM: dict[str, Callable[..., Any]] = {
    "count": hardware.count,
    "estimate": hardware.estimate,
    "core_loads": lambda *both: hardware.core_loads(*both, hardware.place(PROGRAM)),
}
OF_PROGRAM_AND_TRACE: dict[str, Callable[..., Any]] = {
    "answers": hardware.answers,
    "report": hardware.report,
}
OF_PROGRAM: dict[str, Callable[[Any], Any]] = {
    "run": lambda given: hardware.run(given, SEQUENCES),
    "stream": lambda given: list(hardware.stream(given, SEQUENCES)),
    "Session": hardware.Session,
    "verify_engines": lambda given: hardware.verify_engines(given, SEQUENCES, ["numpy", "events"]),
    "place": hardware.place,
    "generate": lambda given: hardware.generate(given, "a", 2),
    "early_exit_curve": lambda given: hardware.early_exit_curve(given, SEQUENCES, [0] * 4, [1.0]),
}


class NetworkOfTorch:
    """Looks like a module of torch."""

    def state_dict(self) -> dict[str, Any]:
        return {}


@pytest.fixture(scope="module")
def trace() -> hardware.Trace:
    return hardware.run(PROGRAM, SEQUENCES)


@pytest.mark.parametrize("name", OF_TRACE_AND_PROGRAM)
def test_a_trace_and_a_program_in_each_other_s_place_are_told(
    name: str, trace: hardware.Trace
) -> None:
    with pytest.raises(InputError, match=rf"call {name}\(trace, program\)"):
        OF_TRACE_AND_PROGRAM[name](PROGRAM, trace)


@pytest.mark.parametrize("name", OF_PROGRAM_AND_TRACE)
def test_a_program_and_a_trace_in_each_other_s_place_are_told(
    name: str, trace: hardware.Trace
) -> None:
    with pytest.raises(InputError, match=rf"call {name}\(program, trace\)"):
        OF_PROGRAM_AND_TRACE[name](trace, PROGRAM)


@pytest.mark.parametrize("name", OF_PROGRAM)
def test_each_function_names_the_remedy_for_a_network(name: str) -> None:
    with pytest.raises(InputError, match="convert the network first: program = sg.convert"):
        OF_PROGRAM[name](NetworkOfTorch())


@pytest.mark.parametrize("name", [name for name in OF_PROGRAM if name != "generate"])
def test_each_function_takes_the_file_of_a_program_and_its_folder(
    name: str, tmp_path: Path
) -> None:
    program = with_classes(random_program(4, hidden=(6, 4), outputs=3), "a", "b", "c")
    program.save(tmp_path / "program.sgru")
    for given in (tmp_path / "program.sgru", str(tmp_path / "program.sgru"), tmp_path):
        OF_PROGRAM[name](given)


def test_functions_of_a_trace_take_its_file(trace: hardware.Trace, tmp_path: Path) -> None:
    trace.save(tmp_path / "trace.safetensors")
    PROGRAM.save(tmp_path / "program.sgru")
    files = (tmp_path / "trace.safetensors", tmp_path / "program.sgru")
    assert repr(hardware.count(*files)) == repr(hardware.count(trace, PROGRAM))
    assert repr(hardware.estimate(*files)) == repr(hardware.estimate(trace, PROGRAM))
    assert np.array_equal(hardware.answers(files[1], files[0]), trace.predictions)
    assert hardware.compare(files[0], trace).equal


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda t: hardware.run(t, SEQUENCES), "the program is a Trace, expected a Program"),
        (lambda t: hardware.run([1], SEQUENCES), "the program is a list, expected a Program"),
        (lambda t: hardware.run(None, SEQUENCES), "give sg.convert"),
        (lambda t: hardware.estimate([t], PROGRAM), "the trace is a list, expected a Trace"),
        (lambda t: hardware.compare(t, None), "record one with trace = sg.run"),
        (lambda t: hardware.translate(PROGRAM, ["a"]), "the pair is a Program.*use sg.run"),
        (lambda t: hardware.translate(NetworkOfTorch(), ["a"]), "sg.convert_pair"),
    ],
)
def test_anything_else_is_told_with_a_remedy(
    call: Callable[[Any], Any], text: str, trace: hardware.Trace
) -> None:
    with pytest.raises(InputError, match=text):
        call(trace)


def test_a_pair_is_told_to_translate() -> None:
    pair = object.__new__(ProgramPair)
    with pytest.raises(InputError, match=r"a ProgramPair, expected a Program: use sg.translate"):
        hardware.run(pair, SEQUENCES)  # type: ignore[arg-type]


def test_programs_are_equal_where_they_compute_the_same(tmp_path: Path) -> None:
    PROGRAM.save(tmp_path / "program.sgru")
    again = Program.load(tmp_path / "program.sgru")
    assert again == PROGRAM
    assert hash(again) == hash(PROGRAM)
    assert {PROGRAM: 1}[again] == 1
    assert again != with_classes(PROGRAM, "a", "b", "d")
    assert again != random_program(5, hidden=(6, 4), outputs=3)
    assert again != "program"


def test_traces_are_equal_where_every_number_is(trace: hardware.Trace) -> None:
    assert trace == hardware.run(PROGRAM, SEQUENCES, engine="numpy")
    assert trace != hardware.run(PROGRAM, SEQUENCES.take([0, 1, 2]))
    assert trace != hardware.run(random_program(5, hidden=(6, 4), outputs=3), SEQUENCES)
    assert trace != hardware.run(PROGRAM, SEQUENCES.take([3, 2, 1, 0]))
    assert trace != "trace"
    for field in ("emitted", "membranes"):
        changed = [values.copy() for values in getattr(trace, field)]
        changed[-1][-1, -1] += 1
        assert trace != _with(trace, **{field: tuple(changed)})
    assert trace != _with(trace, scores=trace.scores + 1)


def _with(trace: hardware.Trace, **fields: Any) -> hardware.Trace:
    from dataclasses import replace

    return replace(trace, **fields)


def test_accuracy_is_the_share_of_right_predictions_among_known_labels(
    trace: hardware.Trace,
) -> None:
    right = trace.predictions
    assert trace.accuracy(right) == 1
    assert trace.accuracy(right.tolist()) == 1
    labels = right.copy()
    labels[0] = (labels[0] + 1) % 3
    assert trace.accuracy(labels) == 0.75
    labels[1] = -1
    assert trace.accuracy(labels) == pytest.approx(2 / 3)


@pytest.mark.parametrize("labels", [[0, 1], [0.5] * 4, ["a"] * 4, [[0], [1], [0], [1]]])
def test_labels_of_another_form_are_refused(labels: Any, trace: hardware.Trace) -> None:
    with pytest.raises(InputError, match="give the class of each sequence"):
        trace.accuracy(labels)
