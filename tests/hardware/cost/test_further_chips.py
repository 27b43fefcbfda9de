"""Chips that are not Loihi, and digital chips: their files, and what a wrong one leads to."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hostile_formats import FORMATS
from mutations.chips import a_field_that_is_another
from programs import random_program, random_sequences

from hardware import estimate, load_chip, place, run
from hardware.cost.chip import (
    CHIPS,
    DIGITAL_CHIPS,
    SHOWN_WITH,
    SHOWN_WITH_YOURS,
    Constant,
    shown_with,
)
from hardware.cost.digital import load_digital_chip
from hardware.errors import PlacementError, SettingError, SpikingGRUError

FURTHER = ("spinnaker2", "xylo")


def chip_text(name: str) -> str:
    return (files("hardware.cost") / "chips" / f"{name}.toml").read_text("utf-8")


@pytest.mark.parametrize("chip", FURTHER)
def test_a_trace_is_priced_on_a_further_chip(chip: str) -> None:
    program = random_program(2, channels=8, hidden=(12, 5))
    trace = run(program, random_sequences(2, 8, [20, 3]))
    priced = estimate(trace, program, chip)
    assert priced.chip == load_chip(chip).name
    assert (priced.core_dynamic_j > 0).all()
    assert set(priced.inherited.values()) == {"Loihi 1"}
    assert set(priced.inherited) == {"core_static", "chip_static", "host", "host_time"}


def test_spinnaker_2_runs_gated_neurons_in_software() -> None:
    program = random_program(2, channels=8, hidden=(12,), emit="graded")
    assert place(program, "spinnaker2").total == 2


def test_xylo_has_no_gated_neurons_and_says_what_it_is_for() -> None:
    chip = load_chip("xylo")
    assert not chip.gated_neurons
    assert "cost reference" in chip.gated_neurons_note
    with pytest.raises(PlacementError, match="Xylo has no programmable neuron"):
        place(random_program(1), chip)


def test_xylos_operations_take_the_cycles_of_rockpool() -> None:
    chip = load_chip("xylo")
    operation, update = chip.time_ns.synaptic_operation_dense, chip.time_ns.neuron_update_active
    assert [ns / 20 for ns in operation.range] == [3.5, 7, 8]
    assert [ns / 20 for ns in update.range] == [19, 22, 29]
    for energy, time in (
        (chip.energy_pj.synaptic_operation_dense, operation),
        (chip.energy_pj.neuron_update_active, update),
    ):
        pj_of_a_cycle = np.array(energy.range) / np.array(time.range) * 20
        assert pj_of_a_cycle == pytest.approx([5.8, 17, 47])


def test_spinnaker_2_has_the_published_energies() -> None:
    energy = load_chip("spinnaker2").energy_pj
    assert energy.synaptic_operation_dense.nominal == 450
    assert energy.neuron_update_active.nominal == 2190


@pytest.mark.parametrize("chip", FURTHER)
def test_a_figure_that_is_an_estimate_says_so_and_has_a_wide_range(chip: str) -> None:
    description = load_chip(chip)
    for table in (description.energy_pj, description.time_ns):
        for name in type(table).model_fields:
            constant: Constant = getattr(table, name)
            if isinstance(constant, Constant) and "no public figure" in constant.source:
                assert constant.high >= 3 * constant.low
    assert len(description.static_mw_per_core.source) > 20


def test_an_earlier_cost_model_has_the_chips_of_its_time() -> None:
    assert load_chip("loihi2", "0.1").name == "Loihi 2"
    for chip in FURTHER:
        with pytest.raises(SettingError, match=f"chip {chip} has no constants in cost model 0.1"):
            load_chip(chip, "0.1")


def test_a_report_shows_the_other_loihi_and_loihi_2_next_to_all_others() -> None:
    assert shown_with("loihi1") == ("loihi2",)
    assert shown_with("loihi2") == ("loihi1",)
    for chip in (*FURTHER, "mine.toml", "Small"):
        assert shown_with(chip) == ("loihi2",)
    shown = {name for names in (*SHOWN_WITH.values(), SHOWN_WITH_YOURS) for name in names}
    assert shown <= set(CHIPS)
    assert tuple(SHOWN_WITH) == CHIPS


def scaled(volts: float) -> float:
    """Energy at 22 nm and a voltage, in energies at 45 nm and 0.9 V."""
    return 22 / 45 * (volts / 0.9) ** 2


def test_the_chip_at_22_nm_is_horowitzs_scaled() -> None:
    old, new = (load_digital_chip(f"digital-{node}nm") for node in (45, 22))
    for name in old.formats:
        before, after = (chip.formats[name].multiply_accumulate_pj for chip in (old, new))
        factors = np.array([scaled(0.5), scaled(0.8), 1.0])
        assert after.range == pytest.approx(factors * before.range, rel=1e-3)
    sram = len(old.memories) - 1
    for before, after in zip(old.memories, new.memories, strict=True):
        factors = np.array([scaled(0.5), scaled(0.8), 1.0] if sram > 0 else [1.0] * 3)
        sram -= 1
        assert (after.name, after.bytes, after.between) == (
            before.name,
            before.bytes,
            before.between,
        )
        for access in ("read_pj_per_byte", "write_pj_per_byte"):
            expected = factors * getattr(before, access).range
            assert getattr(after, access).range == pytest.approx(expected, rel=1e-3)


def test_published_chips_at_22_nm_lie_within_its_range() -> None:
    chip = load_digital_chip("digital-22nm")
    read = chip.memory_for(32_768).read[:, 0]
    low, nominal, high = read + chip.formats["int8"].multiply_accumulate_pj.range
    vega, seneca = 2 / 1.3, 2.8
    assert low < nominal < vega < seneca <= high
    said = f"{nominal:.2f} ({low:.2f} to {high:.1f}) pJ"
    assert said in " ".join(chip_text("digital-22nm").replace("\n#", "").split())


@pytest.mark.parametrize(
    ("found", "put"),
    [('name = "Digital, 22 nm"', 'name = ""'), ('name = "DRAM"', 'name = "a\\nb"')],
)
def test_a_digital_chip_has_names_that_can_be_shown(tmp_path: Path, found: str, put: str) -> None:
    text = chip_text("digital-22nm")
    assert found in text
    (tmp_path / "mine.toml").write_text(text.replace(found, put))
    with pytest.raises(SettingError, match="mine.toml: ") as caught:
        load_digital_chip(tmp_path / "mine.toml")
    assert str(caught.value).isprintable()


def message_of(action: Callable[[Any], object], given: Any) -> str | None:
    """The message of an error of this project; None where there is none."""
    try:
        action(given)
    except SpikingGRUError as error:
        return str(error)
    return None


@pytest.mark.parametrize("count", [200, pytest.param(2000, marks=pytest.mark.long)])
@pytest.mark.parametrize(("kind", "names"), [("chip", CHIPS), ("digital chip", DIGITAL_CHIPS)])
def test_a_chip_file_with_another_field_is_refused_or_can_be_used(
    tmp_path: Path, kind: str, names: tuple[str, ...], count: int
) -> None:
    form, file = FORMATS[kind], tmp_path / "mine.toml"
    sound, messages = form.sound(), []
    assert len(sound) >= len(names)
    for seed in range(count):
        rng = np.random.default_rng(seed)
        file.write_bytes(a_field_that_is_another(rng, sound[seed % len(sound)]))
        message = message_of(form.load, file)
        if message is None:
            assert (message_of(form.use, form.load(file)) or "placed").isprintable()
        else:
            messages.append(message)
    assert count / 2 < len(messages) < count
    assert all(message.isprintable() for message in messages)
    assert all("mine.toml: " in message and len(message) < 900 for message in messages)
