"""The `events` engine: the definition itself, run layer by layer in NumPy."""

from __future__ import annotations

from hardware.engines.reference import execute

__all__ = ["execute"]
