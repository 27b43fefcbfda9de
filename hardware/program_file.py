"""The `.sgru` file: a zip of `manifest.json` and `weights.safetensors`. Nothing is ever unpickled.

The manifest carries its own schema number and the SHA-256 of every tensor. Two equal programs
give the same bytes: members have a fixed order and date, keys are sorted.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load as tensors_of
from safetensors.numpy import save as tensor_bytes

from hardware.cell import Cell, GateParameters
from hardware.encoding import Encoder
from hardware.errors import ProgramError, SettingError
from hardware.files import read_bytes, write_bytes
from hardware.program import Layer, Program
from hardware.readout import Readout

SCHEMA = 2
MANIFEST = "manifest.json"
WEIGHTS = "weights.safetensors"
MEMBER_LIMIT = 256 * 2**20
GATE_TENSORS = ("input_shift", "recurrent_shift", "bias", "recurrent_bias", "threshold")
_EPOCH = (1980, 1, 1, 0, 0, 0)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class EncoderManifest(_Strict):
    kind: str
    exponent: int
    limit: int
    threshold: int
    steps: int


class LayerManifest(_Strict):
    name: str
    cell: dict[str, str | int]
    backward: bool


class ReadoutManifest(_Strict):
    kind: str
    exponent: int
    gain: float
    shift: int
    leak: int


class Manifest(_Strict):
    """What `manifest.json` holds."""

    format: Literal["spiking-gru program"]
    schema_number: int
    encoder: EncoderManifest
    layers: list[LayerManifest]
    readout: ReadoutManifest
    classes: list[str]
    max_steps: int | None
    provenance: dict[str, Any]
    sha256: dict[str, str]


def _tensors(program: Program) -> dict[str, NDArray[Any]]:
    tensors: dict[str, NDArray[Any]] = {
        "encoder.offset": program.encoder.offset,
        "encoder.gain": program.encoder.gain,
        "readout.weights": program.readout.weights,
        "readout.bias": program.readout.bias.astype(np.int32),
    }
    for i, layer in enumerate(program.layers):
        tensors[f"layers.{i}.input_weights"] = layer.input_weights
        tensors[f"layers.{i}.recurrent_weights"] = layer.recurrent_weights
        tensors[f"layers.{i}.initial_membrane"] = layer.initial_membrane.astype(np.int32)
        for name in GATE_TENSORS:
            tensors[f"layers.{i}.{name}"] = getattr(layer.gate, name).astype(np.int32)
    return {name: np.ascontiguousarray(tensors[name]) for name in sorted(tensors)}


def _sha256(array: NDArray[Any]) -> str:
    about = f"{array.dtype.str} {array.shape} ".encode()
    return hashlib.sha256(about + array.tobytes()).hexdigest()


def _manifest(program: Program, tensors: dict[str, NDArray[Any]]) -> dict[str, Any]:
    manifest = Manifest(
        format="spiking-gru program",
        schema_number=SCHEMA,
        encoder=EncoderManifest(**_settings(program.encoder, EncoderManifest)),
        layers=[
            LayerManifest(name=layer.name, cell=dict(vars(layer.cell)), backward=layer.backward)
            for layer in program.layers
        ],
        readout=ReadoutManifest(**_settings(program.readout, ReadoutManifest)),
        classes=list(program.classes),
        max_steps=program.max_steps,
        provenance=dict(program.provenance),
        sha256={name: _sha256(array) for name, array in tensors.items()},
    )
    return manifest.model_dump()


def _settings(part: Encoder | Readout, manifest: type[BaseModel]) -> dict[str, Any]:
    return {name: getattr(part, name) for name in manifest.model_fields}


def digest(program: Program) -> str:
    """SHA-256 over all that determines what a program computes; provenance does not count."""
    manifest = _manifest(program, _tensors(program))
    del manifest["provenance"]
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()


def save(program: Program, path: Path) -> None:
    tensors = _tensors(program)
    manifest = json.dumps(_manifest(program, tensors), indent=2, sort_keys=True, allow_nan=False)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo(MANIFEST, _EPOCH), manifest)
        archive.writestr(zipfile.ZipInfo(WEIGHTS, _EPOCH), tensor_bytes(tensors))
    write_bytes(path, buffer.getvalue())


def load(path: Path) -> Program:
    manifest, tensors = _read(path)
    if set(tensors) != set(manifest.sha256):
        odd = sorted(set(tensors) ^ set(manifest.sha256))
        raise ProgramError(f"{path}: tensors and manifest disagree about {', '.join(odd)}")
    for name, array in tensors.items():
        if _sha256(array) != manifest.sha256[name]:
            raise ProgramError(f"{path}: the checksum of {name} is wrong: the file is damaged")
    try:
        program = _build(manifest, tensors)
    except (KeyError, TypeError, SettingError) as error:
        raise ProgramError(f"{path}: not a complete program: {error}") from error
    if set(_tensors(program)) != set(tensors):
        raise ProgramError(f"{path}: holds tensors that no layer uses")
    return program


def _read(path: Path) -> tuple[Manifest, dict[str, NDArray[Any]]]:
    content = read_bytes(path)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if sorted(member.filename for member in members) != [MANIFEST, WEIGHTS]:
                raise ProgramError(f"{path}: expected exactly {MANIFEST} and {WEIGHTS} in the file")
            for member in members:
                if member.file_size > MEMBER_LIMIT:
                    raise ProgramError(
                        f"{path}: {member.filename} declares {member.file_size} bytes, "
                        f"the limit is {MEMBER_LIMIT}"
                    )
            raw = json.loads(archive.read(MANIFEST))
            number = raw.get("schema_number") if isinstance(raw, dict) else None
            if isinstance(number, int) and number > SCHEMA:
                raise ProgramError(
                    f"{path}: written by a newer release (schema {number}, this one reads up to "
                    f"{SCHEMA}): update spiking-gru"
                )
            tensors = tensors_of(archive.read(WEIGHTS))
            if number == 1:
                _migrate_from_1(raw, tensors)
            return Manifest.model_validate(raw), tensors
    except ProgramError:
        raise
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ProgramError(f"{path}: manifest field {where!r}: {first['msg']}") from error
    except (
        zipfile.BadZipFile,
        SafetensorError,
        ValueError,
        RuntimeError,  # an encrypted member, an unknown compression, JSON nested without end
        EOFError,
        zlib.error,
    ) as error:
        raise ProgramError(f"{path}: not a program file, or a damaged one: {error}") from error


def _migrate_from_1(manifest: dict[str, Any], tensors: dict[str, NDArray[Any]]) -> None:
    """Schema 1 knew one kind of encoder and readout, one direction, and no initial membrane."""
    try:
        manifest["encoder"] |= {"kind": "graded", "threshold": 0, "steps": 1}
        manifest["readout"] |= {"kind": "sum", "shift": 0, "leak": 0}
        for i, layer in enumerate(manifest["layers"]):
            layer["backward"] = False
            empty = np.zeros_like(tensors[f"layers.{i}.threshold"])
            tensors[f"layers.{i}.initial_membrane"] = empty
            manifest["sha256"][f"layers.{i}.initial_membrane"] = _sha256(empty)
    except (KeyError, TypeError) as error:
        raise ProgramError(f"not a complete program of schema 1: {error}") from error
    manifest["schema_number"] = SCHEMA


def _build(manifest: Manifest, tensors: dict[str, NDArray[Any]]) -> Program:
    layers = []
    for i, about in enumerate(manifest.layers):
        gate = {name: tensors[f"layers.{i}.{name}"].astype(np.int64) for name in GATE_TENSORS}
        layers.append(
            Layer(
                name=about.name,
                cell=Cell(**about.cell),  # type: ignore[arg-type]
                input_weights=tensors[f"layers.{i}.input_weights"],
                recurrent_weights=tensors[f"layers.{i}.recurrent_weights"],
                gate=GateParameters(**gate),
                initial_membrane=tensors[f"layers.{i}.initial_membrane"].astype(np.int64),
                backward=about.backward,
            )
        )
    return Program(
        encoder=Encoder(
            offset=tensors["encoder.offset"],
            gain=tensors["encoder.gain"],
            **manifest.encoder.model_dump(),
        ),
        layers=tuple(layers),
        readout=Readout(
            weights=tensors["readout.weights"],
            bias=tensors["readout.bias"].astype(np.int64),
            **manifest.readout.model_dump(),
        ),
        classes=tuple(manifest.classes),
        max_steps=manifest.max_steps,
        provenance=manifest.provenance,
    )
