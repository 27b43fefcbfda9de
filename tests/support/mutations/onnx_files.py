"""ONNX models that are damaged, or that say of their parts what no exporter would."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mutations.damage import DAMAGE
from mutations.registry import Mutation, one_of

if TYPE_CHECKING:
    from onnx import ModelProto

ONNX_MUTATIONS: dict[str, Mutation] = {change.__name__: change for change in DAMAGE}

NAMES = ("", "a\nb", "\x1b[2J", "x" * 10**4, "frames", "Y0", "scores", "nothing", "\u202e")


def of_model(change: Any) -> Any:
    """A mutation of a model's parts: `change(rng, model)` in place."""

    def whole(rng: np.random.Generator, content: bytes) -> bytes:
        import onnx

        model = onnx.load_model_from_string(content)
        change(rng, model)
        return model.SerializeToString()

    ONNX_MUTATIONS[change.__name__] = whole
    return change


@of_model
def a_tensor_that_is_another(rng: np.random.Generator, model: ModelProto) -> None:
    tensor = one_of(rng, model.graph.initializer)
    choice = one_of(rng, ("dims", "type", "raw", "outside", "name", "segment", "values", "numbers"))
    if choice == "dims":
        dims = list(tensor.dims)
        odd = ([], [0], [-1], [2**62], [2**31, 2**33], [1] * 70, dims[::-1], [*dims, 2], dims[:-1])
        del tensor.dims[:]
        tensor.dims.extend(one_of(rng, (*odd, [0, 2**62], [-1, -1], [*dims, 1])))
    elif choice == "type":
        tensor.data_type = one_of(rng, (*range(30), -1, 2**31 - 1))
    elif choice == "raw":
        tensor.raw_data = one_of(rng, (b"", tensor.raw_data[:-1], tensor.raw_data * 2, b"\xff" * 7))
    elif choice == "outside":
        tensor.data_location = 1
        if rng.integers(2):
            where = one_of(rng, ("/etc/passwd", "../x", "", "\0", "mutated"))
            tensor.external_data.add(key="location", value=where)
    elif choice == "name":
        tensor.name = one_of(rng, NAMES)
    elif choice == "segment":
        tensor.segment.begin = 1
    elif choice == "values":
        tensor.ClearField("raw_data")
        getattr(tensor, one_of(rng, ("float_data", "int32_data", "double_data"))).extend([1, 2])
    else:
        size = len(tensor.raw_data) // 4
        values = np.full(size, one_of(rng, (np.nan, np.inf, -np.inf, 3e38)), np.float32)
        tensor.raw_data = values.tobytes()


@of_model
def a_node_that_is_another(rng: np.random.Generator, model: ModelProto) -> None:
    node = one_of(rng, model.graph.node)
    choice = one_of(rng, ("op", "domain", "input", "inputs", "output", "outputs", "twice", "gone"))
    if choice == "op":
        odd = ("", "If", "Loop", "LSTM", "Constant", "Gather", "Concat", "Softmax", "Slice", "Cast")
        node.op_type = one_of(rng, (*odd, "Squeeze", "Transpose", "Gemm", "Add", "GRU", "a\nb"))
    elif choice == "domain":
        node.domain = one_of(rng, ("com.microsoft", "ai.onnx", "my", "a\nb"))
    elif choice == "input" and node.input:
        node.input[int(rng.integers(len(node.input)))] = one_of(rng, (*NAMES, *node.output))
    elif choice == "inputs":
        del node.input[int(rng.integers(len(node.input))) :]
    elif choice == "output":
        node.output[0] = one_of(rng, NAMES)
    elif choice == "outputs":
        del node.output[:]
    elif choice == "twice":
        model.graph.node.append(node)
    else:
        model.graph.node.remove(node)


@of_model
def an_attribute_that_is_another(rng: np.random.Generator, model: ModelProto) -> None:
    import onnx

    node = one_of(rng, [node for node in model.graph.node if node.attribute])
    attribute = one_of(rng, node.attribute)
    choice = one_of(rng, ("value", "value", "value", "name", "type", "reference", "deep"))
    if choice == "value":
        odd = (0, -1, 1, 9, 2**62, 0.5, [], [0], [2, 1, 0], [9] * 9, [-9], b"\xff", "x" * 9999)
        value = one_of(rng, (*odd, [0.5], ["Sigmoid", "Relu"], "reverse", onnx.TensorProto()))
        kind = onnx.AttributeProto.INTS if value == [] else None
        replaced = onnx.helper.make_attribute(attribute.name, value, attr_type=kind)
        attribute.CopyFrom(replaced)
    elif choice == "name":
        names = ("axis", "axes", "perm", "to", "clip", "layout", "direction", "activations")
        attribute.name = one_of(rng, (*names, "value", "", "a\nb", "transA", "keepdims"))
    elif choice == "type":
        attribute.type = one_of(rng, range(15))
    elif choice == "reference":
        attribute.ref_attr_name = "other"
    else:
        attribute.type = onnx.AttributeProto.GRAPH
        graph = attribute.g
        for _ in range(int(rng.integers(1, 120))):
            graph = graph.node.add(op_type="If").attribute.add(name="then_branch", type=5).g


@of_model
def a_model_that_is_another(rng: np.random.Generator, model: ModelProto) -> None:
    choice = one_of(rng, ("outputs", "inputs", "graph", "opset", "version", "sparse", "function"))
    if choice == "outputs":
        del model.graph.output[:]
    elif choice == "inputs":
        del model.graph.input[:]
    elif choice == "graph":
        model.ClearField("graph")
    elif choice == "opset":
        model.opset_import[0].version = one_of(rng, (0, -1, 1, 7, 99, 2**62))
    elif choice == "version":
        model.ir_version = one_of(rng, (0, -1, 1, 99, 2**62))
    elif choice == "sparse":
        model.graph.sparse_initializer.add().dims.append(3)
    else:
        model.functions.add(name="GRU", domain="")
