"""Devices and the use of a program: powers, rates, deadlines and batteries, computed by hand."""

from __future__ import annotations

import io

import pytest
from chips import small_chip
from programs import random_program, random_sequences
from reports import LABELS, PROGRAM
from rich.console import Console

from hardware.cost.chip import load_chip
from hardware.cost.digital import load_digital_chip
from hardware.errors import SettingError
from hardware.reporting import Report, Study, make_report, print_report, study
from hardware.reporting.demand import Demand
from hardware.reporting.schema import DeviceFigures
from hardware.reporting.units import seconds
from hardware.runs.run import run
from hardware.runs.trace import Trace

CHIP = load_chip("loihi2")


def asked(measured: Study, **demand: float) -> Report:
    return make_report(measured, dataset="small", demand=Demand(**demand))


def row(report: Report, name: str) -> DeviceFigures:
    (found,) = [device for device in report.devices if device.name == name]
    return found


def printed(report: Report) -> str:
    text = io.StringIO()
    print_report(report, Console(file=text, width=80))
    assert max(map(len, text.getvalue().splitlines())) <= 80
    return " ".join(text.getvalue().split())


def test_the_chip_is_shown_by_its_cores_and_as_a_whole(report: Report) -> None:
    energy, time = report.energy_j, report.latency_s
    for name, static in (
        ("Loihi 2, cores in use", energy.core_static),
        ("Loihi 2, whole chip", energy.chip_static),
    ):
        found = row(report, name)
        assert (found.dynamic_j, found.static_j) == (energy.core_dynamic, static)
        assert found.total_j is not None
        assert found.time_s is not None
        total = energy.core_dynamic.high + static.high + energy.host.high
        assert found.total_j.high == pytest.approx(total)
        assert found.time_s.low == pytest.approx(time.core.low + time.host.low)
        assert found.power_w is None


def test_power_is_static_power_and_the_energy_of_each_inference(measured: Study) -> None:
    report = asked(measured, rate_hz=50.0)
    static = CHIP.static_mw_per_core.nominal * 1e-3
    active = 50 * (report.energy_j.core_dynamic.nominal + report.energy_j.host.nominal)
    for name, cores in (("Loihi 2, cores in use", 3), ("Loihi 2, whole chip", 128)):
        power = row(report, name).power_w
        assert power is not None
        assert power.nominal == pytest.approx(cores * static + active)
    rival = row(report, "dense GRU, int8 from SRAM, 8 kB; Digital, 45 nm")
    assert rival.power_w is not None
    assert rival.total_j is not None
    assert rival.power_w.nominal == pytest.approx(50 * rival.total_j.nominal)
    assert "power" in printed(report)


def test_frames_per_second_are_inferences_of_the_mean_length(measured: Study) -> None:
    frames = measured.trace.lengths.mean()
    by_frame, by_inference = (
        asked(measured, **rate).use.busy
        for rate in ({"frame_rate_hz": 40.0 * frames}, {"rate_hz": 40.0})
    )
    assert by_frame is not None
    assert by_inference is not None
    assert by_frame.nominal == pytest.approx(by_inference.nominal)


def test_a_rate_that_is_too_high_is_said_not_to_be_kept_up_with(measured: Study) -> None:
    time_s = row(asked(measured), "Loihi 2, whole chip").time_s
    assert time_s is not None
    time = time_s.nominal
    slow, fast = (asked(measured, rate_hz=factor / time) for factor in (0.5, 2.0))
    assert (slow.use.keeps_up, fast.use.keeps_up) == (True, False)
    assert slow.use.busy is not None
    assert slow.use.busy.nominal == pytest.approx(0.5)
    assert "cores and host are busy 50.00 % of the time, at worst" in printed(slow)
    assert "do not keep up: they would be busy 200.00 % of the time, at worst" in printed(fast)
    assert row(fast, "Loihi 2, whole chip").power_w is None
    assert asked(measured, rate_hz=2.0 / time, battery_j=1.0).use.battery_s is None


