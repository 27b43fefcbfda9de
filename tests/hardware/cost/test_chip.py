from __future__ import annotations

import re
import tracemalloc
from functools import partial
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from programs import random_program, random_sequences

from hardware.cost.best_placement import place
from hardware.cost.chip import CHIPS, DIGITAL_CHIPS, Chip, Constant, load_chip, parse_chip
from hardware.cost.core_loads import core_loads
from hardware.cost.energy import cost, inherited
from hardware.cost.model import OPTIONAL, cost_model
from hardware.errors import InputError, SettingError
from hardware.reporting import study
from hardware.reporting.methods import constants
from hardware.runs.run import run

LOIHIS = ("loihi1", "loihi2")
PROGRAM = random_program(2, channels=6, hidden=(20,), outputs=3)


def chip_text(name: str) -> str:
    return (files("hardware.cost") / "chips" / f"{name}.toml").read_text("utf-8")


@pytest.mark.parametrize("name", CHIPS)
def test_every_constant_has_a_range_a_source_and_no_figure_is_missing(name: str) -> None:
    chip = load_chip(name)
    for table in (chip.energy_pj, chip.time_ns):
        for field in table.model_fields_set - {"barrier"}:
            constant: Constant = getattr(table, field)
            assert constant.low <= constant.nominal <= constant.high
            assert constant.source
    assert chip.limits.cores == chip.mesh.cores


@pytest.mark.parametrize("name", LOIHIS)
def test_a_loihi_has_128_cores(name: str) -> None:
    assert load_chip(name).limits.cores == 128


def test_the_template_is_a_chip_with_every_field(tmp_path: Path) -> None:
    file = tmp_path / "my.toml"
    file.write_text(chip_text("template"), encoding="utf-8")
    assert load_chip(file).name == load_chip(str(file)).name == "My chip"
    assert inherited(load_chip(file), cost_model()) == {}


def test_loihi_2_says_of_every_energy_that_it_is_inherited() -> None:
    chip = load_chip("loihi2")
    own = {"microcode_instruction"}
    fields = chip.energy_pj.model_fields_set
    assert {name for name, _ in chip.energy_pj.inherited()} == fields - own
    assert inherited(chip, cost_model()) == dict.fromkeys(
        ("core_dynamic", "core_static", "chip_static", "core_time", "host", "host_time"), "Loihi 1"
    )
    assert chip.limits.inherited_fields == ["fan_in_axons_per_core", "fan_out_axons_per_core"]
    assert inherited(load_chip("loihi1", "0.1"), cost_model("0.1")) == {}


def test_loihi_1_has_no_microcode_of_its_own() -> None:
    marks = inherited(load_chip("loihi1"), cost_model())
    assert marks == dict.fromkeys(
        ("core_dynamic", "core_time", "core_static", "chip_static"), "Loihi 2"
    )


def test_energies_of_loihi_2_are_those_of_loihi_1() -> None:
    one, two = load_chip("loihi1"), load_chip("loihi2")
    for field in one.energy_pj.model_fields_set - {"graded_payload"}:
        of_one, of_two = (getattr(chip.energy_pj, field).range for chip in (one, two))
        assert of_one[1:] == of_two[1:], field
        # Less was measured on Loihi 2 than one synaptic operation of Loihi 1.
        assert of_two[0] == (8.0 if field.startswith("synaptic") else of_one[0]), field


@pytest.mark.parametrize(
    ("operation", "factor"),
    [
        ("synaptic_operation_dense", 5),
        ("synaptic_operation_sparse", 5),
        ("neuron_update_active", 2),
        ("neuron_update_idle", 2),
        ("spike", 10),
        ("message_out", 1),
    ],
)
def test_times_of_loihi_2_are_loihi_1s_divided_by_intels_factors(
    operation: str, factor: int
) -> None:
    one, two = (getattr(load_chip(name).time_ns, operation).range for name in LOIHIS)
    assert [value * factor for value in two] == pytest.approx(one)


def test_loihi_1_has_no_gated_neurons_and_says_what_it_is_for() -> None:
    chip = load_chip("loihi1")
    assert chip.gated_neurons is False
    assert "cost reference" in chip.gated_neurons_note


@pytest.mark.parametrize("name", LOIHIS)
def test_host_time_lies_between_both_estimates_and_what_the_slowest_run_leaves(name: str) -> None:
    low, nominal, high = load_chip(name).host.time_us_per_step.range
    # Of Loihi 2 steps without a host were measured.
    assert low == (9.0 if name == "loihi1" else 0.0)
    assert nominal == pytest.approx(15.54 - 4.67, abs=0.05)
    assert high == pytest.approx(13.99e3 / 840 - 4.67, abs=0.05)


def test_the_barrier_is_linear_between_published_numbers_of_tiles() -> None:
    barrier = load_chip("loihi1").time_ns.barrier
    assert barrier.at(1) == (113.0, 600.0, 600.0)
    assert barrier.at(3)[1] == pytest.approx(1200.0)
    assert barrier.at(32)[0] == barrier.at(100)[0] == 465.0


