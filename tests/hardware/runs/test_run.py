from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from programs import OF_NUMBERS, random_program, random_sequences, with_readout
from reports import SEQUENCES, program_of_values
from safetensors.numpy import save as tensor_bytes
from sealing import sealed_trace, trace_parts

from hardware.definition.decision import DECISIONS
from hardware.definition.readout import READOUTS
from hardware.definition.target import Target
from hardware.engines.registry import ENGINES
from hardware.errors import InputError, SettingError
from hardware.files.disk import read_tensors, write_tensors
from hardware.runs.clamped import clamped_inputs
from hardware.runs.comparison import compare
from hardware.runs.golden import golden_samples
from hardware.runs.run import run
from hardware.runs.trace import Trace
from hardware.runs.verification import verify_engines
from hardware.sequences.dense import Sequences
from hardware.sequences.sparse import SparseSequences


def test_every_form_of_input_gives_the_same_trace() -> None:
    program = random_program(0)
    sequences = random_sequences(0, 3, [4, 4])
    as_list = run(program, list(sequences))
    as_array = run(program, sequences.values.reshape(2, 4, 3))
    expected = run(program, sequences)
    for trace in (as_list, as_array):
        assert np.array_equal(trace.scores, expected.scores)


def test_a_trace_is_saved_and_loaded_by_a_path_of_any_kind(tmp_path: Path) -> None:
    trace = run(random_program(0), random_sequences(0, 3, [2, 3]))
    trace.save(str(tmp_path / "trace.safetensors"))
    for path in (tmp_path / "trace.safetensors", str(tmp_path / "trace.safetensors")):
        assert np.array_equal(Trace.load(path).scores, trace.scores)


def test_an_unknown_engine_is_refused_with_the_nearest_known() -> None:
    with pytest.raises(SettingError, match="unknown engine 'event': did you mean 'events'"):
        run(random_program(0), random_sequences(0, 3, [2]), engine="event")


def test_an_option_that_the_engine_does_not_have_is_refused_by_name() -> None:
    with pytest.raises(SettingError, match="option of events: 'thread': did you mean"):
        run(random_program(0), random_sequences(0, 3, [2]), thread=2)
    with pytest.raises(SettingError, match="unknown option of numpy: 'threads'"):
        run(random_program(0), random_sequences(0, 3, [2]), engine="numpy", threads=2)


def test_a_trace_comes_back_from_its_file_as_it_was(tmp_path: Path) -> None:
    trace = run(random_program(1, hidden=(4, 3)), random_sequences(1, 3, [3, 5]))
    trace.save(tmp_path / "trace")
    trace.save(tmp_path / "again")
    assert (tmp_path / "trace").read_bytes() == (tmp_path / "again").read_bytes()
    loaded = Trace.load(tmp_path / "trace")
    assert (loaded.engine, loaded.program_digest) == (trace.engine, trace.program_digest)
    pairs = zip(trace.quantities(), loaded.quantities(), strict=True)
    assert all(np.array_equal(ours[2], theirs[2]) for ours, theirs in pairs)
    assert trace.saturations is not None
    assert np.array_equal(loaded.saturations, trace.saturations)
    assert trace.clamped is not None
    assert np.array_equal(loaded.clamped, trace.clamped)


@pytest.mark.parametrize("engine", ["numpy", "events"])
def test_membranes_beyond_32_bits_come_back_from_the_file_as_they_were(
    engine: str, tmp_path: Path
) -> None:
    program = random_program(0, reset_mechanism="subtract")
    layer = program.layers[0]
    # Each spike adds 2^30: a run that is not strict goes on past 2^31.
    lowered = replace(layer.gate, threshold=np.full(layer.neurons, -(2**30)))
    program = replace(program, layers=(replace(layer, gate=lowered),))
    trace = run(program, random_sequences(0, 3, [6]), engine, strict=False)
    assert trace.membranes[0].max() > 2**31
    trace.save(tmp_path / "t")
    assert compare(Trace.load(tmp_path / "t"), trace).equal


def test_a_trace_whose_engine_counts_no_saturations_says_so_from_its_file(
    trace: Trace, tmp_path: Path
) -> None:
    replace(trace, saturations=None).save(tmp_path / "t")
    assert Trace.load(tmp_path / "t").saturations is None


def test_a_trace_from_before_clamped_inputs_were_counted_says_so(tmp_path: Path) -> None:
    older = replace(run(random_program(1), random_sequences(1, 3, [3])), clamped=None)
    older.save(tmp_path / "trace")
    loaded = Trace.load(tmp_path / "trace")
    assert loaded.clamped is None
    assert clamped_inputs(loaded, random_program(1)) is None


def nothing(channels: int) -> list[Any]:
    """An empty batch in every form."""
    return [[], (), np.zeros((0, 4, channels)), Sequences.of([]), SparseSequences.of([], channels)]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("readout", READOUTS)
