"""The three sentences of a report."""

from __future__ import annotations

import re
from typing import Any

import pytest

from hardware.cost.chip import Operations
from hardware.cost.held_out import spread
from hardware.reporting.schema import (
    ChipFigures,
    DemandFigures,
    DeviceFigures,
    Energy,
    Latency,
    Range,
    UseFigures,
)
from hardware.reporting.verdict import CLEAR_OF_CHIP, CLEAR_OF_CORES, OPERATIONS, verdict


def flat(value: float) -> Range:
    return Range(low=value, nominal=value, high=value)


def device(
    network: str, place: str, joules: float, watts: float | None, **more: Any
) -> DeviceFigures:
    fields: dict[str, Any] = {
        "network": network,
        "place": place,
        "modelled": True,
        "whole": True,
        "compared": True,
        "dynamic_j": flat(joules),
        "static_j": None,
        "host_j": None,
        "total_j": flat(joules),
        "time_s": None,
        "power_w": None if watts is None else flat(watts),
        "note": "",
    }
    return DeviceFigures.model_validate({**fields, **more})


def devices(
    arithmetic: float, processor: float, *, watts: tuple[float, float] | None = None
) -> list[DeviceFigures]:
    """The operations take 1 µJ, the whole chip with its host 10 µJ."""
    own, other = watts or (None, None)
    return [
        device("Small", "cores in use", 4e-6, own, dynamic_j=flat(1e-6), compared=False),
        device("Small", "whole chip", 1e-5, own, dynamic_j=flat(1e-6), compared=False),
        device("dense GRU", "int8, Digital", arithmetic, None, whole=False),
        device("dense GRU", "a CPU", 1.0, 1e3),
        device("dense GRU", "a processor", processor, other),
        device("dense GRU", "a full GPU", 1e-9, 1e-9, compared=False),
        device("a clock", "this machine", 1e-12, None, modelled=False, compared=False),
    ]


def chip(
    *, runs: bool = True, chips: int = 1, name: str = "Loihi 2", **energy: float
) -> ChipFigures:
    """Of the static power a quarter is drawn while the cores work."""
    scopes = {"core_dynamic": 1.0, "core_static": 1.0, "chip_static": 6.0, "host": 3.0, **energy}
    return ChipFigures(
        name=name,
        cores=1,
        chips=chips,
        runs_gated_neurons=runs,
        note="",
        inherited={},
        energy_j=Energy(**{scope: flat(value) for scope, value in scopes.items()}),
        latency_s=Latency(core=flat(1.0), host=flat(3.0)),
        bound_s={},
        needed_s={},
    )


def use(rate: float | None = 1200.0, **more: Any) -> UseFigures:
    demand = DemandFigures(
        rate_hz=None, frame_rate_hz=None, deadline_s=more.pop("deadline_s", None), battery_j=None
    )
    fields = {
        "busy": None,
        "keeps_up": None,
        "deadline_met": None,
        "deadline_met_at_worst": None,
        "battery_s": None,
        "energy_delay_js": flat(1),
        "stream_s": None,
        "break_even_hz": {"dense GRU, a processor": rate, "dense GRU, a CPU": 1.0},
    }
    return UseFigures.model_validate({"demand": demand, **fields, **more})


DONE = {
    "synaptic_operation_dense": flat(6e-7),
    "synaptic_operation_sparse": flat(1e-7),
    "spike": flat(3e-7),
}


def test_three_sentences_say_whether_it_is_worth_it_why_and_what_would_change_it() -> None:
    text = verdict(devices(5e-6, 2e-4), DONE, use(), chip())
    assert text == (
        "Worth it: the operations of the cores take 5.00× less energy than a dense GRU (int8, "
        "Digital), and the whole chip with the host takes 20.0× less energy than a dense GRU (a "
        "processor) at full load. Synaptic operations are 70 % of these operations, and static "
        "power while the host works is 45 % of the whole. Fewer events or sparser weights would "
        "change the first most, fewer steps or a faster host the second; above 1,200 inferences a "
        "second the whole chip draws less power than the one on a processor."
    )
    assert len(re.findall(r"[.](?= |$)", text)) == 3


@pytest.mark.parametrize(
    ("arithmetic", "processor", "begins"),
    [
        (5e-6, 2e-4, "Worth it: "),
        (1.5e-6, 2e-4, "Worth it in part: "),
        (1e-7, 2e-4, "Worth it in part: "),
        (5e-6, 4e-5, "Worth it in part: "),
        (1.5e-6, 4e-5, "No clear gain: "),
        (1e-7, 4e-5, "Not worth it: "),
        (1.5e-6, 1e-6, "Not worth it: "),
    ],
)
def test_a_ratio_within_the_error_of_the_model_is_no_gain(
    arithmetic: float, processor: float, begins: str
) -> None:
    assert spread("core dynamic").factor == CLEAR_OF_CORES
    assert spread("whole").factor == CLEAR_OF_CHIP
    assert verdict(devices(arithmetic, processor), DONE, use(), chip()).startswith(begins)


