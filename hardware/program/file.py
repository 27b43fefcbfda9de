"""The `.sgru` file: a zip of `manifest.json` and `weights.safetensors`. Nothing is ever unpickled.

The manifest carries its own schema number, and the SHA-256 of itself and of every tensor. Equal
contents give the same bytes. A file is read by readers that accept only what a writer would write.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save as tensor_bytes

from hardware.definition.limits import MOST_WEIGHTS
from hardware.errors import ProgramError
from hardware.files import tensor_format
from hardware.files.archive import begins_with, pack, unpack
from hardware.files.sealed import json_checksum
from hardware.files.strict_json import parse
from hardware.program.manifest import SCHEMA, Manifest, Tensors, migrated

OF_PAIR = "encoder.sgru"
"""The first member of a file of two programs."""

MANIFEST = "manifest.json"
WEIGHTS = "weights.safetensors"
FILE_LIMIT = MOST_WEIGHTS
"""Bytes of a file: one for each weight."""

MANIFEST_LIMIT = 2**20


def contents(manifest: Mapping[str, Any], tensors: Mapping[str, NDArray[Any]]) -> bytes:
    """The bytes of a program file."""
    # Through JSON, because the checksum must be that of what is read: lists, and names as text.
    written = parse(json.dumps(manifest, allow_nan=False).encode())
    written["manifest_sha256"] = json_checksum(written)
    text = json.dumps(written, indent=2, sort_keys=True, allow_nan=False)
    return pack({MANIFEST: text.encode(), WEIGHTS: tensor_bytes(dict(tensors))})


def parts(content: bytes) -> tuple[Manifest, Tensors]:
    """The parts of a file's content; a ValueError for the first thing that is wrong with it."""
    try:
        members = unpack(content, (MANIFEST, WEIGHTS))
    except ValueError as error:
        if begins_with(content, OF_PAIR):
            raise ProgramError(
                "it holds an encoder and a decoder: read it with ProgramPair.load, or use "
                "`spiking-gru translate`"
            ) from error
        raise ProgramError(f"not a program file, or a damaged one: {error}") from error
    raw = _json_of(members[MANIFEST])
    try:
        tensors, about = tensor_format.read(io.BytesIO(members[WEIGHTS]), len(members[WEIGHTS]))
    except ValueError as error:
        raise ProgramError(f"{WEIGHTS} is damaged: {error}") from error
    if about:
        raise ProgramError(f"{WEIGHTS} carries __metadata__, which no program does")
    _require_whole(raw.get("sha256"), tensors)
    return migrated(raw, tensors), tensors


def sha256(array: NDArray[Any]) -> str:
    total = hashlib.sha256(f"{array.dtype.str} {array.shape} ".encode())
    total.update(np.ascontiguousarray(array).tobytes())
    return total.hexdigest()


def _json_of(member: bytes) -> dict[str, Any]:
    """The manifest, of a known schema, whose own checksum is right."""
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
    if declared != (None if number == 1 else json_checksum(raw)):
        raise ProgramError(f"the checksum of {MANIFEST} is wrong: the file is damaged")
    return raw


def _require_whole(sums: Any, tensors: Mapping[str, NDArray[Any]]) -> None:
    if not isinstance(sums, dict):
        raise ProgramError(f"{MANIFEST} holds no checksums of tensors: the file is damaged")
    odd = sorted(tensors.keys() ^ sums.keys())
    if odd:
        raise ProgramError(f"tensors and manifest disagree about {', '.join(map(repr, odd))}")
    for name, array in tensors.items():
        if sha256(array) != sums[name]:
            raise ProgramError(f"the checksum of {name} is wrong: the file is damaged")
