"""Encoder, layers and readout from manifest and tensors: docs/format.md, "The manifest"."""

import math
from collections.abc import Sequence
from typing import Any

from independent.container import RefusedError
from independent.fields import array, integer, members, name, number, one_of
from independent.program import (
    EMISSIONS,
    ENCODERS,
    FORMULATIONS,
    READOUTS,
    WINDOWED,
    Encoder,
    Head,
    Layer,
    Matrix,
    Readout,
)
from independent.tensors import Tensor

COUNT = 65_536
INT32 = (-(2**31), 2**31 - 1)
SHIFT = (-31, 31)
CELL = (
    "formulation",
    "emit",
    "reset_mechanism",
    "activation",
    "weight_bits",
    "gate_fraction",
    "state_fraction",
)


class Shelf:
    """The tensors of a file, each taken once; all must be taken."""

    def __init__(self, tensors: dict[str, Tensor]) -> None:
        self.left = dict(tensors)

    def take(
        self, name: str, dtype: str, shape: Sequence[int | None], low: float, high: float
    ) -> Tensor:
        """Return a tensor after a check of type, shape (`None`: 1 to 65,536) and values."""
        tensor = self.left.pop(name, None)
        if tensor is None or tensor.dtype != dtype or len(tensor.shape) != len(shape):
            raise RefusedError(f"{name} is missing, or has another type or shape")
        for size, expected in zip(tensor.shape, shape, strict=True):
            if size != expected and (expected is not None or not 1 <= size <= COUNT):
                raise RefusedError(f"{name} has the shape {tensor.shape}")
        if not all(math.isfinite(v) and low <= v <= high for v in tensor.values()):
            raise RefusedError(f"{name} has a value outside {low} … {high}")
        return tensor