def test_an_unknown_chip_is_refused_with_the_nearest_known() -> None:
    with pytest.raises(SettingError, match="unknown chip 'loihi3': did you mean 'loihi.*toml"):
        load_chip("loihi3")


def test_a_chip_file_that_is_not_there_is_named() -> None:
    with pytest.raises(InputError, match="cannot read nowhere.toml"):
        load_chip("nowhere.toml")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[energy_pj.spike]", "[energy_nj.spike]", "'energy_nj' has a wrong unit: expected 'ene"),
        ("power_mw]", "power_w]", "field 'host.power_w' has a wrong unit: expected 'power_mw'"),
        ("[static_mw_per_core]", "[static_mw_per_chip]", "'static_mw_per_chip' has a wrong unit"),
        ("[energy_pj.spike]", "[energy_pj.spikes]", "'energy_pj.spikes' is not known: did you mea"),
        ("[time_ns.message_in]", "[time_ns.xyz]", "'time_ns.xyz' is not known: known are synaptic"),
        ("low = 3.0\n", "lowest = 3.0\n", "'energy_pj.hop_east_west.lowest' is not known: did"),
        ("low = 72.8", "low = 99.0", "energy_pj.neuron_update_active: expected low <= nominal"),
        ("low = 72.8", "low = -1.0", "'energy_pj.neuron_update_active.low' is -1.0"),
        ("low = 72.8", "low = nan", "'energy_pj.neuron_update_active.low' is NaN"),
        ("high = 81.0", "high = inf", "'energy_pj.neuron_update_active.high' is Infinity"),
        ("low = 72.8", "low = '72.8'", "'energy_pj.neuron_update_active.low' is \"72.8\""),
        ("high = 81.0", "high = 1e300", "'energy_pj.neuron_update_active.high' is 1e.300"),
        (
            'gated_neurons_note = "',
            'gated_neurons_note = "" # "',
            "gated_neurons is false: gated_neu",
        ),
        ("low = 72.8\n", "", "no field 'energy_pj.neuron_update_active.low'"),
        ("cores = 128", "cores = 10000000000", "'limits.cores' is 10000000000: .* 16384"),
        ("columns = 8", "columns = 20000", "'mesh.columns' is 20000: .* 16384"),
        ("cores = 128", "cores = 0", "'limits.cores' is 0"),
        ("cores = 128", "cores = 64", "limits.cores is 64, but mesh has 8 × 4 tiles of 4 cores"),
        ("cores = 128", "cores = true", "'limits.cores' is true"),
        ("cores = 128", "cores = ", "not valid TOML"),
        ("synapse_bits_per_core = 1048576", "synapse_bits_per_core = 7", "not even one weight"),
        ("gated_neurons = false", "gated_neurons = 'maybe'", "'gated_neurons' is \"maybe\""),
        ("tiles = [1, 2, 4, 29, 32]", "tiles = [1, 2, 4, 32, 29]", "time_ns.barrier: expected ti"),
        ("low = [113.0, ", "low = [", "time_ns.barrier: expected 5 values of low"),
        ("low = [113.0,", "low = [613.0,", "time_ns.barrier: expected low <= nominal <= high"),
        ('source = "SANA-FE: 0"', 'source = ""', "'energy_pj.message_in.source' is \"\""),
    ],
)
def test_a_wrong_chip_file_is_refused_by_field(old: str, new: str, message: str) -> None:
    text = chip_text("loihi1")
    assert old in text
    with pytest.raises(SettingError, match=f"^chip mine: .*{message}") as found:
        parse_chip("mine", text.replace(old, new, 1).encode())
    assert "\n" not in str(found.value)


def test_a_limit_that_is_said_to_be_inherited_must_be_one() -> None:
    text = chip_text("loihi2").replace('["fan_in_axons_per_core"', '["fan_in"')
    with pytest.raises(SettingError, match="limits: inherited_fields names 'fan_in'"):
        parse_chip("mine", text.encode())


def test_a_chip_is_marked_where_a_single_constant_is_inherited() -> None:
    text = chip_text("template").replace(
        'source = "where it comes from"', 'source = "theirs"\ninherited = "Other"', 1
    )
    chip: Chip = parse_chip("mine", text.encode())
    assert inherited(chip, cost_model()) == {"core_dynamic": "Other"}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("low = 72.8", "low = " + "[\n" * 2000 + "]\n" * 2000, "nested deeper than 64"),
        ("low = 72.8", "low = " + "9" * 900, "more digits than the limit, 32"),
        ("low = 72.8", "low = 0x" + "f" * 900, "more digits than the limit, 32"),
        ("[mesh]", "a." * 400 + "a = 1\n[mesh]", "nested deeper than 64"),
        ("[mesh]", "a." * 5000 + "a = 1\n[mesh]", "a line has 10005 bytes, the limit is 1000"),
        ("[mesh]", "\ud800", "'utf-8' codec can't decode byte"),
        ('name = "Loihi 1"', 'name = "a\\nb"', "the name 'a.nb' has 3 characters, expected 1 to"),
    ],
)
def test_a_chip_file_that_no_reader_could_show_is_refused(
    old: str, new: str, message: str, tmp_path: Path
) -> None:
    text = chip_text("loihi1")
    assert old in text
    file = tmp_path / "my.toml"
    file.write_bytes(text.replace(old, new, 1).encode("utf-8", "surrogatepass"))
    with pytest.raises(SettingError, match=f"^chip .*my.toml: .*{message}") as found:
        load_chip(file)
    assert str(found.value).isprintable()