@pytest.mark.parametrize(
    ("ends", "begins", "words"),
    [
        ((1.1e-6, 3e-6), "Worth it: ", "take 2.00× less energy than"),
        ((0.9e-6, 9e-6), "Worth it in part: ", "take about as much energy as"),
        ((1e-7, 9e-7), "Worth it in part: ", "take 2.00× more energy than"),
    ],
)
def test_on_a_chip_that_nobody_measured_ranges_that_overlap_count_as_equal(
    ends: tuple[float, float], begins: str, words: str
) -> None:
    rows, nominal = devices(1.0, 2e-4), 5e-7 if ends[1] < 1e-6 else 2e-6
    between = Range(low=ends[0], nominal=nominal, high=ends[1])
    rows[2] = rows[2].model_copy(update={"total_j": between})
    text = verdict(rows, DONE, use(), chip(name="Xylo"))
    assert text.startswith(begins)
    assert words in text
    assert (
        "at full load; no network was measured on Xylo, so ranges that overlap count as equal. "
        in text
    )
    assert len(re.findall(r"[.](?= |$)", text)) == 3
    assert "no network was measured" not in verdict(rows, DONE, use(), chip())


def test_a_model_that_charges_no_static_power_while_the_host_works_speaks_of_none() -> None:
    dear = chip(core_dynamic=1.0, chip_static=50.0)
    for model, work in (("0.1", "the cores work"), ("0.2", "the host works")):
        text = verdict(devices(5e-6, 2e-4), DONE, use(), dear, model)
        assert f"static power while {work} is" in text
    assert "static power while the cores work is 93 % of" in verdict(
        devices(5e-6, 2e-4), DONE, use(), dear, "0.1"
    )
    assert "cost model 0.1 was not compared with measurements, so ranges" in verdict(
        devices(5e-6, 2e-4), DONE, use(), dear, "0.1"
    )


def test_with_a_rate_powers_are_compared() -> None:
    text = verdict(devices(5e-6, 2e-4, watts=(1.0, 1e-3)), DONE, use(), chip())
    assert text.startswith("Worth it in part: ")
    assert (
        "the whole chip with the host draws 1,000× more power than a dense GRU (a processor) at"
        in text
    )
    assert "at this rate. " in text


def test_a_rate_that_is_not_kept_up_with_is_no_use() -> None:
    text = verdict(devices(5e-6, 2e-4), DONE, use(keeps_up=False, busy=flat(2.5)), chip())
    assert text.startswith("Not usable at this rate, which would keep cores and host busy 250.00 %")


def test_a_missed_deadline_is_no_use() -> None:
    late = use(deadline_met=False, deadline_s=1e-4)
    text = verdict(devices(5e-6, 2e-4), DONE, late, chip())
    assert text.startswith("Not usable, because an answer misses 100 µs: ")


def test_a_chip_that_cannot_run_it_is_a_reference_only() -> None:
    text = verdict(devices(5e-6, 2e-4), DONE, use(), chip(runs=False))
    assert text.startswith("It cannot run there, so this is a reference only: ")


def test_several_chips_have_a_plural() -> None:
    text = verdict(devices(5e-6, 2e-4), DONE, use(), chip(chips=3))
    assert "and all 3 chips with the host take 20.0× less" in text
    assert "a second all 3 chips draw less power" in text


@pytest.mark.parametrize(
    ("rate", "text"),
    [
        (
            None,
            "the whole chip draws less power than the one on a processor at no rate that can be",
        ),
        (0.0, "the whole chip draws less power than the one on a processor at every rate"),
    ],
)
def test_without_a_rate_that_parts_them_the_verdict_says_so(rate: float | None, text: str) -> None:
    assert text in verdict(devices(5e-6, 2e-4), DONE, use(rate), chip())


def test_figures_of_zero_have_sentences() -> None:
    nothing = chip(core_dynamic=0.0, core_static=0.0, chip_static=0.0, host=0.0)
    rows = devices(0.0, 0.0)
    free = [row.model_copy(update={"total_j": flat(0.0), "dynamic_j": flat(0.0)}) for row in rows]
    text = verdict(free, {"spike": flat(0.0)}, use(), nothing)
    assert text.startswith(
        "No clear gain: the operations of the cores take about as much energy as"
    )
    assert "0 % of these operations" in text
    dear = [*free[:2], *rows[2:4], *devices(1e-6, 1e-6)[4:]]
    assert "take more energy than" in verdict(rows[:2] + free[2:], DONE, use(), chip())
    assert "takes less energy than a dense GRU (a processor)" in verdict(
        dear, {"spike": flat(0.0)}, use(), nothing
    )


@pytest.mark.parametrize(
    ("energy", "words"),
    [
        ({"host": 50.0}, "the host is 88 % of the whole. .* fewer steps or fewer input events the"),
        ({"chip_static": 50.0}, "static power while the host works is 69 % of the whole"),
        ({"core_dynamic": 50.0}, "the operations are 85 % of the whole. .* the same the second"),
    ],
)
def test_every_scope_of_the_whole_has_its_own_remedy(energy: dict[str, float], words: str) -> None:
    assert re.search(words, verdict(devices(5e-6, 2e-4), DONE, use(), chip(**energy)))


@pytest.mark.parametrize("constant", Operations.model_fields)
def test_every_part_has_its_own_remedy(constant: str) -> None:
    part = OPERATIONS[constant]
    text = verdict(devices(5e-6, 2e-4), {constant: flat(1.0)}, use(), chip())
    subject, remedy = (text_of[0].upper() + text_of[1:] for text_of in (part.subject, part.remedy))
    assert f"{subject} {part.verb} 100 % of these operations" in text
    assert f"{remedy} would change the first most" in text
