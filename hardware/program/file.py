"""The `.sgru` file: a zip of `manifest.json` and `weights.safetensors`. Nothing is ever unpickled.

The manifest carries its own schema number, and the SHA-256 of itself and of every tensor. Two equal
programs give the same bytes. A file is read by readers that accept only what a writer would write,
then checked in three steps: that it is whole, that its parts fit together, and that engines can
hold its numbers.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors.numpy import save as tensor_bytes

from hardware.definition.cell import Cell, GateParameters
from hardware.definition.encoder import Encoder
from hardware.definition.readout import Readout
from hardware.errors import ProgramError
from hardware.files import tensor_format
from hardware.files.archive import pack, unpack
from hardware.files.disk import first_fault, one_line, read_bytes, write_bytes
from hardware.files.strict_json import parse
from hardware.program.limits import require_sound
from hardware.program.model import Golden, Layer, Program

SCHEMA = 2
MANIFEST = "manifest.json"
WEIGHTS = "weights.safetensors"
FILE_LIMIT = 64 * 2**20
"""Bytes of a file: several times the weights that a whole chip holds."""

MANIFEST_LIMIT = 2**20
GATE_TENSORS = ("input_shift", "recurrent_shift", "bias", "recurrent_bias", "threshold")
TYPES = {
    "offset": "<f8",
    "gain": "<f8",
    "weights": "<i1",
    "input_weights": "<i1",
    "recurrent_weights": "<i1",
    "initial_membrane": "<i4",
    **dict.fromkeys(GATE_TENSORS, "<i4"),
    "frames": "<f4",
}
"""What a tensor is kept as, by the last part of its name."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class CellManifest(_Strict):
    formulation: str
    emit: str
    reset_mechanism: str
    activation: str
    weight_bits: int
    gate_fraction: int
    state_fraction: int


class EncoderManifest(_Strict):
    kind: str
    exponent: int
    limit: int
    threshold: int
    steps: int


class LayerManifest(_Strict):
    name: str
    cell: CellManifest
    backward: bool


class ReadoutManifest(_Strict):
    kind: str
    exponent: int
    gain: float
    shift: int
    leak: int


class Manifest(_Strict):
    """What `manifest.json` holds, beside its own checksum."""

    format: Literal["spiking-gru program"]
    schema_number: int
    encoder: EncoderManifest
    layers: list[LayerManifest]
    readout: ReadoutManifest
    classes: list[str]
    max_steps: int | None
    golden: list[str]
    """The digests of the golden samples."""

    provenance: dict[str, Any]
    sha256: dict[str, str]


def digest(program: Program) -> str:
    """SHA-256 over all that determines what a program computes.

    Provenance and golden samples do not count.
    """
    manifest = _manifest(program, _tensors(program))
    del manifest["provenance"], manifest["golden"]
    sums = manifest["sha256"]
    manifest["sha256"] = {name: sums[name] for name in sums if not name.startswith("golden.")}
    return _sha256_of_json(manifest)


def save(program: Program, path: Path) -> None:
    """Write a program, whole or not at all; an error for one that could not be read again."""
    try:
        content = contents(program)
        _program(content)
    except (TypeError, ValueError, RecursionError) as error:
        raise ProgramError(f"cannot write {path}: {_reason(error)}") from error
    write_bytes(path, content)