def test_a_huge_chip_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    file = tmp_path / "huge.toml"
    with file.open("wb") as content:
        content.truncate(300 * 2**20)
    tracemalloc.start()
    with pytest.raises(InputError, match=r"huge.toml: it has 314572800 bytes, the limit is 32768"):
        load_chip(file)
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


def test_a_chip_that_is_there_already_is_taken_as_it_is() -> None:
    chip = load_chip("loihi2")
    assert load_chip(chip) is chip


def text_of_0_1() -> str:
    """A chip file as version 0.1 had it, without what only cost model 0.2 reads."""
    text = chip_text("template").replace('name = "My chip"', 'name = "Old chip"')
    for table in ("energy_pj", "time_ns"):
        for name in ("microcode_instruction", "graded_payload"):
            text = re.sub(rf"\[{table}[.]{name}\].*?(?=\n\[)", "", text, flags=re.DOTALL)
    text = re.sub(r"\[host[.]operation_pj\].*", "", text, flags=re.DOTALL)
    assert ".microcode_instruction]" not in text
    assert "host.operation_pj]" not in text
    return text


def test_a_chip_file_of_version_0_1_is_priced_by_cost_model_0_1(tmp_path: Path) -> None:
    file, new = tmp_path / "old.toml", tmp_path / "new.toml"
    file.write_text(text_of_0_1())
    new.write_text(chip_text("template"))
    trace = run(PROGRAM, random_sequences(2, 6, [5]))
    for objective in ("cores", "knee"):
        old, current = (
            study(PROGRAM, trace, chip=chip, cost_model="0.1", objective=objective)
            for chip in (file, new)
        )
        assert np.array_equal(old.cost.core_dynamic_j, current.cost.core_dynamic_j)
        assert np.array_equal(old.cost.core_s, current.cost.core_s)
    listed = {row.name for row in constants(old.chips[str(file)])}
    assert "energy of microcode instruction" not in listed
    assert len(listed) == len(constants(load_chip("loihi2"))) - 5


@pytest.mark.parametrize("field", sorted(OPTIONAL))
def test_cost_model_0_2_asks_for_what_it_reads(field: str, tmp_path: Path) -> None:
    file = tmp_path / "old.toml"
    file.write_text(text_of_0_1())
    with pytest.raises(SettingError, match=r"old.toml: no field '(energy_pj|time_ns|host)[.]"):
        load_chip(file)
    chip = load_chip(file, "0.1")
    assert field in chip.left_out
    for refused in (load_chip, partial(place, PROGRAM)):
        with pytest.raises(SettingError, match="chip Old chip: no field .* cost model 0.2 reads"):
            refused(chip)
    priced = core_loads(
        run(PROGRAM, random_sequences(2, 6, [5])), PROGRAM, place(PROGRAM, chip, cost_model="0.1")
    )
    with pytest.raises(SettingError, match="which cost model 0.2 reads: add it to the file"):
        cost(priced)


def test_other_fields_are_never_optional(tmp_path: Path) -> None:
    text = text_of_0_1().replace("[energy_pj.spike]", "[energy_pj.spikes]")
    (tmp_path / "old.toml").write_text(text)
    with pytest.raises(SettingError, match="'energy_pj.spikes' is not known"):
        load_chip(tmp_path / "old.toml", "0.1")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('source = "Davies 2018: 23.6', 'source = "Davies\\u202e 2018: 23.6'),
        ('inherited = "Loihi 2"', 'inherited = "Loihi\\u202e 2"'),
        ('gated_neurons_note = "Loihi 1', 'gated_neurons_note = "Loihi\\u202e 1'),
        ('source = "Davies 2018: 113', 'source = "Davies\\n 2018: 113'),
    ],
)
def test_texts_that_no_table_could_show_are_refused(old: str, new: str) -> None:
    text = chip_text("loihi1")
    assert old in text
    with pytest.raises(SettingError, match=r"character \d+ is '.*': expected printable") as found:
        parse_chip("mine", text.replace(old, new, 1).encode())
    assert str(found.value).isprintable()


@pytest.mark.parametrize("name", DIGITAL_CHIPS)
def test_a_digital_chip_is_a_rival_and_runs_no_program(name: str) -> None:
    with pytest.raises(SettingError, match=f"{name} is a digital chip .* [(]--rival {name}[)]"):
        load_chip(name)
