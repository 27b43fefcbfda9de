"""Damaged and hostile files of the training side, by the hundred; those of `hardware` are there."""

from __future__ import annotations

from pathlib import Path

import pytest
from hostile_results import loads

KINDS = (
    "checkpoint", "network", "sealed network", "model", "data", "sealed data", "sound", "aedat",
    "events",
)  # fmt: skip


@pytest.mark.parametrize("count", [100, pytest.param(2000, marks=pytest.mark.long)])
def test_a_mutated_network_model_or_data_file_is_refused_in_one_line_or_can_be_used(
    tmp_path: Path, count: int
) -> None:
    pytest.importorskip("onnx")
    results = loads(tmp_path, count, *KINDS)
    for kind in ("sealed network", "model", "sealed data", "sound", "aedat", "events"):
        assert {r["outcome"] for r in results if r["kind"] == kind} > {"refused"}
    for result in results:
        if result["kind"] == "sealed network":
            assert "checksum" not in result["message"], result
