"""The bridge: a trained network becomes a program, and is proven equal to it."""

from conversion.convert import Conversion, conversion_of, convert
from conversion.explain import Explanation, explain
from conversion.verify import network_trace, verify
from hardware.verification import Verification

__all__ = [
    "Conversion",
    "Explanation",
    "Verification",
    "conversion_of",
    "convert",
    "explain",
    "network_trace",
    "verify",
]