@pytest.mark.parametrize("encoder", OF_NUMBERS)
def test_an_empty_batch_is_an_empty_trace(engine: str, encoder: str, readout: str) -> None:
    made = random_program(
        0, hidden=(4, 3), encoder=encoder, readout=readout, bidirectional=readout == "last"
    )
    one = run(made, random_sequences(0, 3, [2]))
    for given_inputs in nothing(3):
        trace = run(made, given_inputs, engine)
        assert trace.lengths.shape == trace.predictions.shape == (0,)
        for (_, _, values), (_, _, others) in zip(
            trace.quantities(), one.quantities(), strict=True
        ):
            assert values.shape == (0, others.shape[1])
            assert np.issubdtype(values.dtype, np.integer)
        assert trace.clamped is not None
        assert not trace.clamped.any()
        assert compare(run(made, [], "numpy"), trace).equal


def test_an_empty_batch_of_stated_channels_must_have_the_right_ones() -> None:
    with pytest.raises(InputError, match="7 channels, but the program was trained on 3"):
        run(random_program(0), np.zeros((0, 4, 7)))


def test_an_empty_trace_comes_back_from_its_file(tmp_path: Path) -> None:
    trace = run(random_program(0, readout="step"), [])
    trace.save(tmp_path / "trace")
    assert compare(Trace.load(tmp_path / "trace"), trace).equal


def test_an_empty_batch_is_equal_on_all_engines() -> None:
    verified = verify_engines(random_program(0), [], ["numpy", "events", "lava"])
    assert verified.equal
    assert verified.summary()["sequences"] == verified.summary()["spikes_compared"] == 0
    assert golden_samples(random_program(0), []).golden == ()


def test_a_file_that_is_no_trace_is_refused(tmp_path: Path) -> None:
    write_tensors(tmp_path / "t", {"x": np.zeros(1)}, {})
    with pytest.raises(InputError, match="not a trace of schema 2"):
        Trace.load(tmp_path / "t")


@pytest.fixture
def trace() -> Trace:
    return run(random_program(1, hidden=(2, 1)), random_sequences(1, 3, [1, 2]))


def test_every_flipped_bit_of_a_trace_is_noticed(trace: Trace, tmp_path: Path) -> None:
    path = tmp_path / "t"
    trace.save(path)
    content = path.read_bytes()
    for place in range(len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 1 << place % 8
        path.write_bytes(damaged)
        with pytest.raises(InputError, match="make it again with `spiking-gru run`"):
            Trace.load(path)


def test_a_trace_without_one_of_its_parts_is_refused(trace: Trace, tmp_path: Path) -> None:
    path = tmp_path / "t"
    trace.save(path)
    tensors, about = read_tensors(path)
    for name in tensors:
        write_tensors(path, {k: v for k, v in tensors.items() if k != name}, about)
        with pytest.raises(InputError, match="make it again"):
            Trace.load(path)
    for name in about:
        write_tensors(path, tensors, {k: v for k, v in about.items() if k != name})
        with pytest.raises(InputError, match="make it again"):
            Trace.load(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: {"lengths": t.lengths[:1]}, "event of encoder has 3 rows, expected 1"),
        (lambda t: {"lengths": t.lengths * 0}, "a sequence without a step"),
        (lambda t: {"lengths": t.lengths * 1.0}, "lengths of trace has shape"),
        (lambda t: {"events": t.events[0]}, r"event of encoder has shape \(3,\)"),
        (lambda t: {"events": t.events[:2]}, "event of encoder has 2 rows, expected 3"),
        (lambda t: {"scores": t.scores[:1]}, "score of readout has 1 rows, expected 2"),
        (lambda t: {"emitted": (t.emitted[0], t.emitted[1][:2])}, "layer 1 has 2 rows, expected 3"),
        (lambda t: {"membranes": t.membranes[::-1]}, r"layer 0 has emissions of shape \(3, 2\)"),
        (lambda t: {"emitted": (), "membranes": ()}, "holds no layer"),
        (lambda t: {"saturations": t.saturations[1:]}, r"saturations have shape \(2, 3\)"),
        (lambda t: {"saturations": t.saturations - 10**6}, "a count of saturations is -"),
        (lambda t: {"saturations": t.saturations * 1.0}, "saturations have .* of float64"),
        (lambda t: {"lengths": np.array([2**63 - 1, 2**63 - 1, 5])}, f"expected {2**63 - 1}"),
        (lambda t: {"lengths": t.lengths.astype(np.uint64)}, "of uint64, expected int64"),
        (lambda t: {"scores": t.scores[:, :0]}, r"score of readout has shape \(2, 0\)"),
        (lambda t: {"engine": "a\nb"}, "engine: the name 'a.nb' has 3 characters"),
        (lambda t: {"program_digest": "x"}, "program_digest is 'x', expected a SHA-256"),
        (lambda t: {"clamped": t.clamped[1:]}, r"clamped have shape \(2,\)"),
        (lambda t: {"clamped": t.clamped * 1.0}, "clamped have .* of float64"),
        (lambda t: {"clamped": t.clamped - 1}, "a count of clamped is -1"),
        (lambda t: {"clamped": t.clamped + 4}, "a count of clamped is 4, expected at most 3"),
    ],
)
def test_a_trace_at_odds_with_itself_is_refused(
    trace: Trace, tmp_path: Path, change: Callable[[Trace], dict[str, Any]], message: str
) -> None:
    replace(trace, **change(trace)).save(tmp_path / "t")
    with pytest.raises(InputError, match=f"{message}.*make it again with `spiking-gru run`"):
        Trace.load(tmp_path / "t")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("x", "holds 'x', which is no part of a trace"),
        ("engine", "holds 'engine', which is no part of a trace"),
        ("layers.00.emitted", "has no 'layers.2.emitted'"),
        ("\ud800", "half a surrogate pair"),
    ],
)
def test_a_trace_that_holds_more_than_is_read_is_refused(
    trace: Trace, tmp_path: Path, name: str, message: str
) -> None:
    trace.save(tmp_path / "t")
    about, tensors = trace_parts((tmp_path / "t").read_bytes())
    (tmp_path / "t").write_bytes(sealed_trace(about, {**tensors, name: np.zeros(3, np.int8)}))
    with pytest.raises(InputError, match=f"{message}.*make it again"):
        Trace.load(tmp_path / "t")
    (tmp_path / "t").write_bytes(sealed_trace({**about, "surprise": "x"}, tensors))
    with pytest.raises(InputError, match="holds 'surprise', which is no part of a trace"):
        Trace.load(tmp_path / "t")
    (tmp_path / "t").write_bytes(sealed_trace(about, tensors))
    assert compare(Trace.load(tmp_path / "t"), trace).equal


