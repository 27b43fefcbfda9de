"""torch.nn.GRU, from the module or from its state dictionary.

torch's gates are in the order reset, update, candidate; z keeps the old state, and the reset
multiplies after the product.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from conversion.foreign.gru import ForeignGRU, GRULayer
from hardware.errors import InputError

if TYPE_CHECKING:
    from torch import nn

Arrays = Mapping[str, NDArray[Any]]

FIRST = "weight_ih_l0"
DIRECTIONS = ("", "_reverse")
PARAMETERS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
ROW = re.compile(r"(weight_ih|weight_hh|bias_ih|bias_hh)_l\d+(_reverse)?")


def from_torch_gru(gru: nn.GRU, head: nn.Linear | None = None, reads: str = "last") -> ForeignGRU:
    """Return a GRU of any layers, directions and biases, and the Linear that reads its states.

    `reads` is the input of the head: the `last` state (torch's `h_n`, both directions
    concatenated), the `mean` over time, or each `step`.
    """
    from torch import nn

    if not isinstance(gru, nn.GRU):
        raise InputError(f"expected a torch.nn.GRU, found {type(gru).__name__}")
    if head is not None and not isinstance(head, nn.Linear):
        raise InputError(f"the head is a {type(head).__name__}, expected a torch.nn.Linear")
    arrays = {name: value.detach().cpu().double().numpy() for name, value in gru.named_parameters()}
    if head is not None:
        for name, value in head.named_parameters():
            arrays[f"head.{name}"] = value.detach().cpu().double().numpy()
    return from_torch_state(arrays, reads)


def from_torch_state(arrays: Arrays, reads: str = "last") -> ForeignGRU:
    """The arrays of a state dictionary: one GRU's, and those of the one Linear next to it."""
    prefix = _prefix(arrays)
    rows = {name for name in arrays if ROW.fullmatch(name.removeprefix(prefix))}
    levels, number = [], 0
    while f"{prefix}weight_ih_l{number}" in arrays:
        suffixes = [
            f"_l{number}{d}" for d in DIRECTIONS if f"{prefix}weight_ih_l{number}{d}" in rows
        ]
        levels.append([_layer(arrays, prefix, suffix) for suffix in suffixes])
        rows -= {f"{prefix}{name}{suffix}" for name in PARAMETERS for suffix in suffixes}
        number += 1
    if rows:
        raise InputError(f"{sorted(rows)[0]} belongs to no layer of the GRU: layers are missing")
    others = {
        name: array
        for name, array in arrays.items()
        if not (name.startswith(prefix) and ROW.fullmatch(name.removeprefix(prefix)))
    }
    head = _head(others) if others else None
    return ForeignGRU.of(levels, head, reads, reset_after=True, origin="torch.nn.GRU")


def _prefix(arrays: Arrays) -> str:
    prefixes = [name.removesuffix(FIRST) for name in arrays if name.endswith(FIRST)]
    if len(prefixes) != 1:
        found = "none" if not prefixes else ", ".join(repr(prefix) for prefix in sorted(prefixes))
        raise InputError(
            f"expected the parameters of one torch.nn.GRU ({FIRST} and so on), found {found}: save "
            f"the GRU and its head alone"
        )
    return prefixes[0]


def _layer(arrays: Arrays, prefix: str, suffix: str) -> GRULayer:
    W, U, b, d = (arrays.get(f"{prefix}{name}{suffix}") for name in PARAMETERS)
    if W is None or U is None:
        raise InputError(f"{prefix}weight_hh{suffix} is missing")
    return GRULayer.of(W, U, b, d, name=f"GRU {suffix[1:]}")


def _head(arrays: Arrays) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """A Linear: `NAME.weight` (outputs, states), and `NAME.bias` where it has one."""
    weights = [name for name in arrays if arrays[name].ndim == 2 and name.endswith("weight")]
    if len(weights) == 1:
        bias = weights[0].removesuffix("weight") + "bias"
        if set(arrays) <= {weights[0], bias}:
            return arrays[weights[0]], arrays.get(bias)
    raise InputError(
        f"next to the GRU there are {', '.join(sorted(arrays))}: expected the weight and the bias "
        f"of one Linear head; whatever else the network has cannot be taken"
    )
