"""The parts of a program as its file keeps them, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from hardware.definition.cell import Cell, GateParameters
from hardware.definition.encoder import Encoder
from hardware.definition.formulation import Formulation
from hardware.definition.readout import Readout, Target
from hardware.definition.target import Head
from hardware.definition.vocabulary import Vocabulary
from hardware.errors import ProgramError
from hardware.files.sealed import json_checksum
from hardware.program.file import sha256
from hardware.program.layer import Layer
from hardware.program.manifest import (
    FORMAT,
    SCHEMA,
    AnswerManifest,
    CellManifest,
    EncoderManifest,
    LayerManifest,
    Manifest,
    ReadoutManifest,
    TargetManifest,
    Tensors,
    VocabularyManifest,
)
from hardware.program.sample import Golden

if TYPE_CHECKING:
    from hardware.program.model import Program

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
"""The type in which a tensor is kept, by the last part of its name."""


def stored(program: Program) -> tuple[dict[str, Any], Tensors]:
    """The manifest and the tensors of a program."""
    tensors = _tensors(program)
    manifest = {
        "format": FORMAT,
        "schema_number": SCHEMA,
        "encoder": _encoder(program.encoder),
        "layers": [
            {
                "name": layer.name,
                "sources": list(program.sources_of(layer)),
                "synapses": layer.synapses,
                "cell": _fields(layer.cell, CellManifest),
                "backward": layer.backward,
            }
            for layer in program.layers
        ],
        "readouts": [
            {
                **_fields(readout, ReadoutManifest, without=_readout_without(readout)),
                "target": _target(readout.target),
            }
            for readout in program.readouts
        ],
        "max_steps": program.max_steps,
        "vocabulary": [] if program.vocabulary is None else program.vocabulary.described,
        "preprocessing": [
            {"name": name, "settings": dict(settings)} for name, settings in program.preprocessing
        ],
        "golden": [sample.digest for sample in program.golden],
        "provenance": dict(program.provenance),
        "sha256": {name: sha256(array) for name, array in tensors.items()},
    }
    return Manifest.model_validate(manifest).model_dump(), tensors


def digest(program: Program) -> str:
    """SHA-256 over all that determines what a program computes.

    Provenance and golden samples do not count.
    """
    manifest, _ = stored(program)
    del manifest["provenance"], manifest["golden"]
    sums = manifest["sha256"]
    manifest["sha256"] = {name: sums[name] for name in sums if not name.startswith("golden.")}
    return json_checksum(manifest)


def restored(manifest: Manifest, tensors: Tensors) -> dict[str, Any]:
    """The fields of the program with this manifest and these tensors."""
    left = dict(tensors)

    def take(name: str) -> NDArray[Any]:
        if name not in left:
            raise ProgramError(f"not a complete program: tensor {name} is missing")
        array = left.pop(name)
        if array.dtype != _type(name):
            raise ProgramError(f"{name} is of {array.dtype}, expected {np.dtype(_type(name))}")
        return array

    fields = {
        "encoder": Encoder(
            offset=take("encoder.offset"),
            gain=take("encoder.gain"),
            **dict(manifest.encoder),
        ),
        "layers": tuple(
            _layer(about, f"layers.{i}", take) for i, about in enumerate(manifest.layers)
        ),
        "readouts": tuple(
            Readout(
                weights=take(f"readouts.{i}.weights"),
                bias=take(f"readouts.{i}.bias").astype(np.int64),
                target=_restored_target(about.target),
                **{name: value for name, value in about if name != "target"},
            )
            for i, about in enumerate(manifest.readouts)
        ),
        "max_steps": manifest.max_steps,
        "provenance": manifest.provenance,
        "golden": tuple(
            Golden(take(f"golden.{i}.frames"), sha) for i, sha in enumerate(manifest.golden)
        ),
        "vocabulary": _vocabulary(manifest.vocabulary),
        "preprocessing": tuple((about.name, about.settings) for about in manifest.preprocessing),
    }
    if left:
        raise ProgramError(f"holds tensors that no part uses: {', '.join(map(repr, sorted(left)))}")
    return fields


def _layer(about: LayerManifest, prefix: str, take: Any) -> Layer:
    cell = Cell(**about.cell.model_dump())
    threshold = take(f"{prefix}.threshold").astype(np.int64)
    if threshold.ndim != 1:
        raise ProgramError(f"{about.name}: threshold has shape {threshold.shape}, expected one row")
    nothing: dict[str, NDArray[Any]] = {
        "recurrent_weights": np.zeros((0, len(threshold)), dtype=np.int8),
        "recurrent_shift": np.zeros(0, dtype=np.int64),
        "recurrent_bias": np.zeros(len(threshold), dtype=np.int64),
    }
    absent = _absent(cell.row)

    def read(name: str) -> NDArray[Any]:
        return nothing[name] if name in absent else take(f"{prefix}.{name}")

    gate = {name: read(name).astype(np.int64) for name in GATE_TENSORS if name != "threshold"}
    return Layer(
        name=about.name,
        cell=cell,
        input_weights=read("input_weights"),
        recurrent_weights=read("recurrent_weights"),
        gate=GateParameters(**gate, threshold=threshold),
        initial_membrane=read("initial_membrane").astype(np.int64),
        backward=about.backward,
        sources=tuple(about.sources),
        synapses=about.synapses,
    )


def _absent(row: Formulation) -> tuple[str, ...]:
    """Tensors that a layer of this formulation does not have."""
    absent: tuple[str, ...] = (
        () if row.recurrent_gates else ("recurrent_weights", "recurrent_shift")
    )
    return absent if row.resets_after else (*absent, "recurrent_bias")


def _tensors(program: Program) -> Tensors:
    tensors: Tensors = {
        "encoder.offset": program.encoder.offset,
        "encoder.gain": program.encoder.gain,
    }
    for i, layer in enumerate(program.layers):
        names = ("input_weights", "recurrent_weights", "initial_membrane", *GATE_TENSORS)
        for name in names:
            if name not in _absent(layer.cell.row):
                owner = layer.gate if name in GATE_TENSORS else layer
                tensors[f"layers.{i}.{name}"] = getattr(owner, name)
    for i, readout in enumerate(program.readouts):
        tensors[f"readouts.{i}.weights"] = readout.weights
        tensors[f"readouts.{i}.bias"] = readout.bias
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


def _encoder(encoder: Encoder) -> dict[str, Any]:
    without = () if encoder.row.has_fields else ("fields",)
    return _fields(encoder, EncoderManifest, without)


def _readout_without(readout: Readout) -> tuple[str, ...]:
    return ("target",) if readout.row.windowed else ("target", "window")


def _vocabulary(about: VocabularyManifest | list[str]) -> Vocabulary | None:
    return Vocabulary.of(about.model_dump()) if isinstance(about, VocabularyManifest) else None


def _target(target: Target) -> dict[str, Any]:
    listed = {name: list(getattr(target, name)) for name in ("classes", "scale", "offset")}
    content = {**listed, "decision": target.decision}
    heads = [
        {"name": head.name, "outputs": head.outputs, "target": _target(head.target)}
        for head in target.heads
    ]
    return {**content, "heads": heads} if heads else content


def _restored_target(about: AnswerManifest) -> Target:
    fields = dict(about)
    if isinstance(about, TargetManifest):
        fields["heads"] = tuple(
            Head(head.name, _restored_target(head.target), head.outputs) for head in about.heads
        )
    return Target(**fields)


def _fields(
    part: Cell | Encoder | Readout, manifest: type[BaseModel], without: tuple[str, ...] = ()
) -> dict[str, Any]:
    return {name: getattr(part, name) for name in manifest.model_fields if name not in without}
