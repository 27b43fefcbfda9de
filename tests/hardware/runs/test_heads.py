from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from programs import random_program, random_sequences, with_readout

from hardware.definition.readout import READOUTS, Target
from hardware.definition.target import Head
from hardware.errors import InputError, SettingError
from hardware.program.model import Program
from hardware.runs.answers import answers, known_targets, metrics_type
from hardware.runs.comparison import compare
from hardware.runs.golden import golden_samples
from hardware.runs.heads import ALONE, by_head, of_each_head
from hardware.runs.run import run
from hardware.runs.trace import Trace

SEQUENCES = random_sequences(3, 3, [4, 1, 6])
TARGET = Target(
    heads=(
        Head("digit", Target(("zero", "one", "two")), 3),
        Head("loud", Target(("no", "yes"), decision="sign"), 1),
        Head("marks", Target(("a", "b"), decision="any-of"), 2),
        Head("seconds", Target(scale=(0.3,), offset=(1.7,)), 1),
    )
)


def program_with_heads(readout: str = "mean", target: Target = TARGET) -> Program:
    program = random_program(5, outputs=7, readout=readout, encoder="rate")
    return with_readout(program, replace(program.readout, target=target))


@pytest.mark.parametrize("readout", READOUTS)
@pytest.mark.parametrize("engine", ["numpy", "events"])
def test_the_trace_of_a_head_is_that_of_a_program_with_this_head_alone(
    readout: str, engine: str
) -> None:
    program = program_with_heads(readout)
    trace = run(program, SEQUENCES, engine)
    for name in program.heads:
        alone = program.head(name)
        found, expected = trace.head(program, name), run(alone, SEQUENCES, engine)
        assert compare(found, expected).mismatches == dict.fromkeys(
            compare(found, found).compared, 0
        )
        assert found.program_digest == expected.program_digest == alone.digest
        assert answers(alone, found).tobytes() == answers(alone, expected).tobytes()
        if expected.values is None:
            assert found.predictions.tolist() == expected.predictions.tolist()
        else:
            assert found.values is not None
            assert found.values.tobytes() == expected.values.tobytes()


def test_the_values_of_all_outputs_are_those_of_the_heads() -> None:
    program = program_with_heads()
    trace = run(program, SEQUENCES)
    of_heads = [alone.values(of_head) for alone, of_head in by_head(program, trace).values()]
    assert program.values(trace).tobytes() == np.concatenate(of_heads, axis=1).tobytes()
    logits = trace.scores[:, 6] * (program.readout.gain * 2.0**program.readout.exponent)
    assert program.values(trace)[:, 6] == pytest.approx(logits / trace.lengths * 0.3 + 1.7)


def test_a_program_with_heads_comes_back_from_its_file(tmp_path: Path) -> None:
    program = program_with_heads()
    program.save(tmp_path / "p.sgru")
    loaded = Program.load(tmp_path / "p.sgru")
    assert loaded.readout.target == TARGET
    assert loaded.digest == program.digest != program_with_heads(target=Target()).digest
    program.head("loud").save(tmp_path / "loud.sgru")
    assert Program.load(tmp_path / "loud.sgru").digest == program.head("loud").digest


def test_a_program_of_one_head_has_no_golden_samples_of_all() -> None:
    program = golden_samples(program_with_heads(), SEQUENCES)
    assert len(program.golden) > 0 == len(program.head("digit").golden)


def test_a_trace_with_heads_comes_back_from_its_file(tmp_path: Path) -> None:
    program = program_with_heads("step")
    trace = run(program, SEQUENCES)
    trace.save(tmp_path / "t.safetensors")
    loaded = Trace.load(tmp_path / "t.safetensors")
    assert loaded.heads == program.heads == ("digit", "loud", "marks", "seconds")
    assert loaded.values is None
    of_head = loaded.head(program, "seconds").values
    assert of_head is not None
    assert of_head.shape == (len(trace.scores), 1)


def test_answers_of_all_heads_together_are_refused_with_the_way_to_one() -> None:
    program = program_with_heads()
    trace = run(program, SEQUENCES)
    message = r"several heads, digit, loud, marks, seconds: take .* trace.head\(program, 'digit'\)"
    for asked in (
        lambda: trace.predictions,
        lambda: answers(program, trace),
        lambda: known_targets(program, trace, [0, 1, 2]),
        lambda: metrics_type(program),
    ):
        with pytest.raises(InputError, match=message):
            asked()


def test_a_head_that_is_not_there_is_refused_by_name() -> None:
    program = program_with_heads()
    trace = run(program, SEQUENCES)
    with pytest.raises(SettingError, match="unknown head 'digits': did you mean 'digit'"):
        trace.head(program, "digits")
    with pytest.raises(SettingError, match="'digit' is asked for, but there is one target"):
        program.head("digit").head("digit")
    with pytest.raises(InputError, match="recorded with a different program"):
        trace.head(program_with_heads("last"), "digit")


def test_a_program_of_one_target_is_its_only_head() -> None:
    program = random_program(5)
    trace = run(program, random_sequences(3, 3, [2]))
    assert by_head(program, trace) == {ALONE: (program, trace)}
    assert program.heads == trace.heads == ()


def test_what_is_given_for_each_head_is_told_apart_by_name() -> None:
    program = program_with_heads()
    given = {"seconds": [1.0], "digit": [2]}
    assert list(of_each_head(program, given, "targets").items()) == [
        ("digit", [2]),
        ("seconds", [1.0]),
    ]
    assert of_each_head(random_program(5), [1], "targets") == {ALONE: [1]}
    with pytest.raises(SettingError, match="unknown head in targets 'digits'"):
        of_each_head(program, {"digits": [1]}, "targets")
    with pytest.raises(InputError, match="not given by name, but the program has the heads digit"):
        of_each_head(program, [1], "targets")
    with pytest.raises(InputError, match="by name, but the program has one target"):
        of_each_head(random_program(5), given, "targets")


def test_two_traces_with_heads_are_compared_without_classes() -> None:
    trace = run(program_with_heads(), SEQUENCES)
    assert compare(trace, trace).differing_classes == 0


@pytest.mark.parametrize("text", ["nothing", "[1]", "{}", '["a\\u0000"]', '"digit"'])
def test_names_of_heads_in_a_trace_are_checked(text: str, tmp_path: Path) -> None:
    from hardware.files.disk import read_tensors, write_tensors
    from hardware.files.sealed import tensors_checksum

    path = tmp_path / "t.safetensors"
    run(program_with_heads(), SEQUENCES).save(path)
    tensors, about = read_tensors(path)
    about = {name: text for name, text in about.items() if name != "sha256"} | {"heads": text}
    write_tensors(path, tensors, {**about, "sha256": tensors_checksum(tensors, about)})
    with pytest.raises(InputError, match="heads"):
        Trace.load(path)


def test_a_program_says_in_one_line_what_it_answers() -> None:
    text = repr(program_with_heads())
    assert text == (
        "Program(3 channels, layers of 5 neurons, digit (3 classes), loud (2 classes), "
        "marks (any of 2 classes), seconds (1 value))"
    )
    assert repr(random_program(5)) == "Program(3 channels, layers of 5 neurons, 2 classes)"
