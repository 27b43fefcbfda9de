"""The three sentences of a report."""

from __future__ import annotations

import re

import pytest

from hardware.cost.held_out import spread
from hardware.reporting.schema import DemandFigures, DeviceFigures, Range, UseFigures
from hardware.reporting.verdict import CLEAR_OF_CHIP, CLEAR_OF_CORES, verdict

OPERATIONS = {
    "synaptic_operation_dense": 6e-7,
    "synaptic_operation_sparse": 1e-7,
    "spike": 3e-7,
}


def flat(value: float) -> Range:
    return Range(low=value, nominal=value, high=value)


def device(
    name: str, *, dynamic: float = 0.0, static: float = 0.0, host: float = 0.0, **more: object
) -> DeviceFigures:
    fields = {
        "name": name,
        "modelled": True,
        "whole": True,
        "dynamic_j": flat(dynamic),
        "static_j": flat(static),
        "host_j": flat(host),
        "total_j": flat(dynamic + static + host),
        "time_s": None,
        "power_w": None,
        "note": "",
    }
    return DeviceFigures.model_validate({**fields, **more})


def use(rate: float | None = 120.0) -> UseFigures:
    return UseFigures(
        demand=DemandFigures(rate_hz=None, frame_rate_hz=None, deadline_s=None, battery_j=None),
        busy=None,
        keeps_up=None,
        deadline_met=None,
        deadline_met_at_worst=None,
        battery_s=None,
        energy_delay_js=flat(1),
        frame_s=flat(1),
        break_even_hz={"dense GRU, GPU": rate, "dense GRU, CPU": 1.0},
    )


def devices(arithmetic: float, gpu: float) -> list[DeviceFigures]:
    """The cores take 2 µJ, the whole chip 13 µJ."""
    return [
        device("Small, cores in use", dynamic=1e-6, static=1e-6, host=2e-6, whole=False),
        device("Small, whole chip", dynamic=1e-6, static=1e-5, host=2e-6),
        device("dense GRU, int8, Digital", dynamic=arithmetic, whole=False),
        device("dense GRU, CPU", dynamic=1.0),
        device("dense GRU, GPU", dynamic=gpu),
        device("dense GRU, full GPU", dynamic=1e-9, note="256 inferences at once"),
        device("a clock", dynamic=1e-12, modelled=False),
    ]


def test_three_sentences_say_whether_it_is_worth_it_why_and_what_would_change_it() -> None:
    text = verdict(devices(1e-5, 1.3e-4), OPERATIONS, use())
    assert text == (
        "Worth it: the cores in use take 5.00× less energy than a dense GRU (int8, Digital), and "
        "the whole chip with its host takes 10.0× less energy than a dense GRU (GPU). Synaptic "
        "operations are 70% of the energy of the cores, and static power is 77% of the whole. "
        "Fewer events or sparser weights would change the cores most; above 120 inferences a "
        "second the whole chip draws less power than the GPU."
    )
    assert len(re.findall(r"[.](?= |$)", text)) == 3


@pytest.mark.parametrize(
    ("arithmetic", "gpu", "begins"),
    [
        (1e-5, 1e-4, "Worth it: "),
        (3e-6, 1e-4, "Worth it in part: "),
        (1e-7, 1e-4, "Worth it in part: "),
        (1e-5, 4e-5, "Worth it in part: "),
        (3e-6, 4e-5, "No clear gain in energy: "),
        (1e-7, 4e-5, "No clear gain in energy: "),
        (1e-7, 1e-6, "Not worth it for energy: "),
    ],
)
def test_a_ratio_within_the_error_of_the_model_is_no_gain(
    arithmetic: float, gpu: float, begins: str
) -> None:
    assert verdict(devices(arithmetic, gpu), OPERATIONS, use()).startswith(begins)


def test_what_is_within_the_error_is_about_as_much() -> None:
    assert spread("core dynamic").factor == CLEAR_OF_CORES < CLEAR_OF_CHIP
    text = verdict(devices(2e-6 * CLEAR_OF_CORES * 0.99, 1e-6), OPERATIONS, use())
    assert "the cores in use take about as much energy as a dense GRU (int8, Digital)" in text
    assert "takes 13.0× more energy than a dense GRU (GPU)" in text


def test_without_a_rate_that_pays_the_verdict_says_so() -> None:
    text = verdict(devices(1e-5, 1e-4), OPERATIONS, use(None))
    assert (
        "at no rate that it keeps up with does the whole chip draw less power than the GPU" in text
    )


@pytest.mark.parametrize(
    ("constant", "words"),
    [
        ("microcode_instruction", "The steps of neurons are 100% .* Fewer neurons or fewer steps"),
        ("neuron_update_idle", "Updates of neurons are 100% .* Fewer steps or fewer neurons"),
        ("message_out", "Messages are 100% .* Fewer spikes, or layers on fewer cores"),
        ("hop_north_south", "Messages are"),
        ("within_tile", "Messages are"),
        ("graded_payload", "Payloads of messages are .* Spikes instead of graded messages"),
        ("spike", "Making spikes is 100% .* Fewer spikes"),
    ],
)
def test_every_part_has_its_own_remedy(constant: str, words: str) -> None:
    assert re.search(words, verdict(devices(1e-5, 1e-4), {constant: 1.0}, use()))
