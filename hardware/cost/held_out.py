"""Errors of the cost model on published networks whose measurements gave no constant.

An error is predicted / measured, at the nominal constants of the current cost model.
`python benchmarks/validation.py` computes the errors for docs/validation.md; a test compares them
with this table.
"""

from __future__ import annotations

from typing import NamedTuple

from hardware.errors import choose

SCOPES = ("core dynamic", "whole chip", "with host", "time", "board")
"""Energy of operations; with the static energy of whole chips; with the host of the chip file as
well; time on the cores; energy of a board."""

KINDS = {
    "energy": ("core dynamic", "whole chip"),
    "whole": ("whole chip", "with host"),
    **{scope: (scope,) for scope in SCOPES},
}
"""Scopes that `spread` takes together."""


class HeldOut(NamedTuple):
    """One error."""

    network: str
    quantity: str
    scope: str
    ratio: float
    """Predicted / measured."""


class Spread(NamedTuple):
    """The range of some errors."""

    lowest: float
    highest: float
    networks: int

    @property
    def factor(self) -> float:
        """The factor within which all predictions are."""
        return max(self.highest, 1 / self.lowest)


_ERRORS = {
    "sMNIST LSNN, Loihi 1": (
        ("core dynamic energy", "core dynamic", 1.89),
        ("time of a step on the cores", "time", 0.844),
    ),
    "keyword spotting, Loihi 1": (
        ("operations and host", "board", 0.0187),
        ("operations and host, second laboratory", "board", 0.137),
    ),
    "scaled keyword networks, Loihi 1": (
        ("core dynamic energy of a branch", "core dynamic", 0.633),
    ),
    "PilotNet of LIF neurons, Loihi 2": (
        ("core dynamic energy", "core dynamic", 1.09),
        ("core dynamic energy of a step, lowest run", "core dynamic", 2.12),
        ("time of a step", "time", 1.16),
    ),
    "LIF networks, Loihi 2": (("energy of a step, whole chip, 200 neurons", "whole chip", 0.462),),
    "recurrent SHD network, Loihi 2": (
        ("energy of an inference, whole chip", "whole chip", 1.79),
        ("energy of an inference, chip and host", "with host", 7.35),
    ),
    "MLGRU language model, Loihi 2": (
        ("energy of a token, 24 chips, generating", "whole chip", 0.184),
        ("time of a token, generating", "time", 0.486),
        ("energy of a token, 24 chips, prefilling", "whole chip", 2.36),
        ("time of a token, prefilling", "time", 0.931),
    ),
}
"""Quantity, scope and error of each measurement of a network."""

HELD_OUT = tuple(
    HeldOut(network, *error) for network, errors in _ERRORS.items() for error in errors
)
"""The networks of docs/validation.md."""


MEASURED_CHIPS = frozenset(network.rpartition(", ")[2] for network in _ERRORS)
"""Names of the chips that these networks were measured on."""


def spread(kind: str) -> Spread:
    """Return the lowest and the highest error of a kind, and the number of networks."""
    scopes = KINDS[choose("kind of error", kind, KINDS)]
    found = [error for error in HELD_OUT if error.scope in scopes]
    ratios = [error.ratio for error in found]
    return Spread(min(ratios), max(ratios), len({error.network for error in found}))


def as_text(ratio: float) -> str:
    """Return an error or a factor in three digits."""
    return f"{ratio:.3g}"
