"""Small ONNX models of GRUs with a head, made node by node, and what onnxruntime computes."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper

from hardware.sequences.dense import Sequences


def gru_model(
    seed: int = 0,
    channels: int = 3,
    units: tuple[int, ...] = (4,),
    directions: int = 1,
    linear_before_reset: int = 1,
    bias: bool = True,
    reads: str = "last",
    gemm: bool = True,
    outputs: int = 2,
    extra: dict[str, object] | None = None,
) -> onnx.ModelProto:
    """GRUs one upon another, and a head on the last one's states."""
    rng = np.random.default_rng(seed)
    tensors: dict[str, np.ndarray] = {
        "side_by_side": np.array([0, 0, -1]),
        "ends_side_by_side": np.array([0, -1]),
        "time": np.array([0]),
    }
    nodes, x, width = [], "frames", channels
    for i, size in enumerate(units):
        shapes = {"W": (3 * size, width), "R": (3 * size, size), "B": (6 * size,)}
        names = {kind: f"{kind}{i}" for kind in shapes if bias or kind != "B"}
        for kind, name in names.items():
            tensors[name] = rng.normal(size=(directions, *shapes[kind])).astype(np.float32)
        settings = {
            "hidden_size": size,
            "linear_before_reset": linear_before_reset,
            "direction": "bidirectional" if directions == 2 else "forward",
            **(extra or {}),
        }
        nodes += [
            helper.make_node(
                "GRU", [x, *names.values()], [f"Y{i}", f"H{i}"], f"gru{i}", **settings
            ),
            helper.make_node("Transpose", [f"Y{i}"], [f"T{i}"], perm=[0, 2, 1, 3]),
            helper.make_node("Reshape", [f"T{i}", "side_by_side"], [f"S{i}"]),
        ]
        x, width = f"S{i}", size * directions
    last = len(units) - 1
    if reads == "last":
        nodes += [
            helper.make_node("Transpose", [f"H{last}"], ["HT"], perm=[1, 0, 2]),
            helper.make_node("Reshape", ["HT", "ends_side_by_side"], ["seen"]),
        ]
    elif reads == "mean":
        nodes.append(helper.make_node("ReduceMean", [x, "time"], ["seen"], keepdims=0))
    else:
        nodes.append(helper.make_node("Identity", [x], ["seen"]))
    tensors["V"] = rng.normal(size=(width, outputs)).astype(np.float32)
    tensors["b"] = rng.normal(size=outputs).astype(np.float32)
    if gemm and reads != "step":
        nodes.append(helper.make_node("Gemm", ["seen", "V", "b"], ["scores"], "head"))
    else:
        nodes += [
            helper.make_node("MatMul", ["seen", "V"], ["products"], "head"),
            helper.make_node("Add", ["b", "products"], ["scores"]),
        ]
    return model_of(nodes, tensors, channels, rank=3 if reads == "step" else 2)


def model_of(
    nodes: list, tensors: dict[str, np.ndarray], channels: int = 3, rank: int = 2
) -> onnx.ModelProto:
    frames = helper.make_tensor_value_info("frames", TensorProto.FLOAT, ["time", "batch", channels])
    scores = helper.make_tensor_value_info("scores", TensorProto.FLOAT, [None] * rank)
    initializers = [numpy_helper.from_array(array, name) for name, array in tensors.items()]
    graph = helper.make_graph(nodes, "model", [frames], [scores], initializers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)


def exported(network: torch.nn.Module, channels: int) -> onnx.ModelProto:
    """What torch itself writes of a network."""
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporter's own future
        torch.onnx.export(
            network.eval(),
            (torch.randn(5, 2, channels),),
            file,
            dynamo=False,
            input_names=["frames"],
            dynamic_axes={"frames": {0: "first", 1: "second"}},
        )
    return onnx.load_from_string(file.getvalue())


def saved(model: onnx.ModelProto, folder: Path) -> Path:
    path = folder / "model.onnx"
    onnx.save(model, path)
    return path


def answers(model: onnx.ModelProto, sequences: Sequences, batch_axis: int = 1) -> np.ndarray:
    """onnxruntime's scores of each sequence, or of each step."""
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    found = []
    for frames in sequences:
        feed = {"frames": np.expand_dims(frames, batch_axis)}
        scores = session.run(None, feed)[0]
        found.append(scores.squeeze(batch_axis) if scores.ndim == 3 else scores)
    return np.concatenate(found).astype(np.float64)
