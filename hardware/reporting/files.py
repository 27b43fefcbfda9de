"""Files of a report: tables of columns, and a whole set written at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hardware.files.disk import write_bytes
from hardware.reporting.per_inference import Columns, as_csv, as_parquet, parquet_is_installed

Contents = Mapping[str, bytes | None]
"""The content of each file by its name; None where there is to be no such file."""


def tables_of(columns: Columns | None, name: str) -> dict[str, bytes | None]:
    """Return columns as CSV and Parquet; without pyarrow there is no Parquet.

    Where there are no columns there is neither file.
    """
    if columns is None:
        return {f"{name}.csv": None, f"{name}.parquet": None}
    parquet = as_parquet(columns) if parquet_is_installed() else None
    return {f"{name}.csv": as_csv(columns), f"{name}.parquet": parquet}


def write_files(contents: Contents, folder: Path) -> list[Path]:
    """Write all files; their paths. An older file without a content is removed."""
    written = []
    for name, content in contents.items():
        if content is None:
            (folder / name).unlink(missing_ok=True)
        else:
            write_bytes(folder / name, content)
            written.append(folder / name)
    return written
