"""A walk through an ONNX graph that knows, for every value, which axis is which.

Values are numbers of the model, sizes that depend on the input (from which exporters make initial
states of zeros), the frames, or states of a GRU. Every operator that is not known here, or that
does to them what no program does, is an error with its name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import InputError

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto, TensorProto

Array = NDArray[Any]


@dataclass(frozen=True)
class Sizes:
    """Whole numbers that depend on the input's shape."""


@dataclass(frozen=True)
class Zeros:
    """Zeros in a shape that depends on the input's."""


@dataclass(frozen=True)
class Frames:
    """The model's input; which axis is time is known when it comes to the GRU."""

    axes: tuple[int, ...]


@dataclass(frozen=True)
class States:
    """Outputs of a GRU: all `states`, the `ends` of each direction, or their `mean` over time.

    `parts` are the (layer, direction) that are concatenated on the axis `direction`, or without
    that axis on the last one.
    """

    axes: tuple[str, ...]
    parts: tuple[tuple[int, int], ...]
    reads: str
    units: int
    head: tuple[Array, Array | None] | None = None
    ordered: bool = False
    """Whether only the order of a head's answers is left, as after a Softmax."""


Value = Array | Sizes | Zeros | Frames | States

ON_SIZES = ("Gather", "Unsqueeze", "Squeeze", "Concat", "Slice", "Mul")
WITHOUT_EFFECT = ("Identity", "Dropout", "Cast")
FLOATING = (1, 10, 11, 16)
"""Numbers of ONNX's data types float, float16, double and bfloat16."""

DIRECTIONS = {"forward": 1, "bidirectional": 2}


