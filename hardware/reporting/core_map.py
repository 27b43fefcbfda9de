"""The cores on the mesh, coloured by how full each is."""

from __future__ import annotations

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from hardware.cost.placement import Placement
from hardware.reporting.figures import ACCENT, INK, MUTED, STYLE, WIDE, svg

GAP = 0.12
"""Between tiles, as a share of a tile; between chips it is one tile's."""

PALEST, DARKEST = 0.1, 0.5
"""Opacity of an empty and of a full core; text stays readable on both."""

MOST_NUMBERED = 128
"""Cores up to which each is marked with the number of its layer."""


def core_map(placement: Placement, width: float = WIDE) -> str:
    """Every tile of every chip in use; a core in it is the darker the more of its limit it uses."""
    mesh, load = placement.chip.mesh, placement.load()
    columns = placement.chips * mesh.columns + (placement.chips - 1)
    layer_of = np.repeat(np.arange(len(placement.layers)), placement.cores)
    taken: dict[tuple[int, int], int] = {}
    with matplotlib.rc_context(STYLE):
        height = 0.9 + 0.9 * width * mesh.rows / columns
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.subplots()
        for column in range(placement.chips * mesh.columns):
            for row in range(mesh.rows):
                corner = (_place(column, mesh.columns) + GAP / 2, row + GAP / 2)
                axes.add_patch(
                    Rectangle(corner, 1 - GAP, 1 - GAP, fill=False, edgecolor=MUTED, linewidth=0.6)
                )
        side = int(np.ceil(np.sqrt(mesh.cores_per_tile)))
        size = (1 - GAP) / side
        for core, (column, row) in enumerate(placement.tiles.tolist()):
            place = taken.get((column, row), 0)
            taken[column, row] = place + 1
            x = _place(column, mesh.columns) + GAP / 2 + place % side * size
            y = row + GAP / 2 + place // side * size
            shade, inside = PALEST + (DARKEST - PALEST) * load[core], 0.96 * size
            axes.add_patch(Rectangle((x, y), inside, inside, color=ACCENT, alpha=shade, lw=0))
            if placement.total <= MOST_NUMBERED:
                axes.text(
                    x + size / 2, y + size / 2, str(layer_of[core] + 1),
                    ha="center", va="center", color=INK, fontsize=7,
                )  # fmt: skip
        axes.set_xlim(0, columns)
        axes.set_ylim(mesh.rows, 0)
        axes.set_aspect("equal")
        axes.set_axis_off()
        names = " · ".join(f"{i} {layer.name}" for i, layer in enumerate(placement.layers, 1))
        axes.set_title(names, fontsize=9, parse_math=False, wrap=True)
        return svg(figure, _label(placement), "cores")


def _place(column: int, columns: int) -> int:
    """Where a column of the long mesh is drawn: chips stand a tile apart."""
    return column + column // columns


def _label(placement: Placement) -> str:
    load = placement.load()
    chips = f", on {placement.chips} chips" if placement.chips > 1 else ""
    return (
        f"{placement.total} cores in {placement.tiles_in_use} tiles{chips}; the fullest uses "
        f"{load.max():.0%} of its tightest limit, the emptiest {load.min():.0%}"
    )