def test_a_rate_that_is_too_high_at_the_high_times_is_said_to_be(measured: Study) -> None:
    time_s = row(asked(measured), "Loihi 2, whole chip").time_s
    assert time_s is not None
    high = time_s.high / time_s.nominal
    assert high > 1.06
    report = asked(measured, rate_hz=0.95 / time_s.nominal)
    assert report.use.keeps_up is True
    worst = f"at worst {95 * high:.2f} %, which is too much"
    assert f"busy 95.00 % of the time, {worst}" in printed(report)
    assert "too much" not in printed(asked(measured, rate_hz=0.5 / time_s.high))


def test_a_deadline_is_met_at_the_nominal_time_and_at_worst(measured: Study) -> None:
    time = row(asked(measured), "Loihi 2, whole chip").time_s
    assert time is not None
    for deadline, met in (
        (time.nominal * 0.9, (False, False)),
        ((time.nominal + time.high) / 2, (True, False)),
        (time.high * 1.1, (True, True)),
    ):
        use = asked(measured, deadline_s=deadline).use
        assert (use.deadline_met, use.deadline_met_at_worst) == met
    assert "met; at worst missed" in printed(
        asked(measured, deadline_s=(time.nominal + time.high) / 2)
    )


def test_a_battery_lasts_its_energy_by_the_power_of_the_whole_chip(measured: Study) -> None:
    report = asked(measured, rate_hz=10.0, battery_j=3600.0)
    power, life = row(report, "Loihi 2, whole chip").power_w, report.use.battery_s
    assert power is not None
    assert life is not None
    assert life.nominal == pytest.approx(3600 / power.nominal)
    assert life.low == pytest.approx(3600 / power.high)
    assert "empty the battery in 4.3" in printed(report)
    assert "hours" in printed(report)


def test_at_the_break_even_rate_both_draw_the_same_power(measured: Study) -> None:
    report = asked(measured)
    rates = report.use.break_even_hz
    assert set(rates) == {device.name for device in report.devices[2:]}
    for device in report.devices[2:]:
        assert device.compared == ("GPU" not in device.place)
    assert rates["dense GRU, int8 from SRAM, 8 kB; Digital, 45 nm"] is None, (
        "it takes less energy at any rate"
    )
    rate = 1e3
    scaled = {
        device.name: device.total_j.nominal * rate
        for device in asked(measured, rate_hz=rate).devices[2:]
        if device.total_j is not None
    }
    whole = row(asked(measured, rate_hz=rate), "Loihi 2, whole chip").power_w
    assert whole is not None
    for name, found in rates.items():
        if found is not None:
            assert (found < rate) == (scaled[name] > whole.nominal)


def test_the_terminal_says_what_each_part_of_a_step_needs(report: Report) -> None:
    needed = report.chips["loihi2"].needed_s
    assert list(needed) == ["neurons", "synapses", "messages", "barrier"]
    assert sum(needed.values()) > report.latency_s.core.nominal > needed["synapses"] > 0
    line = ", ".join(f"{name} {seconds(spent)}" for name, spent in needed.items())
    assert f"Needed by {line}" in printed(report)


def test_energy_and_delay_are_those_of_the_whole_chip_with_its_host(report: Report) -> None:
    whole = row(report, "Loihi 2, whole chip")
    assert whole.total_j is not None
    assert whole.time_s is not None
    product = whole.total_j.nominal * whole.time_s.nominal
    assert report.use.energy_delay_js.nominal == pytest.approx(product)


