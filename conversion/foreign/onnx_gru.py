"""The ONNX operator GRU, stacked or bidirectional, with what leads to it and the head behind it.

ONNX's gates are in the order z, r, h; z keeps the old state. `linear_before_reset` says where the
reset is: 1 after the product, 0 before it. Other operations of a model are followed axis by
axis, and refused by name where a program could not do the same.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from conversion.foreign.gru import FILE_LIMIT, ForeignGRU, GRULayer
from conversion.foreign.onnx_graph import GraphReader, States
from hardware.errors import InputError, MissingPackageError
from hardware.files.disk import one_line, read_bytes

if TYPE_CHECKING:
    from onnx import ModelProto

ORDER = ("update", "reset", "candidate")
READS = {"ends": "last", "mean": "mean", "states": "step"}


def from_onnx(path: str | Path) -> ForeignGRU:
    """Return the GRU of an ONNX file, with its MatMul or Gemm head if it has one.

    The first input of the file is the frames. The first output is the answer of a head to the last
    state, to the mean over time or to every step; or these states themselves.
    """
    path = Path(path)
    content = read_bytes(path, FILE_LIMIT)
    try:
        reader = GraphReader(_parsed(content).graph)
        return _gru(reader, reader.read())
    except InputError as error:
        raise InputError(f"{path}: {one_line(error)}") from error


def _parsed(content: bytes) -> ModelProto:
    try:
        import onnx
    except ImportError as error:
        raise MissingPackageError(
            'reading ONNX needs onnx: pip install "spiking-gru[import]"'
        ) from error
    try:
        model = onnx.load_model_from_string(content)
        _require_whole(model)
        onnx.checker.check_model(model)
    except InputError:
        raise
    except Exception as error:  # onnx and protobuf do not say which types they raise
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise InputError(f"not a readable ONNX model: {reason}") from error
    return model


def _require_whole(model: ModelProto) -> None:
    """Refuse a tensor outside the file: a model may not name other files to read."""
    in_nodes = (attribute.t for node in model.graph.node for attribute in node.attribute)
    for tensor in (*model.graph.initializer, *in_nodes):
        if tensor.external_data or tensor.data_location == tensor.EXTERNAL:
            raise InputError(
                f"{tensor.name or 'a constant'} lies outside the file: save the model with "
                f"all its tensors inside"
            )


def _gru(reader: GraphReader, found: States) -> ForeignGRU:
    levels = [_level(node) for node in reader.grus]
    if not levels:
        raise InputError("there is no GRU in it")
    last = len(levels) - 1
    expected = tuple((last, direction) for direction in range(len(levels[-1])))
    if found.parts != expected or found.reads not in READS:
        raise InputError(
            "its first output is not made from the last GRU's states, all directions in order"
        )
    resets = {bool(node["linear_before_reset"]) for node in reader.grus}
    if len(resets) > 1:
        raise InputError("its GRUs differ in linear_before_reset, expected the same in all")
    return ForeignGRU.of(
        levels, found.head, READS[found.reads], reset_after=resets.pop(), origin="ONNX GRU"
    )


def _level(node: dict[str, Any]) -> list[GRULayer]:
    """One layer for each direction; B holds the input's biases, then the recurrent ones."""
    W, R, B = node["W"], node["R"], node["B"]
    if B is None:
        B = np.zeros((len(W), 2 * W.shape[1]))
    shapes = {array.shape[:1] for array in (W, R, B)}
    if shapes != {(node["directions"],)} or B.ndim != 2 or B.shape[1] % 2:
        raise InputError(
            f"{node['name']}: W, R and B have shapes {W.shape}, {R.shape} and {B.shape}, expected "
            f"{node['directions']} direction(s) in each"
        )
    return [
        GRULayer.of(w, r, b[: b.size // 2], b[b.size // 2 :], ORDER, node["name"])
        for w, r, b in zip(W, R, B, strict=True)
    ]
