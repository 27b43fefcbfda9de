"""Checksums and digests: docs/format.md, "Checksums" and "Golden samples"."""

import hashlib
import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from independent.strict_json import canonical
from independent.tensors import TYPES, Tensor

if TYPE_CHECKING:
    from independent.engine import Result

Rows = list[list[int]]


def sha256(data: bytes) -> str:
    """Return the SHA-256 as 64 lowercase hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def tensor_checksum(tensor: Tensor) -> str:
    """Return the checksum of a tensor: its type, its shape and its values."""
    sizes = ", ".join(str(size) for size in tensor.shape)
    shape = f"({sizes},)" if len(tensor.shape) == 1 else f"({sizes})"
    start = f"{TYPES[tensor.dtype].checksum_name} {shape} "
    return sha256(start.encode("ascii") + tensor.data)


def manifest_checksum(manifest: Mapping[str, Any]) -> str:
    """Return the checksum of a manifest, which covers all but itself."""
    return sha256(canonical({k: v for k, v in manifest.items() if k != "manifest_sha256"}))


def program_digest(manifest: Mapping[str, Any], sources: list[list[str]]) -> str:
    """Return the digest of a program of schema 3, whose layers hear `sources`."""
    left_out = ("manifest_sha256", "provenance", "golden")
    kept = {key: value for key, value in manifest.items() if key not in left_out}
    kept["sha256"] = {
        name: text for name, text in kept["sha256"].items() if not name.startswith("golden.")
    }
    kept["readouts"] = [with_floats(readout) for readout in kept["readouts"]]
    kept["layers"] = [
        {**layer, "sources": names} for layer, names in zip(kept["layers"], sources, strict=True)
    ]
    return sha256(canonical(kept))


def with_floats(readout: Mapping[str, Any]) -> dict[str, Any]:
    """Return the readout with `gain`, `scale` and `offset` written as floats."""
    target = target_with_floats(readout["target"])
    return {**readout, "gain": float(readout["gain"]), "target": target}


def target_with_floats(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the target, and those of its heads, without the usual decision."""
    target = dict(given)
    if target.get("decision") == "one-of":
        del target["decision"]
    for field in ("scale", "offset"):
        target[field] = [float(item) for item in target[field]]
    if "heads" in target:
        target["heads"] = [
            {**head, "target": target_with_floats(head["target"])} for head in target["heads"]
        ]
    return target


def golden_digest(result: "Result") -> str:
    """Return the digest of everything that a program computes from one sequence."""
    data = quantity("event encoder", result.events)
    for i, (emissions, membranes) in enumerate(
        zip(result.emissions, result.membranes, strict=True)
    ):
        data += quantity(f"emission layer {i}", emissions)
        data += quantity(f"membrane layer {i}", membranes)
    return sha256(data + quantity("score readout", result.scores))


def quantity(owner: str, rows: Rows) -> bytes:
    """Return a quantity's line of text and its values, as integers of 64 bits."""
    line = f"{owner} ({len(rows)}, {len(rows[0])})\n"
    values = [value for row in rows for value in row]
    return line.encode("ascii") + struct.pack(f"<{len(values)}q", *values)