@pytest.mark.parametrize(
    ("demand", "message"),
    [
        (
            {"rate_hz": 0.0},
            "the rate of inferences per second is 0.0: expected a number from 1e-09",
        ),
        (
            {"frame_rate_hz": float("nan")},
            "the rate of frames per second is nan: expected a number",
        ),
        ({"deadline_s": -1.0}, "the deadline in seconds is -1.0"),
        ({"battery_j": float("inf"), "rate_hz": 1.0}, "the battery in joules is inf"),
        ({"rate_hz": "100"}, "the rate of inferences per second is '100'"),
        ({"rate_hz": True}, "the rate of inferences per second is True"),
        ({"rate_hz": 1e300}, "expected a number from 1e-09 to 1e.12"),
        ({"rate_hz": 1.0, "frame_rate_hz": 1.0}, "are given: give one of them"),
        ({"battery_j": 1.0}, "depends on the rate: give a rate as well"),
    ],
)
def test_a_demand_that_makes_no_sense_is_refused(demand: dict, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        Demand(**demand)


def test_a_rival_that_reads_dram_says_so_in_its_row_and_in_the_verdict(trace: Trace) -> None:
    digital = load_digital_chip("digital-45nm")
    dram = digital.model_copy(update={"memories": digital.memories[-1:]})
    for rival, memory in ((digital, "SRAM, 8 kB"), (dram, "DRAM")):
        report = make_report(study(PROGRAM, trace, LABELS, rival=rival), dataset="small")
        place = f"int8 from {memory}; Digital, 45 nm"
        assert row(report, f"dense GRU, {place}").compared
        assert f"than a dense GRU ({place})" in report.conclusion


def test_the_dense_gru_runs_on_the_hosts_processor_as_well(report: Report) -> None:
    found = row(report, "dense GRU, the host's processor").total_j
    assert found is not None
    operations = 3 * report.dense_gru.multiply_accumulates
    assert found.nominal == pytest.approx(operations * CHIP.host.operation_pj.nominal * 1e-12)


@pytest.mark.parametrize("formulation", ["torch", "output-gated"])
def test_in_a_stream_the_answer_comes_after_the_pipeline(formulation: str) -> None:
    program = random_program(3, hidden=(5, 4), formulation=formulation)
    sequences = random_sequences(3, 3, [9, 9])
    found = make_report(study(program, run(program, sequences)), dataset="small").use.stream_s
    one = make_report(study(program, run(program, random_sequences(3, 3, [1]))), dataset="small")
    time = row(one, "Loihi 2, whole chip").time_s
    assert found is not None
    assert time is not None
    # One frame goes through two levels and the readout.
    assert found.nominal == pytest.approx(time.nominal, rel=0.1)


def test_no_answer_of_a_stream_comes_where_a_layer_reads_backwards() -> None:
    program = random_program(3, hidden=(5,), bidirectional=True)
    trace = run(program, random_sequences(3, 3, [6, 4]))
    report = make_report(study(program, trace), dataset="small")
    assert report.use.stream_s is None
    assert "In a stream" not in printed(report)


def test_the_deadline_of_frames_is_that_of_a_stream(measured: Study) -> None:
    stream = asked(measured).use.stream_s
    assert stream is not None
    between = stream.nominal * 1.01
    by_frame = asked(measured, frame_rate_hz=1.0, deadline_s=between).use
    by_inference = asked(measured, rate_hz=1.0, deadline_s=between).use
    assert by_frame.deadline_met is True
    assert by_inference.deadline_met is False


@pytest.mark.parametrize("operation_pj", [0.0, 50.0])
def test_a_chip_that_costs_nothing_has_a_report(operation_pj: float, trace: Trace) -> None:
    text = small_chip().model_dump()
    for constant in (*text["host"].values(), text["static_mw_per_core"]):
        constant |= dict.fromkeys(("low", "nominal", "high"), 0.0)
    text["host"]["operation_pj"] |= dict.fromkeys(("low", "nominal", "high"), operation_pj)
    for bound in ("low", "nominal", "high"):
        text["time_ns"]["barrier"][bound] = [0.0] * 4
    chip = type(CHIP).model_validate(text)
    demand = Demand(rate_hz=100.0, battery_j=10.0)
    report = make_report(study(PROGRAM, trace, LABELS, chip), dataset="small", demand=demand)
    assert (report.use.battery_s is None) == (not operation_pj)
    assert "take less energy than" in report.conclusion
    assert ("at every rate" in report.conclusion) == bool(operation_pj)


def test_several_chips_are_charged_for_all_their_static_power(trace: Trace) -> None:
    text = CHIP.model_dump()
    text["name"] = "Tiny"
    text["mesh"] = {"columns": 1, "rows": 1, "cores_per_tile": 2}
    text["limits"] |= {"cores": 2, "neurons_per_core": 4}
    chip = type(CHIP).model_validate(text)
    report = make_report(study(PROGRAM, trace, LABELS, chip), dataset="small")
    assert report.chips["Tiny"].chips == 2
    assert row(report, "Tiny, 2 whole chips").static_j == report.energy_j.chip_static
    share = report.energy_j.chip_static.nominal / report.energy_j.core_static.nominal
    assert share == pytest.approx(4 / report.chips["Tiny"].cores)
