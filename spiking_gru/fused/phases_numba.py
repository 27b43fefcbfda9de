"""The phases compiled by Numba, once for all settings, and kept on disk."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import ModuleType

import numba

from hardware.definition import arithmetic
from spiking_gru.fused import rows_numba, settings
from spiking_gru.fused.phases import Phases, compositions


class _Rows(ModuleType):
    """The row operations as a module whose pickle is a digest of their source.

    Numba keys its cache on what a function closes over, and of sources it sees only the function's
    own: without the digest, a change of the row operations would go unseen.
    """

    def __init__(self) -> None:
        super().__init__("rows")
        self.__dict__.update(vars(rows_numba))

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        sources = (Path(str(module.__file__)) for module in (rows_numba, settings, arithmetic))
        return str, (hashlib.sha256(b"".join(p.read_bytes() for p in sources)).hexdigest(),)


compiled = numba.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)

PHASES = Phases(*(compiled(phase) for phase in compositions(_Rows())))
