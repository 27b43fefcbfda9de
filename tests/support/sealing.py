"""Program and trace files taken apart and put together again, with every checksum made right.

It is what somebody who means harm would do: no checksum stands between the file and the checks
that come after. Written from the description of the format, not with the code under test.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from typing import Any

import numpy as np
from safetensors.numpy import save as tensor_bytes

MANIFEST, WEIGHTS = "manifest.json", "weights.safetensors"
NAMES = {
    np.dtype("f8"): "F64", np.dtype("f4"): "F32", np.dtype("f2"): "F16",
    np.dtype("i8"): "I64", np.dtype("i4"): "I32", np.dtype("i2"): "I16", np.dtype("i1"): "I8",
    np.dtype("u8"): "U64", np.dtype("u4"): "U32", np.dtype("u2"): "U16", np.dtype("u1"): "U8",
}  # fmt: skip


def zipped(members: list[tuple[str, bytes]]) -> bytes:
    """A zip of stored members, dated as program files are."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data)
    return buffer.getvalue()


def members_of(content: bytes) -> tuple[bytes, bytes]:
    """The manifest's text, and the bytes of the tensors."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(MANIFEST), archive.read(WEIGHTS)


def joined(manifest: bytes, weights: bytes) -> bytes:
    """A program file of these members, whatever they hold."""
    return zipped([(MANIFEST, manifest), (WEIGHTS, weights)])


def header_and_data(weights: bytes) -> tuple[dict[str, Any], bytes]:
    """The header and the bytes behind it of a safetensors file."""
    length = int.from_bytes(weights[:8], "little")
    return json.loads(weights[8 : 8 + length]), weights[8 + length :]


def with_header(header: object, data: bytes) -> bytes:
    """A safetensors file of a header (an object, or the bytes themselves) and what follows."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def arrays_of(weights: bytes) -> dict[str, np.ndarray]:
    header, data = header_and_data(weights)
    types = {name: dtype for dtype, name in NAMES.items()}
    header.pop("__metadata__", None)
    return {
        name: np.frombuffer(data[slice(*about["data_offsets"])], types[about["dtype"]])
        .reshape(about["shape"])
        .copy()
        for name, about in header.items()
    }


def taken_apart(content: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Manifest and tensors of a program file."""
    text, weights = members_of(content)
    return json.loads(text), arrays_of(weights)


def sum_of(array: np.ndarray) -> str:
    """The SHA-256 of a tensor."""
    about = f"{array.dtype.str} {array.shape} ".encode()
    return hashlib.sha256(about + array.tobytes()).hexdigest()


def sealed_manifest(manifest: dict[str, Any]) -> bytes:
    """The manifest's text, with its own checksum made right."""
    rest = {name: value for name, value in manifest.items() if name != "manifest_sha256"}
    total = hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()
    return json.dumps({**rest, "manifest_sha256": total}, indent=2, sort_keys=True).encode()


def sealed(manifest: dict[str, Any], tensors: dict[str, np.ndarray]) -> bytes:
    """A program file of these parts in which every checksum is right."""
    tensors = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    sums = {name: sum_of(array) for name, array in tensors.items()}
    return joined(sealed_manifest({**manifest, "sha256": sums}), tensor_bytes(tensors))