def load(path: Path) -> Program:
    """Read a program; a ProgramError that says what is wrong with any other file."""
    content = read_bytes(path, FILE_LIMIT)
    try:
        return _program(content)
    except ValueError as error:
        raise ProgramError(f"{path}: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    return one_line(first_fault(error) if isinstance(error, ValidationError) else error)


def contents(program: Program) -> bytes:
    """The bytes of a program's file."""
    tensors = _tensors(program)
    manifest = _manifest(program, tensors)
    # Through JSON, for the checksum must be that of what is read: lists, and names that are text.
    manifest = parse(json.dumps(manifest, allow_nan=False).encode())
    manifest["manifest_sha256"] = _sha256_of_json(manifest)
    text = json.dumps(manifest, indent=2, sort_keys=True, allow_nan=False)
    return pack({MANIFEST: text.encode(), WEIGHTS: tensor_bytes(tensors)})


def _tensors(program: Program) -> dict[str, NDArray[Any]]:
    tensors: dict[str, NDArray[Any]] = {
        "encoder.offset": program.encoder.offset,
        "encoder.gain": program.encoder.gain,
        "readout.weights": program.readout.weights,
        "readout.bias": program.readout.bias,
    }
    for i, layer in enumerate(program.layers):
        for name in ("input_weights", "recurrent_weights", "initial_membrane"):
            tensors[f"layers.{i}.{name}"] = getattr(layer, name)
        for name in GATE_TENSORS:
            tensors[f"layers.{i}.{name}"] = getattr(layer.gate, name)
    for i, sample in enumerate(program.golden):
        tensors[f"golden.{i}.frames"] = sample.frames
    return {name: _kept(name, tensors[name]) for name in sorted(tensors)}


def _kept(name: str, array: NDArray[Any]) -> NDArray[Any]:
    """The array in its type in the file; an error where that would change a number."""
    kept = np.ascontiguousarray(array, dtype=_type(name))
    if not np.array_equal(kept, array):
        raise ProgramError(f"{name} does not fit {kept.dtype}: it is kept in {kept.dtype}")
    return kept


def _type(name: str) -> str:
    return TYPES[name.rpartition(".")[2]]


def _sha256(array: NDArray[Any]) -> str:
    total = hashlib.sha256(f"{array.dtype.str} {array.shape} ".encode())
    total.update(array.data)
    return total.hexdigest()


def _sha256_of_json(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _manifest(program: Program, tensors: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    manifest = {
        "format": "spiking-gru program",
        "schema_number": SCHEMA,
        "encoder": _fields(program.encoder, EncoderManifest),
        "layers": [
            {
                "name": layer.name,
                "cell": _fields(layer.cell, CellManifest),
                "backward": layer.backward,
            }
            for layer in program.layers
        ],
        "readout": _fields(program.readout, ReadoutManifest),
        "classes": list(program.classes),
        "max_steps": program.max_steps,
        "golden": [sample.digest for sample in program.golden],
        "provenance": dict(program.provenance),
        "sha256": {name: _sha256(array) for name, array in tensors.items()},
    }
    return Manifest.model_validate(manifest).model_dump()


def _fields(part: Cell | Encoder | Readout, manifest: type[BaseModel]) -> dict[str, Any]:
    return {name: getattr(part, name) for name in manifest.model_fields}


def _program(content: bytes) -> Program:
    """The program of a file's content; a ValueError for the first thing that is wrong with it."""
    try:
        members = unpack(content, (MANIFEST, WEIGHTS))
    except ValueError as error:
        raise ProgramError(f"not a program file, or a damaged one: {error}") from error
    raw = _json_of(members[MANIFEST])
    try:
        tensors, about = tensor_format.read(io.BytesIO(members[WEIGHTS]), len(members[WEIGHTS]))
    except ValueError as error:
        raise ProgramError(f"{WEIGHTS} is damaged: {error}") from error
    if about:
        raise ProgramError(f"{WEIGHTS} carries __metadata__, which no program does")
    if raw["schema_number"] == 1:
        _migrate_from_1(raw, tensors)
    manifest = Manifest.model_validate(raw)
    _require_whole(manifest, tensors)
    program = _build(manifest, tensors)
    require_sound(program)
    return program


def _json_of(member: bytes) -> dict[str, Any]:
    """The manifest, of a schema that is known, whose own checksum is right."""
    if len(member) > MANIFEST_LIMIT:
        raise ProgramError(f"{MANIFEST} has {len(member)} bytes, the limit is {MANIFEST_LIMIT}")
    try:
        raw = parse(member)
    except ValueError as error:
        raise ProgramError(f"{MANIFEST} is not valid JSON: {error}") from error
    number = raw.get("schema_number") if isinstance(raw, dict) else None
    if type(number) is not int or number < 1:
        raise ProgramError(f"{MANIFEST} has no schema number: not a program file")
    if number > SCHEMA:
        raise ProgramError(
            f"written by a newer release (schema {number}, this one reads up to {SCHEMA}): "
            f"update spiking-gru"
        )
    declared = raw.pop("manifest_sha256", None)
    if declared != (None if number == 1 else _sha256_of_json(raw)):
        raise ProgramError(f"the checksum of {MANIFEST} is wrong: the file is damaged")
    return raw


def _migrate_from_1(manifest: dict[str, Any], tensors: dict[str, NDArray[Any]]) -> None:
    """Schema 1 knew one kind of encoder and readout, one direction, no initial membrane.

    It had no golden samples, and its manifest no checksum.
    """
    layers, sums = manifest.get("layers"), manifest.get("sha256")
    layers = layers if isinstance(layers, list) else []
    _add(manifest, {"golden": []})
    _add(manifest.get("encoder"), {"kind": "graded", "threshold": 0, "steps": 1})
    _add(manifest.get("readout"), {"kind": "mean", "shift": 0, "leak": 0})
    for i, layer in enumerate(layers):
        _add(layer, {"backward": False})
        if f"layers.{i}.threshold" in tensors:
            name = f"layers.{i}.initial_membrane"
            empty = np.zeros_like(tensors[f"layers.{i}.threshold"])
            _add(tensors, {name: empty})
            _add(sums, {name: _sha256(empty)})
    manifest["schema_number"] = SCHEMA


def _add(part: Any, fields: Mapping[str, Any]) -> None:
    """Give a part of a manifest fields that its schema did not have yet."""
    if not isinstance(part, dict):
        return  # the model says what is wrong there
    for name in fields.keys() & part.keys():
        raise ProgramError(f"schema 1 has no {name!r}: the file is damaged")
    part.update(fields)


def _require_whole(manifest: Manifest, tensors: Mapping[str, NDArray[Any]]) -> None:
    odd = sorted(tensors.keys() ^ manifest.sha256.keys())
    if odd:
        raise ProgramError(f"tensors and manifest disagree about {', '.join(map(repr, odd))}")
    for name, array in tensors.items():
        if _sha256(array) != manifest.sha256[name]:
            raise ProgramError(f"the checksum of {name} is wrong: the file is damaged")


def _build(manifest: Manifest, tensors: Mapping[str, NDArray[Any]]) -> Program:
    left = dict(tensors)

    def take(name: str) -> NDArray[Any]:
        if name not in left:
            raise ProgramError(f"not a complete program: tensor {name} is missing")
        array = left.pop(name)
        if array.dtype != _type(name):
            raise ProgramError(f"{name} is of {array.dtype}, expected {np.dtype(_type(name))}")
        return array

    def integers(name: str) -> NDArray[np.int64]:
        return take(name).astype(np.int64)

    layers = tuple(
        Layer(
            name=about.name,
            cell=Cell(**about.cell.model_dump()),
            input_weights=take(f"layers.{i}.input_weights"),
            recurrent_weights=take(f"layers.{i}.recurrent_weights"),
            gate=GateParameters(**{name: integers(f"layers.{i}.{name}") for name in GATE_TENSORS}),
            initial_membrane=integers(f"layers.{i}.initial_membrane"),
            backward=about.backward,
        )
        for i, about in enumerate(manifest.layers)
    )
    program = Program(
        encoder=Encoder(
            offset=take("encoder.offset"),
            gain=take("encoder.gain"),
            **manifest.encoder.model_dump(),
        ),
        layers=layers,
        readout=Readout(
            weights=take("readout.weights"),
            bias=integers("readout.bias"),
            **manifest.readout.model_dump(),
        ),
        classes=tuple(manifest.classes),
        max_steps=manifest.max_steps,
        provenance=manifest.provenance,
        golden=tuple(
            Golden(take(f"golden.{i}.frames"), sha) for i, sha in enumerate(manifest.golden)
        ),
    )
    if left:
        raise ProgramError(f"holds tensors that no part uses: {', '.join(map(repr, sorted(left)))}")
    return program
