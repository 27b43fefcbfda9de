"""A whole sequence as one autograd function, for every cell, device and type.

`function` is the loop over time, `phases` the equations of a step between its recurrent products,
and `backends` what computes them: Numba on the CPU, Triton on CUDA, torch everywhere.
"""

from spiking_gru.fused.backends import way
from spiking_gru.fused.function import sequence

__all__ = ["sequence", "way"]