@pytest.mark.parametrize("about", ["[]", "3"])
def test_a_trace_whose_description_is_no_object_is_refused(tmp_path: Path, about: str) -> None:
    (tmp_path / "t").write_bytes(tensor_bytes({"a": np.zeros(1)}, {"about": about}))
    with pytest.raises(InputError, match="expected an object of strings: make it again"):
        Trace.load(tmp_path / "t")


@pytest.mark.parametrize("engine", ["numpy", "events"])
@pytest.mark.parametrize("readout", ["mean", "step"])
def test_a_trace_of_a_program_of_values_has_values_and_no_predictions(
    engine: str, readout: str, tmp_path: Path
) -> None:
    program = program_of_values(readout)
    trace = run(program, SEQUENCES, engine)
    assert np.array_equal(trace.values, program.values(trace))
    trace.save(tmp_path / "t")
    loaded = Trace.load(tmp_path / "t")
    assert np.array_equal(loaded.values, trace.values)
    for found in (trace, loaded):
        with pytest.raises(InputError, match="answers with values and names no class.*`values`"):
            _ = found.predictions


def test_a_trace_of_a_program_of_classes_has_predictions_and_no_values(trace: Trace) -> None:
    assert trace.values is None
    assert np.array_equal(trace.predictions, trace.final_scores.argmax(axis=1))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda v: v[:1], r"values have shape \(1, 2\) of float64, expected \(4, 2\)"),
        (lambda v: v.astype(np.float32), "of float32"),
        (lambda v: v * np.nan, "a value is nan, expected finite numbers"),
    ],
)
def test_values_in_a_file_that_are_none_are_refused(
    tmp_path: Path, change: Callable[[Any], Any], message: str
) -> None:
    trace = run(program_of_values("mean"), SEQUENCES)
    replace(trace, values=change(trace.values)).save(tmp_path / "t")
    with pytest.raises(InputError, match=f"{message}.*make it again with `spiking-gru run`"):
        Trace.load(tmp_path / "t")


@pytest.mark.parametrize("decision", DECISIONS)
def test_a_trace_keeps_how_its_scores_name_classes(tmp_path: Path, decision: str) -> None:
    program = random_program(0, outputs=1 if decision == "sign" else 2)
    target = Target(("a", "b"), decision=decision)
    program = with_readout(program, replace(program.readout, target=target))
    trace = run(program, SEQUENCES)
    trace.save(tmp_path / "t")
    loaded = Trace.load(tmp_path / "t")
    assert loaded.decision == decision
    assert np.array_equal(loaded.predictions, DECISIONS[decision].of(trace.final_scores))
    assert compare(trace, loaded).equal
    flipped = replace(trace, scores=-1 - trace.scores)
    assert compare(trace, flipped).differing_classes == len(trace.lengths)
    replace(trace, decision="most").save(tmp_path / "t")
    with pytest.raises(InputError, match="unknown decision 'most'.*make it again"):
        Trace.load(tmp_path / "t")
