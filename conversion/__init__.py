"""The bridge: a trained network becomes a program, and is proven equal to it.

Names are imported when they are first used, so that what needs no torch does not load it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conversion.explanation import Explanation, explain
    from conversion.nir_export import export_nir
    from conversion.passes import Conversion, conversion_of, convert
    from conversion.verification import network_trace, verify

_HOMES = {
    "Conversion": "conversion.passes",
    "Explanation": "conversion.explanation",
    "conversion_of": "conversion.passes",
    "convert": "conversion.passes",
    "explain": "conversion.explanation",
    "export_nir": "conversion.nir_export",
    "network_trace": "conversion.verification",
    "verify": "conversion.verification",
}

__all__ = [
    "Conversion",
    "Explanation",
    "conversion_of",
    "convert",
    "explain",
    "export_nir",
    "network_trace",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'conversion' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
