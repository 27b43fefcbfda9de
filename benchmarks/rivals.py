"""Ordinary GRUs with random weights on this CPU: ONNX Runtime, and torch eager and in int8."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

Call = Callable[[], object]


def onnx_gru(channels: int, hidden: int, frames: int, batch: int) -> Call:
    """A float32 GRU in ONNX Runtime on one thread: a sequence, its state in and out."""
    rng = np.random.default_rng(0)
    weights = [
        numpy_helper.from_array(
            rng.normal(size=(1, 3 * hidden, columns)).astype(np.float32) / hidden**0.5, name
        )
        for name, columns in (("W", channels), ("R", hidden))
    ]
    shape = {"x": [frames, batch, channels], "h": [1, batch, hidden]}
    inputs = [helper.make_tensor_value_info(k, TensorProto.FLOAT, v) for k, v in shape.items()]
    outputs = [
        helper.make_tensor_value_info("y", TensorProto.FLOAT, [frames, 1, batch, hidden]),
        helper.make_tensor_value_info("after", TensorProto.FLOAT, shape["h"]),
    ]
    node = helper.make_node(
        "GRU", ["x", "W", "R", "", "", "h"], ["y", "after"], hidden_size=hidden,
        linear_before_reset=1,
    )  # fmt: skip
    graph = helper.make_graph([node], "gru", inputs, outputs, weights)
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8
    ).SerializeToString()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    given = {
        "x": rng.normal(size=shape["x"]).astype(np.float32),
        "h": np.zeros(shape["h"], np.float32),
    }

    def call() -> None:
        _, given["h"] = session.run(None, given)

    return call


def torch_gru(channels: int, hidden: int, frames: int, batch: int, *, int8: bool = False) -> Call:
    """The same in torch, float32 or with torch's dynamic int8."""
    gru: nn.Module = nn.GRU(channels, hidden)
    if int8:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch says that torchao will take its place
            gru = torch.ao.quantization.quantize_dynamic(gru, {nn.GRU}, dtype=torch.qint8)
    given = torch.randn(frames, batch, channels)
    state = torch.zeros(1, batch, hidden)

    def call() -> None:
        nonlocal state
        with torch.inference_mode():
            _, state = gru(given, state)

    return call
