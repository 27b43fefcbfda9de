from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sealing import json_sum, write_resealed

from hardware.errors import InputError
from hardware.files.sealed import (
    DOCUMENT_LIMIT,
    read_sealed,
    tensors_checksum,
    write_sealed,
)

CONTENT: dict[str, Any] = {"name": "σ", "numbers": [1, 0.1, -0.0, 1e300], "none": None, "in": {}}
REMEDY = "make it again"


def test_what_is_sealed_comes_back_without_its_checksum(tmp_path: Path) -> None:
    write_sealed(tmp_path / "d.json", CONTENT)
    assert read_sealed(tmp_path / "d.json", REMEDY) == CONTENT
    assert json.loads((tmp_path / "d.json").read_text())["sha256"] == json_sum(CONTENT)


def test_tuples_and_names_that_are_numbers_are_sealed_as_json_has_them(tmp_path: Path) -> None:
    write_sealed(tmp_path / "d.json", {"pair": (1, 2), "names": {1: "a"}})
    assert read_sealed(tmp_path / "d.json", REMEDY) == {"pair": [1, 2], "names": {"1": "a"}}


def test_another_layout_of_the_text_is_the_same_document(tmp_path: Path) -> None:
    sealed = {**CONTENT, "sha256": json_sum(CONTENT)}
    (tmp_path / "d.json").write_text(json.dumps(dict(reversed(sealed.items()))))
    assert read_sealed(tmp_path / "d.json", REMEDY) == CONTENT


@pytest.mark.parametrize(
    "change",
    [{"name": "s"}, {"numbers": [1, 0.1, 0.0, 1e300]}, {"none": 0}, {"in": []}, {"more": 1}],
)
def test_every_edit_is_noticed(tmp_path: Path, change: dict[str, Any]) -> None:
    edited = {**CONTENT, **change, "sha256": json_sum(CONTENT)}
    (tmp_path / "d.json").write_text(json.dumps(edited))
    with pytest.raises(InputError) as found:
        read_sealed(tmp_path / "d.json", REMEDY)
    assert str(found.value) == (
        f"{tmp_path}/d.json: the checksum of its content is "
        f"{json_sum({**CONTENT, **change})[:12]}…, expected {json_sum(CONTENT)[:12]}…: it was "
        f"damaged or edited: make it again"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not valid JSON"),
        ("[" * 200_000, "not valid JSON"),
        ('{"a": 1, "a": 1}', "not valid JSON: the key 'a' is there 2 times"),
        ('{"a": NaN}', "not valid JSON: NaN is not a finite number"),
        (b"\xff", "not valid JSON"),
        ("[]", "the whole is a list, not an object"),
        ("null", "the whole is a NoneType, not an object"),
        ("{}", "no checksum, as before this release or after an edit"),
        ('{"sha256": null}', "the checksum of its content is"),
        ('{"sha256": "\\u001b[2J\\n"}', r"expected  \[2J …: it was"),
        (" " * (DOCUMENT_LIMIT + 1), f"the limit is {DOCUMENT_LIMIT}"),
    ],
)
def test_what_was_never_sealed_is_refused_in_one_line(
    tmp_path: Path, text: str | bytes, message: str
) -> None:
    (tmp_path / "d.json").write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(InputError, match=f"d.json: .*{message}") as found:
        read_sealed(tmp_path / "d.json", REMEDY)
    assert str(found.value).isprintable()
    assert str(found.value).endswith(REMEDY) or "limit" in message


def test_a_document_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^cannot read .*none\.json: No such file"):
        read_sealed(tmp_path / "none.json", REMEDY)


def test_the_tests_own_seal_is_the_same_one(tmp_path: Path) -> None:
    """Else what is resealed would be refused for its seal, and prove nothing."""
    write_resealed(tmp_path / "d.json", CONTENT)
    assert read_sealed(tmp_path / "d.json", REMEDY) == CONTENT


def test_the_checksum_of_tensors_is_over_names_types_shapes_values_and_description() -> None:
    whole = {"a": np.arange(6, dtype=np.int16).reshape(2, 3), "b": np.array(1.0)}
    others: list[tuple[dict[str, np.ndarray], dict[str, str]]] = [
        (whole, {"x": "z"}),
        (whole, {}),
        ({"a": whole["a"]}, {"x": "y"}),
        ({"a": whole["a"], "c": whole["b"]}, {"x": "y"}),
        ({**whole, "a": whole["a"].astype(np.int32)}, {"x": "y"}),
        ({**whole, "a": whole["a"].reshape(3, 2)}, {"x": "y"}),
        ({**whole, "a": whole["a"] + 1}, {"x": "y"}),
        ({**whole, "b": np.array([1.0])}, {"x": "y"}),
        ({**whole, "\ud800": whole["b"]}, {"x": "y"}),
    ]
    sums = {tensors_checksum(tensors, about) for tensors, about in [(whole, {"x": "y"}), *others]}
    assert len(sums) == 1 + len(others)
    transposed = {**whole, "a": np.asfortranarray(whole["a"])}
    assert tensors_checksum(transposed, {"x": "y"}) == tensors_checksum(whole, {"x": "y"})
