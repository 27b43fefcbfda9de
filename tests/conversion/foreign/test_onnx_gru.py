"""An ONNX GRU is read as onnxruntime computes it; what a program cannot do is refused by name."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import onnx
import pytest
from foreign import Classifier, every_gru
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import helper
from onnx_models import answers, exported, gru_model, model_of, saved
from programs import random_sequences

from conversion import from_onnx
from conversion.foreign.floating import scores
from conversion.foreign.gru import FILE_LIMIT, HEADS
from hardware.errors import InputError

one_folder = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@one_folder
@given(
    seed=st.integers(0, 10_000),
    units=st.lists(st.integers(1, 5), min_size=1, max_size=3).map(tuple),
    directions=st.integers(1, 2),
    linear_before_reset=st.integers(0, 1),
    bias=st.booleans(),
    reads=st.sampled_from(HEADS),
    gemm=st.booleans(),
)
def test_what_is_read_computes_what_onnxruntime_computes(
    tmp_path: Path, seed: int, linear_before_reset: int, reads: str, **shape: object
) -> None:
    model = gru_model(seed, linear_before_reset=linear_before_reset, reads=reads, **shape)  # type: ignore[arg-type]
    gru = from_onnx(saved(model, tmp_path))
    assert gru.reset_after == bool(linear_before_reset)
    assert gru.head.reads == reads
    sequences = random_sequences(seed, 3, [5, 1, 3])
    np.testing.assert_allclose(
        scores(gru, sequences), answers(model, sequences), atol=1e-4, rtol=1e-4
    )


@one_folder
@given(
    seed=st.integers(0, 10_000),
    shape=every_gru,
    reads=st.sampled_from(HEADS),
    batch_first=st.booleans(),
)
def test_what_torch_exports_is_read_as_torch_computes_it(
    tmp_path: Path, seed: int, shape: dict, reads: str, batch_first: bool
) -> None:
    network = Classifier(**shape, reads=reads, batch_first=batch_first, seed=seed)
    gru = from_onnx(saved(exported(network, shape["channels"]), tmp_path))
    sequences = random_sequences(seed, shape["channels"], [5, 1, 3])
    np.testing.assert_allclose(
        scores(gru, sequences), network.answers(sequences), atol=1e-4, rtol=1e-4
    )


def states_model(
    *tail: onnx.NodeProto, extra: dict | None = None, rank: int = 3
) -> onnx.ModelProto:
    """One forward GRU, its states `seen` (time, batch, 4), and whatever makes `scores` of them."""
    model = gru_model(reads="step", extra=extra)
    nodes = [node for node in model.graph.node if "products" not in [*node.output, *node.input]]
    tensors = {t.name: onnx.numpy_helper.to_array(t) for t in model.graph.initializer}
    tensors |= {"last": np.array(-1), "first": np.array(0), "step": np.array([0])}
    tensors |= {"half": np.array(0.5, dtype=np.float32), "yes": np.array(True)}
    tensors |= {"no": np.array(False), "rows": np.zeros((2, 2), dtype=np.int64)}
    tensors |= {"column": np.ones((2, 1), dtype=np.float32), "three": np.ones(3, np.float32)}
    return model_of([*nodes, *tail], tensors, rank=rank)


@pytest.mark.parametrize(
    "tail",
    [
        [
            helper.make_node("Gather", ["seen", "last"], ["end"], axis=0),
            helper.make_node("Gemm", ["end", "V", "b"], ["scores"]),
        ],
        [
            helper.make_node("MatMul", ["seen", "V"], ["products"]),
            helper.make_node("Gather", ["products", "last"], ["scores"], axis=0),
        ],
        [
            helper.make_node("MatMul", ["seen", "V"], ["products"]),
            helper.make_node("Add", ["products", "b"], ["sums"]),
            helper.make_node("ReduceMean", ["sums", "step"], ["scores"], keepdims=0),
        ],
        [helper.make_node("Gather", ["seen", "last"], ["scores"], axis=0)],
        [helper.make_node("Identity", ["seen"], ["scores"])],
        [
            helper.make_node("Dropout", ["seen", "half", "no"], ["kept"]),
            helper.make_node("Gather", ["kept", "last"], ["scores"], axis=0),
        ],
    ],
)
def test_heads_of_every_usual_form_are_read(tail: list, tmp_path: Path) -> None:
    rank = 3 if tail[-1].op_type == "Identity" else 2
    model, sequences = states_model(*tail, rank=rank), random_sequences(0, 3, [5, 1, 3])
    gru = from_onnx(saved(model, tmp_path))
    np.testing.assert_allclose(scores(gru, sequences), answers(model, sequences), atol=1e-5)


def test_a_softmax_at_the_end_leaves_the_order_of_the_answers(tmp_path: Path) -> None:
    tail = [
        helper.make_node("MatMul", ["seen", "V"], ["products"]),
        helper.make_node("Softmax", ["products"], ["scores"], axis=-1),
    ]
    model, sequences = states_model(*tail), random_sequences(0, 3, [5, 1, 3])
    found = scores(from_onnx(saved(model, tmp_path)), sequences)
    assert found.argmax(axis=1).tolist() == answers(model, sequences).argmax(axis=1).tolist()


HEAD = [helper.make_node("MatMul", ["seen", "V"], ["scores"])]


@pytest.mark.parametrize(
    ("tail", "extra", "message"),
    [
        (HEAD, {"activations": ["Sigmoid", "Relu"]}, "gru0': its activations are Sigmoid, Relu"),
        (HEAD, {"activations": ["HardSigmoid", "Tanh"]}, "activations are HardSigmoid, Tanh"),
        (HEAD, {"clip": 3.0}, "gru0': it has clip 3.0"),
        (HEAD, {"activation_alpha": [0.5]}, "it has activation_alpha"),
        (HEAD, {"layout": 1}, "it has layout 1"),
        (HEAD, {"direction": "reverse"}, "its direction is reverse, expected forward or bid"),
        ([helper.make_node("Relu", ["seen"], ["scores"], "act")], {}, "operator Relu 'act'"),
        ([helper.make_node("Gather", ["seen", "first"], ["scores"])], {}, "index 0 of time"),
        ([helper.make_node("ReduceMean", ["seen", "step"], ["scores"])], {}, "without keepdims"),
        ([helper.make_node("Squeeze", ["seen", "step"], ["scores"])], {}, "a single direction"),
        ([helper.make_node("Reshape", ["seen", "side_by_side"], ["scores"])], {}, "does more than"),
        (
            [helper.make_node("Add", ["seen", "b"], ["scores"])],
            {},
            "operator Add: expected the bias of the head",
        ),
        (
            [*HEAD, helper.make_node("MatMul", ["scores", "V"], ["more"])],
            {},
            "one head on the states",
        ),
        (
            [helper.make_node("Softmax", ["seen"], ["scores"])],
            {},
            "Softmax: expected it over the head's answers",
        ),
        (
            [helper.make_node("Gemm", ["seen", "V"], ["scores"], alpha=2.0)],
            {},
            "alpha and beta of 1",
        ),
        (
            [helper.make_node("Gemm", ["seen", "V", "column"], ["scores"])],
            {},
            r"Gemm: the bias has shape \(2, 1\), expected one value for each of 2 answers",
        ),
        (
            [*HEAD, helper.make_node("Add", ["scores", "three"], ["sums"])],
            {},
            r"Add: the bias has shape \(3,\), expected one value for each of 2 answers",
        ),
        (
            [helper.make_node("Cast", ["seen"], ["scores"], to=onnx.TensorProto.INT64)],
            {},
            "Cast: it makes whole numbers",
        ),
        (
            [helper.make_node("Gather", ["seen", "rows"], ["scores"])],
            {},
            r"Gather: an index of shape \(2, 2\) into time is not the last state",
        ),
        (
            [
                helper.make_node("Shape", ["seen"], ["sizes"]),
                helper.make_node("Gather", ["seen", "sizes"], ["scores"]),
            ],
            {},
            "Gather: its axes or shape are not constants of the model",
        ),
        (
            [helper.make_node("Gather", ["seen", "last"], ["scores"], axis=9)],
            {},
            "Gather: its inputs and settings do not fit: tuple index out of range",
        ),
        (
            [helper.make_node("Dropout", ["seen", "half", "yes"], ["scores"])],
            {},
            "Dropout: its training_mode drops values at random: export for inference",
        ),
        ([helper.make_node("Odd", ["seen"], ["scores"], domain="my")], {}, "it is of my"),
        ([helper.make_node("Shape", ["seen"], ["scores"])], {}, "scores is not made by a GRU"),
    ],
)
def test_what_a_program_cannot_do_is_refused_by_its_name(
    tail: list, extra: dict, message: str, tmp_path: Path
) -> None:
    model = states_model(*tail, extra=extra)
    if any(node.domain for node in tail):
        model.opset_import.append(helper.make_opsetid("my", 1))
    with pytest.raises(InputError, match=message) as raised:
        from_onnx(saved(model, tmp_path))
    assert "model.onnx" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_frames_made_whole_numbers_before_the_gru_are_refused(tmp_path: Path) -> None:
    model, to = gru_model(), onnx.TensorProto
    for name, source, kind in (("whole", "frames", to.INT64), ("again", "whole", to.FLOAT)):
        cast = helper.make_node("Cast", [source], [name], to=kind)
        model.graph.node.insert(0 if source == "frames" else 1, cast)
    model.graph.node[2].input[0] = "again"
    with pytest.raises(InputError, match="Cast: it makes whole numbers"):
        from_onnx(saved(model, tmp_path))


@pytest.mark.parametrize("weights", ["W0", "R0"])
def test_weights_of_too_few_dimensions_are_refused(weights: str, tmp_path: Path) -> None:
    model = gru_model(bias=False)
    for tensor in model.graph.initializer:
        if tensor.name == weights:
            flat = onnx.numpy_helper.to_array(tensor).ravel()
            tensor.CopyFrom(onnx.numpy_helper.from_array(flat, weights))
    with pytest.raises(InputError, match=r"gru0': W and R have shapes .*expected three dimensions"):
        from_onnx(saved(model, tmp_path))


def with_inputs(**inputs: str) -> onnx.ModelProto:
    """The GRU with other inputs: `sequence_lens` and `initial_h` come after W, R and B."""
    model = gru_model()
    names = {"x": "frames", "W": "W0", "R": "R0", "B": "B0", "lengths": "", "start": ""}
    del model.graph.node[0].input[:]
    model.graph.node[0].input.extend((names | inputs).values())
    for name, array in (
        ("five", np.array([5], dtype=np.int32)),
        ("ones", np.ones((1, 1, 4), dtype=np.float32)),
        ("zeros", np.zeros((1, 1, 4), dtype=np.float32)),
    ):
        model.graph.initializer.append(onnx.numpy_helper.from_array(array, name))
    return model


def test_a_given_length_and_a_given_start_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="gru0': it has sequence_lens; a program runs each"):
        from_onnx(saved(with_inputs(lengths="five"), tmp_path))
    with pytest.raises(InputError, match="gru0': it does not begin at 0"):
        from_onnx(saved(with_inputs(start="ones"), tmp_path))
    assert from_onnx(saved(with_inputs(start="zeros"), tmp_path)).channels == 3


def test_a_second_input_is_refused(tmp_path: Path) -> None:
    model = gru_model()
    model.graph.input.append(helper.make_tensor_value_info("h0", onnx.TensorProto.FLOAT, [1]))
    with pytest.raises(InputError, match=r"2 inputs \(frames, h0\), expected the frames alone"):
        from_onnx(saved(model, tmp_path))


def test_a_tensor_outside_the_file_is_never_read(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    onnx.save_model(
        gru_model(), path, save_as_external_data=True, location="weights.bin", size_threshold=0
    )
    with pytest.raises(InputError, match="side_by_side lies outside the file"):
        from_onnx(path)
    model = gru_model()
    model.graph.node.add(op_type="Constant", output=["c"]).attribute.add(name="value").t.CopyFrom(
        onnx.load(path, load_external_data=False).graph.initializer[-1]
    )
    with pytest.raises(InputError, match="lies outside the file"):
        from_onnx(saved(model, tmp_path))


def test_a_file_that_is_no_onnx_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"\x08 not a model")
    with pytest.raises(InputError, match=r"model.onnx: not a readable ONNX model"):
        from_onnx(path)
    with pytest.raises(InputError, match="cannot read .*nothing.onnx: No such file"):
        from_onnx(tmp_path / "nothing.onnx")


def test_what_is_no_file_or_too_large_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.onnx")
    with pytest.raises(InputError, match="cannot read .*pipe.onnx: not a regular file"):
        from_onnx(tmp_path / "pipe.onnx")
    with (tmp_path / "huge.onnx").open("wb") as file:
        file.truncate(FILE_LIMIT + 1)
    with pytest.raises(InputError, match=rf"huge.onnx: it has {FILE_LIMIT + 1} bytes, the limit"):
        from_onnx(tmp_path / "huge.onnx")


@pytest.mark.parametrize(
    ("dims", "message"),
    [
        ([2**62], "not a readable ONNX model: .*tensor name: V"),
        ([1] * 70, "the tensor 'V' cannot be read: maximum supported dimension"),
        ([2, 3], "the tensor 'V' cannot be read: cannot reshape array of size"),
    ],
)
def test_a_tensor_that_does_not_hold_what_it_says_is_refused(
    dims: list[int], message: str, tmp_path: Path
) -> None:
    model = gru_model()
    [tensor] = [tensor for tensor in model.graph.initializer if tensor.name == "V"]
    tensor.dims[:] = dims
    with pytest.raises(InputError, match=message):
        from_onnx(saved(model, tmp_path))


def test_what_onnx_says_in_several_lines_is_one_line(tmp_path: Path) -> None:
    model = gru_model()
    model.graph.node[0].attribute[0].ref_attr_name = "other"
    with pytest.raises(InputError, match="operator GRU 'gru0': .* reference attribute") as caught:
        from_onnx(saved(model, tmp_path))
    assert str(caught.value).isprintable()


def test_a_tensor_said_to_be_outside_without_a_place_is_never_looked_for(tmp_path: Path) -> None:
    model = gru_model()
    model.graph.initializer[0].data_location = onnx.TensorProto.EXTERNAL
    (tmp_path / "model.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(InputError, match="side_by_side lies outside the file"):
        from_onnx(tmp_path / "model.onnx")


def test_a_model_without_an_output_is_refused(tmp_path: Path) -> None:
    model = gru_model()
    del model.graph.output[:]
    with pytest.raises(InputError, match="model.onnx: it has no output, expected a head's"):
        from_onnx(saved(model, tmp_path))
