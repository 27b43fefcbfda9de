"""Where a program's neurons stand: cut over cores, and the cores laid on the mesh."""

from hardware.cost.placement.layers import OBJECTIVES
from hardware.cost.placement.placing import Placement, place

__all__ = ["OBJECTIVES", "Placement", "place"]
