"""A whole sequence as one autograd function, for every cell, device and type.

`function` is that function, `forward` and `backward` are its loops over time. `layout` derives the
order of gates and the stages of a step from the formulation's row. `phases` has the equations of a
stage, and `backends` what computes them: Numba on the CPU, Triton on CUDA, torch everywhere. `scan`
is another way, for cells without recurrent synapses.
"""

from spiking_gru.fused.backends import way
from spiking_gru.fused.function import sequence

__all__ = ["sequence", "way"]