def encoder_of(value: Any, shelf: Shelf) -> Encoder:
    """Return the encoder."""
    several = isinstance(value, dict) and value.get("kind") in ("population", "tokens")
    names = ("kind", "exponent", "limit", "threshold", "steps")
    value = members(value, (*names, "fields") if several else names)
    kind = one_of(value["kind"], ENCODERS)
    integer(value["exponent"], -64, 64)
    most = {"send-on-delta": 16_383, "tokens": 1}.get(kind, 32_767)
    limit = integer(value["limit"], 1, most)
    if kind == "level-crossing":
        threshold = integer(value["threshold"], 1, limit)
        integer(2 * (limit // threshold), 0, 32_767)
    else:
        threshold = integer(value["threshold"], 0, 2 * limit)
    steps = integer(value["steps"], 1, 256 if kind in ("rate", "latency") else 1)
    offset = shelf.take("encoder.offset", "F64", (None,), -1e100, 1e100)
    gain = shelf.take("encoder.gain", "F64", offset.shape, -1e100, 1e100)
    if kind in ("events", "tokens") and (any(offset.values()) or set(gain.values()) != {1}):
        raise RefusedError(f"{kind} has an offset other than 0 or a gain other than 1")
    fields = integer(value["fields"], 2, 32 if kind == "population" else 65_535) if several else 1
    return Encoder(kind, limit, threshold, steps, fields, offset.values(), gain.values())


def layer_of(i: int, value: dict[str, Any], inputs: int, shelf: Shelf) -> Layer:
    """Return layer `i`, which has this number of inputs."""
    cell = members(value["cell"], CELL)
    formulation = FORMULATIONS[one_of(cell["formulation"], FORMULATIONS)]
    G = integer(cell["gate_fraction"], 4, 10)
    S = integer(cell["state_fraction"], 8, 14)
    largest = 2 ** (integer(cell["weight_bits"], 2, 8) - 1) - 1
    threshold = shelf.take(f"layers.{i}.threshold", "I32", (None,), 0, 2**31 - 1)
    n = threshold.shape[0]
    gates, bias = formulation.gates, f"layers.{i}.bias"

    def weights(side: str, kept: Sequence[str], columns: int) -> dict[str, Matrix]:
        if not kept:
            return {}
        at, shape = f"layers.{i}.{side}_weights", (len(kept) * n, columns)
        rows = shelf.take(at, "I8", shape, -largest, largest).rows()
        return {gate: rows[j * n : (j + 1) * n] for j, gate in enumerate(kept)}

    def shifts(side: str, kept: Sequence[str]) -> dict[str, int]:
        if not kept:
            return {}
        at = f"layers.{i}.{side}_shift"
        values = shelf.take(at, "I32", (len(kept),), *SHIFT).values()
        return dict(zip(kept, values, strict=True))

    after = formulation.reset == "after"
    d = shelf.take(f"layers.{i}.recurrent_bias", "I32", (n,), *INT32).values() if after else ()
    start = shelf.take(f"layers.{i}.initial_membrane", "I32", (n,), -(2**S), 2**S)
    return Layer(
        formulation=formulation,
        emit=one_of(cell["emit"], EMISSIONS),
        reset_mechanism=one_of(cell["reset_mechanism"], ("subtract", "zero", "none")),
        activation=one_of(cell["activation"], ("hard", "table")),
        gate_fraction=G,
        state_fraction=S,
        backward=value["backward"],
        input_weights=weights("input", formulation.input_gates, inputs),
        input_shift=shifts("input", formulation.input_gates),
        recurrent_weights=weights("recurrent", formulation.recurrent_gates, n),
        recurrent_shift=shifts("recurrent", formulation.recurrent_gates),
        bias=dict(zip(gates, shelf.take(bias, "I32", (len(gates), n), *INT32).rows(), strict=True)),
        recurrent_bias=d,
        threshold=threshold.values(),
        initial_membrane=start.values(),
    )


def readout_of(value: Any, inputs: int, shelf: Shelf) -> Readout:
    """Return the readout, which has this number of inputs."""
    kind = one_of(value.get("kind") if isinstance(value, dict) else None, READOUTS)
    fields = ("name", "kind", "exponent", "gain", "shift", "leak", "target")
    value = members(value, (*fields, "window") if kind in WINDOWED else fields)
    leaks = (1, 8) if kind == "leaky" else (0, 0)
    weights = shelf.take("readouts.0.weights", "I8", (None, inputs), -127, 127)
    outputs = weights.shape[0]
    longest = min(65536, 2**22 // max(outputs, 1))
    return Readout(
        kind=kind,
        exponent=integer(value["exponent"], -64, 64),
        gain=number(value["gain"]),
        shift=integer(value["shift"], *SHIFT),
        leak=integer(value["leak"], *leaks),
        window=integer(value["window"], 1, longest) if kind in WINDOWED else 0,
        heads=heads_of(value["target"], outputs),
        weights=weights.rows(),
        bias=shelf.take("readouts.0.bias", "I32", (outputs,), *INT32).values(),
    )


def heads_of(value: Any, outputs: int) -> list[Head]:
    """Return the heads of a target; one without a name where it has none."""
    if not isinstance(value, dict) or "heads" not in value:
        return [head_of("", value, outputs)]
    target = members(value, ("classes", "scale", "offset", "heads"))
    if target["classes"] != [] or target["scale"] != [] or target["offset"] != []:
        raise RefusedError("a target with heads has classes, a scale or an offset")
    heads = []
    for item in array(target["heads"], 2):
        head = members(item, ("name", "outputs", "target"))
        if set(name(head["name"])) & set("/=,"):
            raise RefusedError("the name of a head has / or = or ,")
        count = integer(head["outputs"], 1, outputs)
        heads.append(head_of(head["name"], head["target"], count))
    if len({head.name for head in heads}) < len(heads):
        raise RefusedError("two heads have one name")
    if sum(head.outputs for head in heads) != outputs:
        raise RefusedError("the heads have more or fewer outputs than the readout")
    return heads


def head_of(called: str, value: Any, outputs: int) -> Head:
    """Return the target of these outputs."""
    named = value if isinstance(value, dict) else {}
    decision = one_of(named.get("decision", "one-of"), ("one-of", "any-of", "sign"))
    fields = ("classes", "scale", "offset", *(["decision"] if "decision" in named else []))
    target = members(value, fields)
    classes = [name(item) for item in array(target["classes"])]
    scale = [number(item) for item in array(target["scale"])]
    offset = [number(item) for item in array(target["offset"])]
    of_classes = {0, outputs}
    if decision == "sign":
        of_classes = {2} if outputs == 1 else set()
    if decision != "one-of" and not classes:
        raise RefusedError("a target without classes has no decision")
    if len(classes) not in of_classes or not {len(scale), len(offset)} <= {0, outputs}:
        raise RefusedError("an array of the target has another number of items")
    if classes and (scale or offset):
        raise RefusedError("a target with classes has no scale and no offset")
    return Head(called, outputs, classes, decision, scale, offset)
