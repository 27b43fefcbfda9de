"""Program, trace and JSON files taken apart and put together again, with every checksum made right.

It is what somebody who means harm would do: no checksum stands between the file and the checks
that come after. Written from the description of the format, not with the code under test.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
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
    return json.dumps(
        {**rest, "manifest_sha256": json_sum(rest)}, indent=2, sort_keys=True
    ).encode()


def sealed(manifest: dict[str, Any], tensors: dict[str, np.ndarray]) -> bytes:
    """A program file of these parts in which every checksum is right."""
    tensors = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    sums = {name: sum_of(array) for name, array in tensors.items()}
    return joined(sealed_manifest({**manifest, "sha256": sums}), tensor_bytes(tensors))


def network_parts(content: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The content of a network's `model.json`, without its checksum, and its tensors."""
    text, weights = members_of(content)
    about = json.loads(text)
    del about["sha256"]
    return about, arrays_of(weights)


def sealed_network(about: dict[str, Any], tensors: dict[str, np.ndarray]) -> bytes:
    """A network's two files, in a zip, in which every checksum is right."""
    weights = tensor_bytes({name: np.asarray(a, order="C") for name, a in tensors.items()})
    return sealed_folder({**about, "weights_sha256": tensors_sum(tensors, {})}, weights)


def sealed_folder(about: object, weights: bytes) -> bytes:
    """As `sealed_network`, with a `model.json` that may hold anything."""
    total = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()
    whole = {**about, "sha256": total} if isinstance(about, dict) else about
    return joined(json.dumps(whole, sort_keys=True).encode(), weights)


def tensors_sum(tensors: dict[str, np.ndarray], about: dict[str, Any]) -> str:
    """The SHA-256 of tensors and of what describes them."""
    total = hashlib.sha256(repr(sorted(about.items())).encode())
    for name in sorted(tensors):
        array = np.asarray(tensors[name], order="C")
        described = f"{name} {array.dtype.str} {array.shape} "
        total.update(described.encode("utf-8", "surrogatepass") + array.tobytes())
    return total.hexdigest()


def trace_parts(content: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What describes a trace, without its checksum, and its tensors."""
    about = json.loads(header_and_data(content)[0]["__metadata__"]["about"])
    del about["sha256"]
    return about, arrays_of(content)


def sealed_trace(about: dict[str, Any], tensors: dict[str, np.ndarray]) -> bytes:
    """A trace of these parts whose checksum is right."""
    sealed_about = json.dumps({**about, "sha256": tensors_sum(tensors, about)}, sort_keys=True)
    header: dict[str, Any] = {"__metadata__": {"about": sealed_about}}
    end = 0
    for name, array in tensors.items():
        header[name] = {
            "dtype": NAMES[array.dtype],
            "shape": list(array.shape),
            "data_offsets": [end, end + array.nbytes],
        }
        end += array.nbytes
    return with_header(header, b"".join(array.tobytes() for array in tensors.values()))


def json_sum(content: object) -> str:
    """The SHA-256 of a JSON value."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def write_resealed(path: Path, content: Mapping[str, Any]) -> None:
    """A sealed document of this content: its checksum is right, whatever it holds."""
    rest = {name: value for name, value in content.items() if name != "sha256"}
    path.write_text(json.dumps({**rest, "sha256": json_sum(rest)}))


def edit_resealed(path: Path, **fields: Any) -> None:
    """Other values for fields of a sealed document, its checksum made right."""
    write_resealed(path, {**json.loads(path.read_text()), **fields})
