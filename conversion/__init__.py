"""The bridge: a trained network becomes a program, and is proven equal to it."""

from conversion.convert import convert
from conversion.verify import Verification, verify

__all__ = ["Verification", "convert", "verify"]