class GraphReader:
    """Reads one graph; `grus` are its GRU nodes in order, their arrays and settings."""

    def __init__(self, graph: GraphProto) -> None:
        self.graph = graph
        self.grus: list[dict[str, Any]] = []
        self.values: dict[str, Value] = {
            tensor.name: _array(tensor) for tensor in graph.initializer
        }
        inputs = [value for value in graph.input if value.name not in self.values]
        if len(inputs) != 1:
            raise InputError(
                f"it has {len(inputs)} inputs ({', '.join(value.name for value in inputs)}), "
                f"expected the frames alone: every sequence begins at 0 and runs to its own end"
            )
        self.values[inputs[0].name] = Frames((0, 1, 2))

    def read(self) -> States:
        """Return the meaning of the first output."""
        if not self.graph.output:
            raise InputError("it has no output, expected a head's answers or a GRU's states")
        for node in self.graph.node:
            self._take(node)
        output = self.values.get(self.graph.output[0].name)
        if not isinstance(output, States):
            raise InputError(f"its output {self.graph.output[0].name} is not made by a GRU")
        return output

    def _take(self, node: NodeProto) -> None:
        try:
            arguments = [self.values[name] if name else None for name in node.input]
            settings = _settings(node)
            if node.op_type == "GRU":
                results = self._gru(node, settings, arguments)
            else:
                results = (self._one(node, settings, arguments),)
        except InputError:
            raise
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise _refused(node, f"its inputs and settings do not fit: {error}") from error
        for name, value in zip(node.output, results, strict=False):
            if name:
                self.values[name] = value

    def _one(self, node: NodeProto, settings: dict[str, Any], arguments: list[Any]) -> Value:
        """The value of an operator with one output that matters."""
        kind = node.op_type
        if node.domain not in ("", "ai.onnx"):
            raise _refused(node, f"it is of {node.domain}, expected ONNX's own operators")
        if kind == "Constant":
            return _constant(node, settings)
        if kind == "Cast" and settings["to"] not in FLOATING and _is_real(arguments[0]):
            raise _refused(node, "it makes whole numbers of what a program computes with")
        if kind == "Dropout" and np.any(arguments[2:3]):
            raise _refused(node, "its training_mode drops values at random: export for inference")
        if kind == "Shape":
            return Sizes()
        if kind == "ConstantOfShape" and not np.any(settings.get("value", 0)):
            return Zeros()
        if all(isinstance(value, (Sizes, np.ndarray)) for value in arguments) and (
            kind in ON_SIZES or kind == "Expand"
        ):
            number = arguments[0]
            is_zero = kind == "Expand" and isinstance(number, np.ndarray) and not number.any()
            return Zeros() if is_zero else Sizes()
        if isinstance(arguments[0], np.ndarray) and kind in WITHOUT_EFFECT:
            return arguments[0]
        if isinstance(arguments[0], Zeros | Sizes) and kind in ("Slice", *WITHOUT_EFFECT):
            return arguments[0]
        if isinstance(arguments[0], Frames) and kind in ("Transpose", *WITHOUT_EFFECT):
            frames = arguments[0]
            if kind != "Transpose":
                return frames
            return Frames(tuple(frames.axes[i] for i in settings.get("perm", (2, 1, 0))))
        if kind == "Add" and isinstance(arguments[0], np.ndarray):
            arguments = arguments[::-1]
        if isinstance(arguments[0], States):
            states, *others = arguments
            if kind in WITHOUT_EFFECT:
                return states
            if kind in OPERATORS:
                return OPERATORS[kind](node, settings, states, others)
        raise _refused(node, "a program cannot do this")

    def _gru(
        self, node: NodeProto, settings: dict[str, Any], arguments: list[Any]
    ) -> tuple[Value, ...]:
        X, W, R, B, lengths, start = (arguments + [None] * 3)[:6]
        number, before = len(self.grus), self.grus[-1] if self.grus else None
        directions = _directions(node, settings)
        if lengths is not None:
            raise _refused(node, "it has sequence_lens; a program runs each sequence to its end")
        if not (start is None or isinstance(start, Zeros) or not np.any(start)):
            raise _refused(node, "it does not begin at 0 (initial_h)")
        if not all(isinstance(array, np.ndarray) for array in (W, R)) or not (
            B is None or isinstance(B, np.ndarray)
        ):
            raise _refused(node, "its weights are not constants of the model")
        if not W.ndim == R.ndim == 3:
            raise _refused(
                node, f"W and R have shapes {W.shape} and {R.shape}, expected three dimensions"
            )
        expected = tuple((number - 1, d) for d in range(before["directions"])) if before else ()
        if isinstance(X, Frames):
            fits = before is None and X.axes[-1] == 2
        else:
            fits = isinstance(X, States) and X.axes == ("time", "batch", "states")
            fits = fits and X.parts == expected and X.reads == "states" and X.head is None
        if not fits:
            raise _refused(node, "its input is not (time, batch, features) of what comes before it")
        units = R.shape[-1]
        self.grus.append(
            {
                "name": node.name or f"GRU {number}",
                "W": W,
                "R": R,
                "B": B,
                "directions": directions,
                "linear_before_reset": settings.get("linear_before_reset", 0),
            }
        )
        parts = tuple((number, d) for d in range(directions))
        return (
            States(("time", "direction", "batch", "unit"), parts, "states", units),
            States(("direction", "batch", "unit"), parts, "ends", units),
        )


def _array(tensor: TensorProto) -> Array:
    """The numbers of a tensor; an InputError where it does not hold those that it describes."""
    from onnx import numpy_helper

    try:
        return numpy_helper.to_array(tensor)
    except Exception as error:  # onnx does not say which types it raises
        raise InputError(f"the tensor {tensor.name!r} cannot be read: {error}") from error


def _settings(node: NodeProto) -> dict[str, Any]:
    from onnx import TensorProto, helper

    values = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    return {
        name: _array(value) if isinstance(value, TensorProto) else value
        for name, value in values.items()
    }


def _constant(node: NodeProto, settings: dict[str, Any]) -> Array:
    for name in ("value", "value_float", "value_floats", "value_int", "value_ints"):
        if name in settings:
            return np.asarray(settings[name])
    raise _refused(node, "its value is not numbers")


