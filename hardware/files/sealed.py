"""Checksums of what one command writes and another reads, so that no edit and no damage is missed.

A sealed document is a JSON object that carries the SHA-256 of its own content. How the text is laid
out does not matter, every value does.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import InputError
from hardware.files.disk import one_line, read_bytes, write_json
from hardware.files.strict_json import parse

SEAL = "sha256"
"""The field of a document that holds its checksum."""

DOCUMENT_LIMIT = 4 * 2**20
"""Bytes of a document."""


def json_checksum(content: Any) -> str:
    """Return the SHA-256 of a JSON value."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def tensors_checksum(tensors: Mapping[str, NDArray[Any]], about: Mapping[str, str]) -> str:
    """SHA-256 over every tensor with its name, type and shape, and over what describes them."""
    total = hashlib.sha256(repr(sorted(about.items())).encode())
    for name in sorted(tensors):
        array = np.asarray(tensors[name], order="C")
        described = f"{name} {array.dtype.str} {array.shape} "
        # A foreign file's name may hold half of a surrogate pair, which plain UTF-8 refuses.
        total.update(described.encode(errors="surrogatepass"))
        total.update(array.tobytes())
    return total.hexdigest()


def write_sealed(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON object with its checksum."""
    # Through JSON, because the checksum must be that of what is read: lists, and names as text.
    written = parse(json.dumps(content, allow_nan=False).encode())
    write_json(path, {**written, SEAL: json_checksum(written)})


def read_sealed(path: Path, remedy: str) -> dict[str, Any]:
    """Return what `write_sealed` wrote; an error that ends with the remedy for anything else."""
    text = read_bytes(path, DOCUMENT_LIMIT)
    try:
        content = parse(text)
    except ValueError as error:
        raise InputError(f"{path}: not valid JSON: {one_line(error)}: {remedy}") from error
    if not isinstance(content, dict):
        raise InputError(
            f"{path}: the whole is a {type(content).__name__}, not an object: {remedy}"
        )
    if SEAL not in content:
        raise InputError(f"{path}: no checksum, as before this release or after an edit: {remedy}")
    require_checksum(path, content.pop(SEAL), json_checksum(content), remedy)
    return content


def require_checksum(path: Path, stated: object, found: str, remedy: str) -> None:
    """Refuse a file whose content has another checksum than the one that is stated for it."""
    if stated != found:
        raise InputError(
            f"{path}: the checksum of its content is {found[:12]}…, expected "
            f"{one_line(stated)[:12]}…: it was damaged or edited: {remedy}"
        )
