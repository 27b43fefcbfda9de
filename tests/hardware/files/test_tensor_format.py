from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from safetensors.numpy import load as loaded_by_the_library
from safetensors.numpy import save as tensor_bytes
from sealing import NAMES, with_header

from hardware.files.tensor_format import HEADER_LIMIT, read

some_tensors = st.dictionaries(
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=8).filter(
        lambda name: name != "__metadata__"
    ),
    st.sampled_from(list(NAMES)).flatmap(
        lambda dtype: arrays.arrays(dtype, arrays.array_shapes(min_dims=0, min_side=0))
    ),
    max_size=4,
)
descriptions = st.none() | st.dictionaries(st.text(), st.text(), min_size=1, max_size=3)
# The library writes a description that is empty, beside no tensors, as no valid JSON.


def read_all(content: bytes) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    return read(io.BytesIO(content), len(content))


@settings(deadline=None)
@given(some_tensors, descriptions)
def test_what_the_library_writes_is_read_as_the_library_reads_it(
    tensors: dict[str, np.ndarray], about: dict[str, str] | None
) -> None:
    content = tensor_bytes({name: np.ascontiguousarray(a) for name, a in tensors.items()}, about)
    found, described = read_all(content)
    expected = loaded_by_the_library(content)
    assert described == (about or {})
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        assert found[name].dtype == array.dtype
        assert found[name].shape == array.shape
        assert found[name].tobytes() == array.tobytes()
        assert found[name].flags.writeable


A: dict[str, Any] = {"dtype": "I16", "shape": [2, 2], "data_offsets": [0, 8]}
B: dict[str, Any] = {"dtype": "I8", "shape": [4], "data_offsets": [8, 12]}
DATA = bytes(12)


def test_the_file_that_the_cases_below_are_made_of_is_read() -> None:
    assert read_all(with_header({"a": A, "b": B}, DATA))[0].keys() == {"a", "b"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "declares 0 bytes"),
        (b"\2\0\0\0\0\0\0", "declares 2 bytes"),
        (b"\2\0\0\0\0\0\0\0{", "declares 2 bytes, expected at most"),
        (b"\xff" * 8 + b"{}", f"declares {2**64 - 1} bytes, expected at most {HEADER_LIMIT}"),
        (with_header(b" " * (HEADER_LIMIT + 1), b""), f"declares {HEADER_LIMIT + 1} bytes"),
        (with_header([], b""), "its header is not an object"),
        (with_header(b"{", b""), "Expecting property name"),
        (with_header(b'{"a\xff":{}}', b""), "can't decode byte"),
        (with_header({"__metadata__": []}, b""), "__metadata__ is not an object of strings"),
        (with_header({"__metadata__": {"a": 1}}, b""), "__metadata__ is not an object of strings"),
        (with_header({"a": A, "b": B}, DATA + b"x"), "its tensors take 12 bytes, but it holds 13"),
        (with_header({"a": A, "b": B}, DATA[1:]), "its tensors take 12 bytes, but it holds 11"),
        (with_header({"b": B}, DATA), "tensor 'b' begins at byte 8, expected 0"),
        (with_header({"a": A, "c": A, "b": B}, DATA), "tensor 'c' begins at byte 0, expected 8"),
        (
            with_header(f'{{"a":{json.dumps(A)},"a":{json.dumps(A)}}}'.encode(), DATA),
            "the key 'a' is there 2 times",
        ),
    ],
)
def test_a_file_that_is_not_right_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_all(content)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dtype": "BOOL"}, "is of type 'BOOL', known are F64"),
        ({"dtype": ["I16"]}, "is of type"),
        ({"dtype": "I32"}, "takes 16 bytes, but 8 are given to it"),
        ({"shape": [2**32, 2**32]}, f"takes {2**65} bytes, but 8 are given"),
        ({"shape": [-2, -2]}, "expected up to 8 whole numbers"),
        ({"shape": [2.0, 2]}, "expected up to 8 whole numbers"),
        ({"shape": [True, 4]}, "expected up to 8 whole numbers"),
        ({"shape": 4}, "expected up to 8 whole numbers"),
        ({"shape": [1] * 7 + [2, 2]}, "expected up to 8 whole numbers"),
        ({"data_offsets": [8, 0]}, "but -8 are given"),
        ({"data_offsets": [-8, 0]}, "expected where it begins and ends"),
        ({"data_offsets": [0]}, "expected where it begins and ends"),
        ({"data_offsets": [0, 8.0]}, "expected where it begins and ends"),
        ({"code": 1}, "is not described by dtype, shape and data_offsets"),
    ],
)
def test_a_tensor_that_is_not_right_is_named(change: dict, message: str) -> None:
    with pytest.raises(ValueError, match=f"tensor 'a' .*{message}"):
        read_all(with_header({"a": {**A, **change}, "b": B}, DATA))


def test_a_file_that_ends_while_it_is_read_is_refused() -> None:
    content = with_header({"a": A, "b": B}, DATA)
    with pytest.raises(ValueError, match="it ends within tensor 'b'"):
        read(io.BytesIO(content[:-1]), len(content))