def _directions(node: NodeProto, settings: dict[str, Any]) -> int:
    """How many, and that every setting of the GRU is one a program can have."""
    direction = settings.get("direction", b"forward").decode()
    if direction not in DIRECTIONS:
        raise _refused(node, f"its direction is {direction}, expected forward or bidirectional")
    directions = DIRECTIONS[direction]
    names = [name.decode() for name in settings.get("activations", ())]
    if names and [name.lower() for name in names] != ["sigmoid", "tanh"] * directions:
        raise _refused(node, f"its activations are {', '.join(names)}, expected Sigmoid and Tanh")
    for name in ("activation_alpha", "activation_beta", "clip", "layout"):
        if settings.get(name):
            raise _refused(node, f"it has {name} {settings[name]}, which a program has not")
    return directions


def _transpose(node: NodeProto, settings: dict[str, Any], x: States, _: list[Any]) -> States:
    order = settings.get("perm", range(len(x.axes))[::-1])
    return replace(x, axes=tuple(x.axes[i] for i in order))


def _squeeze(node: NodeProto, settings: dict[str, Any], x: States, others: list[Any]) -> States:
    axes = _numbers(node, settings.get("axes", others[0] if others else None))
    gone = {x.axes[axis] for axis in axes}
    if gone != {"direction"} or len(x.parts) > 1:
        raise _refused(node, "only the axis of a single direction can go")
    return _without_direction(x)


def _reshape(node: NodeProto, settings: dict[str, Any], x: States, others: list[Any]) -> States:
    """Both directions side by side, or a single one's axis away."""
    shape = _numbers(node, others[0])
    whole = len(x.parts) * x.units
    merges = x.axes[-2:] == ("direction", "unit") or (
        "direction" in x.axes and len(x.parts) == 1 and x.axes[-1] == "unit"
    )
    # 0 keeps an axis, −1 is what is left: neither can mix time with batch.
    kept = all(n == 0 or (n == -1 and shape.count(-1) == 1) for n in shape[:-1])
    if not merges or len(shape) != len(x.axes) - 1 or not kept or shape[-1] not in (-1, whole):
        raise _refused(node, f"{shape} does more than to put directions side by side")
    return _without_direction(x)


def _gather(node: NodeProto, settings: dict[str, Any], x: States, others: list[Any]) -> States:
    """One direction of several, or the last step of a forward layer."""
    index = others[0]
    if not isinstance(index, np.ndarray):
        raise _not_constant(node)
    axis = x.axes[settings.get("axis", 0)]
    if index.ndim == 0 and axis == "direction" and -len(x.parts) <= index < len(x.parts):
        return _without_direction(replace(x, parts=(x.parts[int(index)],)))
    forward_only = len(x.parts) == 1 and x.parts[0][1] == 0 and "direction" not in x.axes
    if index.ndim == 0 and index == -1 and axis == "time" and forward_only and not x.ordered:
        return replace(x, axes=tuple(a for a in x.axes if a != "time"), reads="ends")
    which = f"index {index} of" if index.ndim == 0 else f"an index of shape {index.shape} into"
    raise _refused(node, f"{which} {axis} is not the last state, each direction's own")


def _concat(node: NodeProto, settings: dict[str, Any], x: States, others: list[Any]) -> States:
    """Final states of several directions or layers, in one array."""
    axis = x.axes[settings["axis"]]
    for other in others:
        alike = isinstance(other, States) and (
            other.axes,
            other.reads,
            other.units,
            other.head,
        ) == (
            x.axes,
            x.reads,
            x.units,
            None,
        )
        if not alike or axis not in ("direction", "states") or x.reads != "ends":
            raise _refused(node, "only final states of layers of one size can go side by side")
    parts = tuple(part for value in (x, *others) for part in value.parts)
    return replace(x, parts=parts)


