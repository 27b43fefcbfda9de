"""One update of an Izhikevich neuron in the instruction set of docs/lava.md.

Potentials have 12 fraction bits, a step is half a millisecond, and a and b are multiples of 2^-16::

    v' = v + (0.04 v² + 5 v + 140 - u + I) / 2
    u' = u + a (b v' - u) / 2                      in the list a is halved already
    spike where v' > 30, then v = c and u = u + d
"""

from __future__ import annotations

UPDATE = """; I
RDC      x  W
SHL      x  x  k_W
; v(0.04 v + 5) + 140 - u + I
MUL_SHR  y  2621  v  -16
ADD      y  y  20480
MUL_SHR  y  y  v  -12
ADD      x  x  y
ADD      x  x  573440
NEG      y  u
ADD      x  x  y
; half a millisecond of it
SHL      x  x  -1
ADD      v  v  x
; u + a (b v - u)
MUL_SHR  x  b  v  -16
ADD      x  x  y
MUL_SHR  x  a  x  -16
ADD      u  u  x
; spike where v > 30
GE       122880  v
SKP_C    3
ADD      v  c  0
ADD      u  u  d
SPIKE    1
"""

LENGTH = sum(not line.startswith(";") for line in UPDATE.splitlines())
"""Instructions of an update with a spike; without one the last three are skipped."""
