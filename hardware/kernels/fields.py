"""Arguments of kernels as numbers in memory, so that a call passes one address.

Numba unpacks every array of a call: about 0.2 µs each, and a layer has 60 of them. Here a tuple of
arguments is unpacked once, into 64-bit fields: the value of a number, or the address and the shape
of an array. A kernel reads them back with `arguments_at`.
"""

from __future__ import annotations

import struct
from ctypes import addressof, c_char
from typing import Any, NoReturn

import numba
import numpy as np
from numba import types
from numba.core import cgutils
from numba.np.arrayobj import populate_array

from hardware.kernels.parts import instruction

_START = c_char * 0

_KINDS: dict[tuple[Any, ...], Any] = {}

_SAME: dict[type, type] = {np.bool_: bool, np.int64: int, np.float64: float}
"""NumPy's numbers that Numba takes as Python's."""


class Fields:
    """A tuple of arguments as 64-bit fields. It keeps the arrays alive to which they point."""

    def __init__(self, *arguments: Any) -> None:
        key: list[Any] = []
        numbers: list[int] = []
        _unpack(arguments, key, numbers)
        self.arguments = arguments
        self.numbers = numbers
        self.key = tuple(key)
        """The types of the arguments. Equal keys mean equal types, and it is fast to compare."""

    @property
    def kind(self) -> Any:
        """Numba's type of the tuple: half a millisecond for a layer's, so it is found once."""
        if self.key not in _KINDS:
            _KINDS[self.key] = numba.typeof(self.arguments)
        return _KINDS[self.key]

    def __reduce__(self) -> NoReturn:
        raise TypeError("addresses mean nothing in a copy: make its fields from its own arrays")


def address_of(array: Any) -> int:
    """Return where a contiguous, writable array begins: `array.ctypes.data`, four times as fast."""
    return addressof(_START.from_buffer(array))


def _unpack(arguments: tuple[Any, ...], key: list[Any], numbers: list[int]) -> None:
    for value in arguments:
        if isinstance(value, np.ndarray):
            if not value.flags.carray:
                raise ValueError("an array of a kernel is not contiguous or not writable")
            key += value.dtype.char, value.ndim
            numbers.append(address_of(value))
            numbers += value.shape
            continue
        key.append(_SAME.get(type(value), type(value)))
        if isinstance(value, tuple):
            key.append(len(value))
            _unpack(value, key, numbers)
        elif isinstance(value, float):
            numbers += struct.unpack("q", struct.pack("d", value))
        elif value is not None:
            numbers.append(int(value))


@instruction
def arguments_at(_: Any, form: Any, address: Any) -> Any:
    """The tuple of arguments whose fields are at an address; `form` is its type."""
    arguments = form.instance_type

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        number = context.get_value_type(types.int64)
        fields = builder.inttoptr(given[1], number.as_pointer())
        place = 0

        def field() -> Any:
            nonlocal place
            place += 1
            return builder.load(cgutils.gep_inbounds(builder, fields, place - 1))

        def value(of: Any) -> Any:
            if isinstance(of, types.BaseTuple):
                return context.make_tuple(builder, of, [value(one) for one in of])
            if isinstance(of, types.Array):
                return array(of)
            if isinstance(of, types.NoneType):
                return context.get_dummy_value()
            if isinstance(of, types.Float):
                return builder.bitcast(field(), context.get_value_type(of))
            return context.cast(builder, field(), types.int64, of)

        def array(of: Any) -> Any:
            element = context.get_data_type(of.dtype)
            size = context.get_constant(types.intp, context.get_abi_sizeof(element))
            data = builder.inttoptr(field(), element.as_pointer())
            shape = [field() for _ in range(of.ndim)]
            strides: list[Any] = []
            stride = size
            for extent in reversed(shape):
                strides.insert(0, stride)
                stride = builder.mul(stride, extent)
            made = context.make_array(of)(context, builder)
            populate_array(made, data, shape, strides, size, None)
            return made._getvalue()

        return value(arguments)

    return arguments(form, types.int64), generate