def _mean(node: NodeProto, settings: dict[str, Any], x: States, others: list[Any]) -> States:
    axes = _numbers(node, settings.get("axes", others[0] if others else None))
    if settings.get("keepdims", 1) or [x.axes[a] for a in axes] != ["time"] or x.ordered:
        raise _refused(node, "only a mean over time, without keepdims, can be taken")
    return replace(x, axes=tuple(a for a in x.axes if a != "time"), reads="mean")


def _matmul(node: NodeProto, settings: dict[str, Any], x: States, others: list[Any]) -> States:
    weights = others[0]
    if not isinstance(weights, np.ndarray) or weights.ndim != 2:
        raise _refused(node, "the head's weights are not a constant matrix")
    return _headed(node, x, weights.T, None)


def _gemm(node: NodeProto, settings: dict[str, Any], x: States, others: list[Any]) -> States:
    weights, bias = others[0], others[1] if len(others) > 1 else None
    plain = settings.get("alpha", 1.0) == settings.get("beta", 1.0) == 1.0
    constant = all(isinstance(a, np.ndarray) for a in others)
    if not plain or settings.get("transA") or not constant:
        raise _refused(node, "expected constant weights, alpha and beta of 1 and no transA")
    return _headed(node, x, weights if settings.get("transB") else weights.T, bias)


def _add(node: NodeProto, settings: dict[str, Any], x: States, others: list[Any]) -> States:
    bias = others[0]
    if x.ordered or x.head is None or x.head[1] is not None or not isinstance(bias, np.ndarray):
        raise _refused(node, "expected the bias of the head")
    return _headed(node, replace(x, head=None), x.head[0], bias)


def _headed(node: NodeProto, x: States, weights: Array, bias: Array | None) -> States:
    if x.head is not None or x.ordered or x.axes[-1] != "states":
        raise _refused(
            node, "one head on the states, both directions side by side, is all there is"
        )
    if bias is not None:
        # It is next to the answers, which are the last axis: any other tells sequences apart.
        if bias.size not in (1, len(weights)) or bias.size != (1, *bias.shape)[-1]:
            raise _refused(
                node,
                f"the bias has shape {bias.shape}, expected one value for each of {len(weights)} "
                f"answers",
            )
        bias = np.broadcast_to(bias.ravel(), (len(weights),))
    return replace(x, head=(weights, bias))


def _softmax(node: NodeProto, settings: dict[str, Any], x: States, _: list[Any]) -> States:
    if x.head is None or settings.get("axis", -1) not in (-1, len(x.axes) - 1):
        raise _refused(node, "expected it over the head's answers")
    return replace(x, ordered=True)


OPERATORS: dict[str, Callable[[Any, dict[str, Any], States, list[Any]], States]] = {
    "Transpose": _transpose,
    "Squeeze": _squeeze,
    "Reshape": _reshape,
    "Gather": _gather,
    "Concat": _concat,
    "ReduceMean": _mean,
    "MatMul": _matmul,
    "Gemm": _gemm,
    "Add": _add,
    "Softmax": _softmax,
    "LogSoftmax": _softmax,
}
"""Operations on states, each a function of its node, settings, states and other inputs."""


def _without_direction(x: States) -> States:
    axes = tuple(a for a in x.axes if a != "direction")
    return replace(x, axes=tuple("states" if a == "unit" else a for a in axes))


def _numbers(node: NodeProto, values: Any) -> list[int]:
    if values is None or isinstance(values, (Sizes, Zeros, Frames, States)):
        raise _not_constant(node)
    return [int(value) for value in np.ravel(values)]


def _is_real(value: Any) -> bool:
    """Whether these are numbers between whole ones, not sizes or axes."""
    return isinstance(value, Frames | States) or (
        isinstance(value, np.ndarray) and value.dtype.kind == "f"
    )


def _not_constant(node: NodeProto) -> InputError:
    return _refused(node, "its axes or shape are not constants of the model")


def _refused(node: NodeProto, reason: str) -> InputError:
    name = f" {node.name!r}" if node.name else ""
    return InputError(f"operator {node.op_type}{name}: {reason}")
