"""The program, its file, and what no program may exceed."""

from hardware.program.model import Golden, Layer, Program

__all__ = ["Golden", "Layer", "Program"]
