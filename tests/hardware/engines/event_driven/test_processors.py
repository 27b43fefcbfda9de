"""The kernels use the instructions of the processor that they are compiled for."""

from __future__ import annotations

import pytest

from hardware.engines.event_driven.processors import processor_of


class Asked:
    """Stands for Numba's code generator."""

    def __init__(self, triple: str, name: str, features: str) -> None:
        self.magic = triple, name, features

    def magic_tuple(self) -> tuple[str, str, str]:
        return self.magic


@pytest.mark.parametrize(
    ("triple", "name", "features", "lanes", "product", "look_up"),
    [
        ("x86_64-linux", "znver4", "+avx2,+avx512bw", 16, "pmaddw.d.512", "vpermi2var.hi.512"),
        ("x86_64-linux", "znver3", "+avx2,-avx512bw", 8, "avx2.pmadd.wd", ""),
        ("x86_64-linux", "x86-64-v4", "", 16, "pmaddw.d.512", "vpermi2var.hi.512"),
        ("x86_64-linux", "x86-64-v3", "", 8, "avx2.pmadd.wd", ""),
        ("x86_64-linux", "generic", "", 4, "sse2.pmadd.wd", ""),
        ("aarch64-linux", "apple-m1", "+neon", 16, "", ""),
    ],
)
def test_each_processor_has_its_instructions(
    triple: str, name: str, features: str, lanes: int, product: str, look_up: str
) -> None:
    processor = processor_of(Asked(triple, name, features))
    assert processor.lanes == lanes
    for found, end in ((processor.product, product), (processor.look_up, look_up)):
        assert found.endswith(end)
        assert bool(found) == bool(end)
