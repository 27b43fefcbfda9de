"""The content of `manifest.json` in a program file, in this schema and in older ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

from hardware.definition.decision import ONE_OF
from hardware.definition.formulation import FORMULATIONS
from hardware.definition.receptive_fields import FEWEST_FIELDS
from hardware.errors import ProgramError, choose
from hardware.program.layer import ENCODER

SCHEMA = 3
FORMAT = "spiking-gru program"

Tensors = dict[str, NDArray[Any]]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class CellManifest(Strict):
    formulation: str
    emit: str
    reset_mechanism: str
    activation: str
    weight_bits: int
    gate_fraction: int
    state_fraction: int


class EncoderManifest(Strict):
    kind: str
    exponent: int
    limit: int
    threshold: int
    steps: int
    fields: int = Field(1, ge=FEWEST_FIELDS)

    @model_serializer(mode="wrap")
    def _without_a_single_field(self, fields: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave `fields` out where a channel has one, as in files before there were several."""
        content: dict[str, Any] = fields(self)
        if self.fields == 1:
            del content["fields"]
        return content


class LayerManifest(Strict):
    name: str
    sources: list[str]
    synapses: str
    cell: CellManifest
    backward: bool


class AnswerManifest(Strict):
    classes: list[str]
    scale: list[float]
    offset: list[float]
    decision: str = ONE_OF

    @model_serializer(mode="wrap")
    def _without_what_is_usual(self, fields: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave the usual `decision` and no `heads` out, as in files before there were others."""
        content: dict[str, Any] = fields(self)
        if self.decision == ONE_OF:
            del content["decision"]
        if not content.get("heads", True):
            del content["heads"]
        return content


class HeadManifest(Strict):
    name: str
    outputs: int
    target: AnswerManifest


class TargetManifest(AnswerManifest):
    heads: list[HeadManifest] = Field(default=[], min_length=2)


class ReadoutManifest(Strict):
    name: str
    kind: str
    exponent: int
    gain: float
    shift: int
    leak: int
    window: int = Field(0, ge=1)
    target: TargetManifest

    @model_serializer(mode="wrap")
    def _without_no_window(self, fields: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave `window` out of other kinds, as in files before there were windows."""
        content: dict[str, Any] = fields(self)
        if not self.window:
            del content["window"]
        return content


class PreprocessingManifest(Strict):
    name: str
    settings: dict[str, Any]


class VocabularyManifest(Strict):
    kind: str
    lower: bool
    pieces: list[str]
    merges: list[Annotated[list[str], Field(min_length=2, max_length=2)]]


class Manifest(Strict):
    """The content of `manifest.json`, except its own checksum."""

    format: Literal["spiking-gru program"]
    schema_number: int
    encoder: EncoderManifest
    layers: list[LayerManifest]
    readouts: list[ReadoutManifest]
    max_steps: int | None
    vocabulary: VocabularyManifest | Annotated[list[str], Field(max_length=0)]
    """An empty list where inputs are no texts."""

    preprocessing: list[PreprocessingManifest]
    golden: list[str]
    """The digests of the golden samples."""

    provenance: dict[str, Any]
    sha256: dict[str, str]


def migrated(raw: dict[str, Any], tensors: Tensors) -> Manifest:
    """The manifest in this schema; older tensors are changed in place."""
    if raw["schema_number"] == 1:
        _from_1_to_2(raw, tensors)
    if raw["schema_number"] == 2:
        return _from_2(_Manifest2.model_validate(raw), tensors)
    return Manifest.model_validate(raw)


def _from_1_to_2(manifest: dict[str, Any], tensors: Tensors) -> None:
    """Schema 1 knew one kind of encoder and readout, one direction, no initial membrane.

    It had no golden samples, and its manifest no checksum.
    """
    layers = manifest.get("layers")
    _add(manifest, {"golden": []})
    _add(manifest.get("encoder"), {"kind": "graded", "threshold": 0, "steps": 1})
    _add(manifest.get("readout"), {"kind": "mean", "shift": 0, "leak": 0})
    for i, layer in enumerate(layers if isinstance(layers, list) else []):
        _add(layer, {"backward": False})
        if f"layers.{i}.threshold" in tensors:
            name = f"layers.{i}.initial_membrane"
            _add(tensors, {name: np.zeros_like(tensors[f"layers.{i}.threshold"])})
    manifest["schema_number"] = 2


def _add(part: Any, fields: Mapping[str, Any]) -> None:
    """Give a part of a manifest fields that its schema did not have yet."""
    if not isinstance(part, dict):
        return  # the model says what is wrong there
    for name in fields.keys() & part.keys():
        raise ProgramError(f"schema 1 has no {name!r}: the file is damaged")
    part.update(fields)


class _Layer2(Strict):
    name: str
    cell: CellManifest
    backward: bool


class _Readout2(Strict):
    kind: str
    exponent: int
    gain: float
    shift: int
    leak: int


class _Manifest2(Strict):
    """Schema 2: a chain of layers, one readout, and weights of every gate in every matrix."""

    format: Literal["spiking-gru program"]
    schema_number: int
    encoder: EncoderManifest
    layers: list[_Layer2]
    readout: _Readout2
    classes: list[str]
    max_steps: int | None
    golden: list[str]
    provenance: dict[str, Any]
    sha256: dict[str, str]


def _from_2(old: _Manifest2, tensors: Tensors) -> Manifest:
    for name in tensors:
        if name.startswith("readouts."):
            raise ProgramError(f"schema 2 has no tensor {name!r}: the file is damaged")
    layers: list[LayerManifest] = []
    sources, level = [ENCODER], list[str]()
    for i, layer in enumerate(old.layers):
        if not layer.backward and level:
            sources, level = level, []
        level = [*level, layer.name]
        layers.append(
            LayerManifest(
                name=layer.name,
                sources=sources,
                synapses="dense",
                cell=layer.cell,
                backward=layer.backward,
            )
        )
        _drop_unread(f"layers.{i}", layer.cell.formulation, tensors)
    for name in ("weights", "bias"):
        if f"readout.{name}" in tensors:
            tensors[f"readouts.0.{name}"] = tensors.pop(f"readout.{name}")
    target = TargetManifest(classes=old.classes, scale=[], offset=[])
    kept = old.model_dump(include={"format", "max_steps", "golden", "provenance", "sha256"})
    return Manifest(
        **kept,
        schema_number=SCHEMA,
        encoder=old.encoder,
        layers=layers,
        readouts=[ReadoutManifest(name="readout", target=target, **old.readout.model_dump())],
        vocabulary=[],
        preprocessing=[],
    )


def _drop_unread(layer: str, formulation: str, tensors: Tensors) -> None:
    """Drop the weights of gates that do not read them: schema 2 kept a block for every gate."""
    row = FORMULATIONS[choose("formulation", formulation, FORMULATIONS)]
    for matrix, kept in (("input", row.input_gates), ("recurrent", row.recurrent_gates)):
        for name in (f"{layer}.{matrix}_weights", f"{layer}.{matrix}_shift"):
            array, gates = tensors.get(name), len(row.gates)
            if array is None:
                continue
            if not array.ndim or not len(array) or len(array) % gates:
                raise ProgramError(
                    f"{name} has shape {array.shape}, expected rows of {gates} gates"
                )
            blocks = dict(zip(row.gates, np.split(array, gates), strict=True))
            if not kept:
                raise ProgramError(f"schema 2 has no layer without {name}: the file is damaged")
            if kept != row.gates:
                tensors[name] = np.concatenate([blocks[gate] for gate in kept])
    if not row.resets_after:
        name = f"{layer}.recurrent_bias"
        if name not in tensors:
            raise ProgramError(f"not a complete program: tensor {name} is missing")
        dropped, threshold = tensors.pop(name), tensors.get(f"{layer}.threshold")
        if threshold is not None and (dropped.dtype, dropped.shape) != (
            threshold.dtype,
            threshold.shape,
        ):
            raise ProgramError(f"{name} is of {dropped.dtype} and shape {dropped.shape}")
