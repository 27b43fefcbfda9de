"""Parts of kernels are inlined where that is asked for, and only there."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from hardware.kernels.parts import called, inlined, spliced


@called
def cube(x: float) -> float:
    return x * x * x


@inlined
def twice(x: float) -> float:
    return 2.0 * cube(x)


@spliced
def half(x: float) -> float:
    return x / 2.0


@numba.njit
def all_of(values: NDArray[np.float64]) -> None:
    for i in range(len(values)):
        values[i] = twice(values[i]) + half(values[i])


def was_inlined(function: Any) -> bool:
    """Whether every compiled form of a function is part of its callers."""
    return all(form.fndesc.inline for form in function.overloads.values())


def test_a_called_function_stays_apart_even_where_an_inlined_one_calls_it() -> None:
    values = np.arange(3.0)
    all_of(values)
    assert values.tolist() == [0, 2.5, 17]
    assert not was_inlined(cube)
    assert was_inlined(twice)
    assert not half.overloads
