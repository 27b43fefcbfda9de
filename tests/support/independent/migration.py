"""Schemas 1 and 2 become schema 3: docs/format.md, "Older schemas"."""

from typing import Any

from independent.checksums import tensor_checksum
from independent.container import RefusedError
from independent.fields import array, members, one_of
from independent.program import FORMULATIONS
from independent.tensors import Tensor

Manifest = dict[str, Any]
Tensors = dict[str, Tensor]


def migrated(manifest: Manifest, tensors: Tensors) -> tuple[Manifest, Tensors]:
    """Return the program in schema 3."""
    if manifest["schema_number"] == 1:
        manifest, tensors = from_first(manifest, tensors)
    if manifest["schema_number"] == 2:
        manifest, tensors = from_second(manifest, tensors)
    sums = {name: tensor_checksum(tensor) for name, tensor in tensors.items()}
    return {**manifest, "sha256": sums}, tensors


def added(value: Any, new: dict[str, Any]) -> dict[str, Any]:
    """Return the object with new members, none of which it has."""
    if not isinstance(value, dict) or set(value) & set(new):
        raise RefusedError(f"an older schema has one of {sorted(new)}, which a later one brought")
    return {**value, **new}


def from_first(manifest: Manifest, tensors: Tensors) -> tuple[Manifest, Tensors]:
    """Return schema 2 of a program of schema 1."""
    manifest = added(manifest, {"golden": [], "manifest_sha256": ""})
    tensors = dict(tensors)
    for i in range(len(array(manifest.get("layers")))):
        name, like = f"layers.{i}.initial_membrane", tensors.get(f"layers.{i}.threshold")
        if name in tensors or like is None:
            raise RefusedError(f"{name} in schema 1, or no threshold")
        tensors[name] = Tensor(like.dtype, like.shape, bytes(len(like.data)))
    encoder = {"kind": "graded", "threshold": 0, "steps": 1}
    return {
        **manifest,
        "schema_number": 2,
        "encoder": added(manifest.get("encoder"), encoder),
        "readout": added(manifest.get("readout"), {"kind": "mean", "shift": 0, "leak": 0}),
        "layers": [added(layer, {"backward": False}) for layer in manifest["layers"]],
    }, tensors


def from_second(manifest: Manifest, tensors: Tensors) -> tuple[Manifest, Tensors]:
    """Return schema 3 of a program of schema 2."""
    manifest = added(manifest, {"readouts": [], "vocabulary": [], "preprocessing": []})
    if "readout" not in manifest or "classes" not in manifest:
        raise RefusedError("schema 2 has readout and classes")
    readout = members(manifest.pop("readout"), ("kind", "exponent", "gain", "shift", "leak"))
    target = {"classes": manifest.pop("classes"), "scale": [], "offset": []}
    layers = [
        added(layer, {"sources": [], "synapses": "dense"})
        for layer in array(manifest.get("layers"))
    ]
    return {
        **manifest,
        "schema_number": 3,
        "readouts": [{**readout, "name": "readout", "target": target}],
        "layers": layers,
    }, second_tensors(layers, tensors)


def second_tensors(layers: list[dict[str, Any]], tensors: Tensors) -> Tensors:
    """Return the tensors of schema 3 from those of schema 2."""
    if any(name.startswith("readouts.") for name in tensors):
        raise RefusedError("schema 2 has no readouts.* tensor")
    if "readout.weights" not in tensors or "readout.bias" not in tensors:
        raise RefusedError("schema 2 has readout.weights and readout.bias")
    result = {name.replace("readout.", "readouts.0."): tensor for name, tensor in tensors.items()}
    for i, layer in enumerate(layers):
        keep_blocks(result, i, layer)
    return result


def keep_blocks(tensors: Tensors, i: int, layer: dict[str, Any]) -> None:
    """Drop the blocks of gates without inputs, and a bias that no reset reads."""
    cell = layer.get("cell")
    name = one_of(cell.get("formulation") if isinstance(cell, dict) else None, FORMULATIONS)
    formulation = FORMULATIONS[name]
    if not formulation.recurrent_gates:
        raise RefusedError("schema 2 has no layer without recurrent gates")
    gates = formulation.gates
    threshold = tensors.get(f"layers.{i}.threshold")
    bias = tensors.get(f"layers.{i}.recurrent_bias")
    if threshold is None or bias is None or bias[:2] != threshold[:2]:
        raise RefusedError("schema 2 has a recurrent_bias like the threshold in every layer")
    if formulation.reset != "after":
        del tensors[f"layers.{i}.recurrent_bias"]
    n = threshold.shape[0]
    for side, kept in (
        ("input", formulation.input_gates),
        ("recurrent", formulation.recurrent_gates),
    ):
        blocks = [gates.index(gate) for gate in kept]
        for part, size in ((f"{side}_weights", n), (f"{side}_shift", 1)):
            tensor = tensors.get(f"layers.{i}.{part}")
            if tensor is None or tensor.shape[0] != len(gates) * size:
                raise RefusedError(f"layers.{i}.{part} has a block for every gate in schema 2")
            rows = [block * size + row for block in blocks for row in range(size)]
            tensors[f"layers.{i}.{part}"] = tensor.kept_rows(rows)
