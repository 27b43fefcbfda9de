"""Files that are there whole or not at all: written next to it, synced, then renamed."""

from __future__ import annotations

import json
import os
import stat
import tempfile
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save as tensor_bytes

from hardware.errors import InputError
from hardware.files import tensor_format
from hardware.files.strict_json import parse

if TYPE_CHECKING:
    from pydantic import ValidationError

LONGEST_REASON = 300


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old content or the new, never a part.

    A link stays a link, and what it leads to is written.
    """
    target = _target(path)
    handle, temporary = _temporary(target)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(target)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise InputError(f"cannot write {path}: {error.strerror}") from error
        raise


def _target(path: Path) -> Path:
    """Where `path` leads; only a regular file may be there, which a rename may replace."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise InputError(
                f"cannot write {path}: it is there and is not a regular file: choose another --out"
            )
    except FileNotFoundError:
        pass
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}: choose another --out") from error
    return path.resolve()


def _temporary(path: Path) -> tuple[int, Path]:
    """An open file next to `path`, and its name."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}: choose another --out") from error
    return handle, Path(name)


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


def write_text(path: Path, content: str) -> None:
    write_bytes(path, content.encode())


def json_text(content: Any) -> str:
    return json.dumps(content, indent=2, sort_keys=True, allow_nan=False) + "\n"


def write_json(path: Path, content: Any) -> None:
    write_text(path, json_text(content))


def read_bytes(path: Path, limit: int | None = None) -> bytes:
    """A regular file's content; an error for one of more than `limit` bytes."""
    with opened(path, limit) as (file, size):
        return file.read(size)


@contextmanager
def opened(path: Path, limit: int | None = None) -> Iterator[tuple[BinaryIO, int]]:
    """A regular file of at most `limit` bytes, open for reading, and its size.

    Anything else could wait or never end.
    """
    try:
        about = path.stat()
        if not (stat.S_ISREG(about.st_mode) or stat.S_ISDIR(about.st_mode)):
            raise InputError(f"cannot read {path}: not a regular file")
        if limit is not None and about.st_size > limit:
            raise InputError(
                f"cannot read {path}: it has {about.st_size} bytes, the limit is {limit}"
            )
        with path.open("rb") as file:
            yield file, about.st_size
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error


def one_line(error: object) -> str:
    """The text of an error about a foreign file, whatever that file puts into it."""
    text = "".join(c if c.isprintable() else " " for c in str(error)[: LONGEST_REASON + 1])
    return text if len(text) <= LONGEST_REASON else text[: LONGEST_REASON - 2] + " …"


def first_fault(error: ValidationError) -> str:
    """The first field that a pydantic model found wrong, what it held, and what is wrong there."""
    first = error.errors()[0]
    if first["type"] == "value_error":
        return one_line(first["ctx"]["error"])
    where = one_line(".".join(str(part) for part in first["loc"]))
    if first["type"] == "missing":
        return f"no field {where!r}"
    whole = json.dumps(first["input"], default=str)[:LONGEST_REASON]
    found = textwrap.shorten(whole, 60, placeholder=" …")
    # pydantic's own text would name a class of ours
    wrong = "input should be an object" if first["type"] == "model_type" else first["msg"].lower()
    return f"{f'field {where!r}' if where else 'the whole'} is {found}: {wrong}"


def write_tensors(
    path: Path, tensors: Mapping[str, NDArray[np.generic]], about: dict[str, str]
) -> None:
    """Equal arrays give equal bytes: the format keeps strings in no order, so one holds all."""
    contiguous = {name: np.asarray(array, order="C") for name, array in tensors.items()}
    write_bytes(path, tensor_bytes(contiguous, {"about": json.dumps(about, sort_keys=True)}))


def read_tensors(
    path: Path, limit: int | None = None
) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """The arrays of a safetensors file of at most `limit` bytes, and what describes it."""
    try:
        with opened(path, limit) as (file, size):
            tensors, described = tensor_format.read(file, size)
        about = parse(described.get("about", "{}").encode())
    except InputError:
        raise
    except (ValueError, MemoryError) as error:
        raise InputError(f"{path}: not a readable safetensors file: {one_line(error)}") from error
    if not isinstance(about, dict) or not all(isinstance(text, str) for text in about.values()):
        raise InputError(
            f"{path}: its description is {one_line(repr(about))}, expected an object of strings"
        )
    return tensors, about
