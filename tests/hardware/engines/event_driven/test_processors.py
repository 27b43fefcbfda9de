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
    ("triple", "name", "features", "lanes", "instruction"),
    [
        ("x86_64-unknown-linux-gnu", "znver4", "+avx2,+avx512bw,+fma", 16, "pmaddw.d.512"),
        ("x86_64-unknown-linux-gnu", "znver3", "+avx2,-avx512bw,+fma", 8, "avx2.pmadd.wd"),
        ("x86_64-unknown-linux-gnu", "x86-64-v3", "", 8, "avx2.pmadd.wd"),
        ("x86_64-unknown-linux-gnu", "generic", "", 4, "sse2.pmadd.wd"),
        ("aarch64-unknown-linux-gnu", "apple-m1", "+neon", 16, ""),
    ],
)
def test_each_processor_has_its_instruction(
    triple: str, name: str, features: str, lanes: int, instruction: str
) -> None:
    processor = processor_of(Asked(triple, name, features))
    assert processor.lanes == lanes
    assert processor.product.endswith(instruction)
    assert bool(processor.product) == bool(instruction)
