from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from chips import small_chip
from programs import random_program

from hardware.cost.placement import place
from hardware.reporting.core_map import core_map


@pytest.mark.parametrize(("neurons", "chips"), [(8, 1), (1, 2)])
def test_the_core_map_draws_every_tile_and_every_core(neurons: int, chips: int) -> None:
    program = random_program(1, hidden=(16, 9))
    placement = place(program, small_chip(neurons_per_core=neurons))
    assert placement.chips == chips
    picture = core_map(placement)
    ElementTree.fromstring(picture)
    tiles = placement.chip.mesh.columns * placement.chip.mesh.rows * chips
    drawn = re.findall(r'<g id="cores-wide-patch_\d+">', picture)
    assert len(drawn) == tiles + placement.total + 1  # and the background
    assert f"{placement.total} cores in {placement.tiles_in_use} tiles" in picture
    assert picture.count(">1</text>") == placement.cores[0]
    assert picture.count(">3</text>") == placement.cores[2]


def test_a_fuller_core_is_drawn_darker() -> None:
    program = random_program(1, hidden=(8,))
    placement = place(program, small_chip(neurons_per_core=8, synapse_bits_per_core=10**4))
    shades = [float(n) for n in re.findall(r"opacity: ([\d.]+)", core_map(placement))]
    full, empty = placement.load()
    assert shades == pytest.approx([0.1 + 0.4 * full, 0.1 + 0.4 * empty], abs=1e-3)


def test_the_same_placement_gives_the_same_picture_in_the_colours_of_the_page() -> None:
    placement = place(random_program(1, hidden=(8,)), small_chip(neurons_per_core=2))
    assert core_map(placement) == core_map(placement)
    assert "var(--accent)" in core_map(placement)
    assert "#030303" not in core_map(placement)
