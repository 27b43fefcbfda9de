"""Arguments of kernels in memory: a kernel reads what was stored, and no more."""

from __future__ import annotations

import copy
import pickle
from typing import Any, NamedTuple

import numba
import numpy as np
import pytest
from numba import types
from numpy.typing import NDArray

from hardware.kernels.fields import Fields, arguments_at


class Inner(NamedTuple):
    """Fields of every kind."""

    on: bool
    nothing: int | None
    table: NDArray[np.int16]


class Outer(NamedTuple):
    """A tuple in a tuple."""

    number: int
    inner: Inner
    empty: NDArray[np.float32]


@numba.njit
def read(form: Any, address: int) -> tuple[int, bool, bool, int, int, int]:
    ((number, inner, empty), last) = arguments_at(form, address)
    table = inner.table
    return number, inner.on, inner.nothing is None, table[1, 2], table.sum() + len(empty), last


@pytest.mark.parametrize("on", [False, True])
@pytest.mark.parametrize("nothing", [None, 7])
@pytest.mark.parametrize("behind", [0, -1])
def test_a_kernel_reads_what_was_stored(on: bool, nothing: int | None, behind: int) -> None:
    table = np.arange(6, dtype=np.int16).reshape(2, 3)
    outer = Outer(2**40, Inner(on, nothing, table), np.zeros((0, 3), np.float32))
    fields = Fields(outer, -5)
    memory = np.array([*fields.numbers, behind, behind])
    found = read(types.TypeRef(fields.kind), memory.ctypes.data)
    assert found == (2**40, on, nothing is None, 5, 15, -5)


def test_a_kernel_writes_into_the_arrays() -> None:
    @numba.njit
    def double(form: Any, address: int) -> None:
        (values,) = arguments_at(form, address)
        for i in range(len(values)):
            values[i] *= 2

    values = np.arange(5.0)
    fields = Fields(values)
    memory = np.array(fields.numbers)
    double(types.TypeRef(fields.kind), memory.ctypes.data)
    assert values.tolist() == [0, 2, 4, 6, 8]


def test_types_that_differ_have_keys_and_kinds_that_differ() -> None:
    values = 1, True, None, np.zeros(1), np.zeros(1, np.int64), np.zeros((1, 1))
    some = [Fields(value) for value in values]
    assert len({fields.key for fields in some}) == len({str(fields.kind) for fields in some}) == 6
    assert Fields(1).key == Fields(2).key


def test_numbers_of_numpy_have_the_types_of_python_s() -> None:
    for ours, theirs in ((True, np.True_), (1, np.int64(1)), (0.5, np.float64(0.5))):
        assert Fields(ours).key == Fields(theirs).key
        assert Fields(ours).numbers == Fields(theirs).numbers
        assert numba.typeof((ours,)) == numba.typeof((theirs,))


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickle.dumps])
def test_fields_are_not_copied(copied: Any) -> None:
    with pytest.raises(TypeError, match="addresses mean nothing in a copy"):
        copied(Fields(np.zeros(3)))


def test_an_array_that_no_kernel_is_compiled_for_is_refused() -> None:
    only_read = np.zeros(3)
    only_read.setflags(write=False)
    for array in (only_read, np.zeros((3, 3))[:, 0]):
        with pytest.raises(ValueError, match="an array of a kernel is not contiguous or not writ"):
            Fields(array)
