"""Digital chips: files, memories, and costs compared with cases computed by hand."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from hardware.cost.chip import DIGITAL_CHIPS
from hardware.cost.digital import DenseWork, digital_cost, load_digital_chip
from hardware.errors import SettingError

CHIP = (files("hardware.cost") / "chips" / "digital-45nm.toml").read_text()

DEMO = DenseWork(*(np.array([n]) for n in (844_012, 844_012, 0, 0)), stored=0)
"""The dense GRU of the demo: each weight is read for each multiply-accumulate."""


@pytest.mark.parametrize(
    ("stored", "memory", "ratio"),
    [(8_192, "SRAM, 8 kB", 4.0), (32_768, "SRAM, 32 kB", 2.2), (2**20, "SRAM, 1 MB", 0.48)],
)
def test_published_sram_reads_bring_the_demo_to_the_published_ratios(
    stored: int, memory: str, ratio: float
) -> None:
    cost = digital_cost(DEMO._replace(stored=stored))
    assert cost.memory == memory
    assert 5.22e-6 / cost.arithmetic_j[1, 0] == pytest.approx(20.6, abs=0.05)
    assert 5.22e-6 / cost.total_j[1, 0] == pytest.approx(ratio, abs=0.05)


def test_each_part_is_a_count_times_the_energy_of_one() -> None:
    work = DenseWork(*(np.array([n, 2 * n]) for n in (1_000, 500, 40, 30)), stored=2_000)
    cost = digital_cost(work, format="fp32")
    assert cost.arithmetic_j[1] == pytest.approx([4.6e-9, 9.2e-9])
    assert cost.weights_j[1] == pytest.approx([500 * 4 * 1.25e-12, 1_000 * 4 * 1.25e-12])
    assert cost.values_j[1] == pytest.approx([70 * 4 * 1.25e-12, 140 * 4 * 1.25e-12])
    assert np.array_equal(cost.total_j, cost.arithmetic_j + cost.weights_j + cost.values_j)


def test_a_network_is_in_the_smallest_memory_that_holds_its_bytes() -> None:
    chip = load_digital_chip("digital-45nm")
    for stored, name in (
        (1, "SRAM, 8 kB"),
        (8192, "SRAM, 8 kB"),
        (8193, "SRAM, 9 kB"),
        (2**20, "SRAM, 1 MB"),
        (2**20 + 1, "DRAM"),
        (2**41, "more than DRAM"),
    ):
        assert chip.memory_for(stored).name == name
    assert digital_cost(DEMO._replace(stored=8_192), format="fp32").memory == "SRAM, 32 kB"


def test_between_two_sizes_an_access_costs_between_both() -> None:
    # Half-way between 32 kB (2.5 pJ) and 1 MB (12.5 pJ) in octaves: the geometric mean.
    chip = load_digital_chip("digital-45nm")
    middle = round((32768 * 2**20) ** 0.5)
    assert chip.memory_for(middle).read[1, 0] == pytest.approx((2.5 * 12.5) ** 0.5, rel=1e-4)
    reads = [chip.memory_for(kilobytes * 1024).read[1, 0] for kilobytes in range(1, 1025)]
    assert reads == sorted(reads)
    low, nominal, high = chip.memory_for(middle).written[:, 0]
    assert low <= nominal <= high


def test_a_memory_without_sizes_between_is_taken_whole(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(CHIP.replace("between = true\n", ""))
    chip = load_digital_chip(tmp_path / "mine.toml")
    assert chip.memory_for(8193).name == "SRAM, 32 kB"
    assert chip.memory_for(8193).read[1, 0] == 2.5


def test_a_write_costs_what_the_file_says(tmp_path: Path) -> None:
    dear = CHIP.replace(
        "write_pj_per_byte = { low = 1.25, nominal = 1.25, high = 1.25",
        "write_pj_per_byte = { low = 1.25, nominal = 5.0, high = 9.0",
    )
    (tmp_path / "mine.toml").write_text(dear)
    work = DenseWork(*(np.array([n]) for n in (0, 0, 10, 7)), stored=100)
    cost = digital_cost(work, tmp_path / "mine.toml")
    assert cost.values_j[:, 0] * 1e12 == pytest.approx([17 * 1.25, 12.5 + 35, 12.5 + 63])


@pytest.mark.parametrize("name", DIGITAL_CHIPS)
def test_every_chip_has_a_file(name: str) -> None:
    assert load_digital_chip(name).memories


@pytest.mark.parametrize(
    ("found", "put", "message"),
    [
        ("bytes = 32768", "bytes = 4096", "memories from small to large"),
        ("bytes = 1\n", "bytes = 0\n", "formats.int8.bytes"),
        ("nominal = 0.3", "nominal = 0.4", "low <= nominal <= high"),
        ('name = "DRAM"', 'nme = "DRAM"', "name"),
        ("bytes = 1\n", "bytes = \n", "not valid TOML"),
    ],
)
def test_a_file_with_a_fault_is_refused(tmp_path: Path, found: str, put: str, message: str) -> None:
    assert found in CHIP
    (tmp_path / "mine.toml").write_text(CHIP.replace(found, put, 1))
    with pytest.raises(SettingError, match=message) as caught:
        load_digital_chip(tmp_path / "mine.toml")
    assert str(caught.value).isprintable()
    assert "mine.toml" in str(caught.value)


def test_unknown_names_are_refused_with_the_nearest() -> None:
    with pytest.raises(SettingError, match="did you mean 'digital-45nm'"):
        load_digital_chip("digital-45")
    with pytest.raises(SettingError, match="did you mean 'int8'"):
        digital_cost(DEMO, format="int18")


def test_a_neuromorphic_chip_is_no_rival() -> None:
    with pytest.raises(SettingError, match="loihi2 is no digital chip: .* [(]--chip loihi2[)]"):
        load_digital_chip("loihi2")


def test_a_source_that_no_table_could_show_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        CHIP.replace('source = "Horowitz', 'source = "H\\u202eo', 1)
    )
    with pytest.raises(SettingError, match=r"character 2 is '.u202e': expected printable"):
        load_digital_chip(tmp_path / "mine.toml")
