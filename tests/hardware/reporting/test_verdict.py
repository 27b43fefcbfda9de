from __future__ import annotations

from dataclasses import replace

import pytest
from reports import MEASURED

from hardware.reporting.schema import ChipFigures, Energy, Latency, Range
from hardware.reporting.verdict import verdict


def figures(dynamic: float, static: float, host: float) -> ChipFigures:
    def flat(value: float) -> Range:
        return Range(low=value, nominal=value, high=value)

    return ChipFigures(
        name="Small",
        cores=1,
        runs_gated_neurons=True,
        note="",
        inherited={},
        energy_j=Energy(core_dynamic=flat(dynamic), core_static=flat(static), host=flat(host)),
        latency_s=Latency(core=flat(1), host=flat(1)),
    )


def test_the_verdict_says_what_wins_by_how_much_in_which_scope_and_what_would_change_it() -> None:
    text = verdict(
        figures(1e-6, 1e-6, 2e-6),
        {"synaptic_operation_dense": 6e-7, "synaptic_operation_sparse": 1e-7, "spike": 3e-7},
        {"a dense GRU": 3e-6, "one that skips": 5e-7, "an equal": 1.05e-6},
        {"CPU": 9e-4, "GPU": 4e-4},
        2.0,
    )
    assert text == (
        "On the cores alone an inference takes 1.00 µJ on Small: 3.0× less than a dense GRU "
        "(3.00 µJ), 2.0× more than one that skips (500 nJ) and about as much as an equal "
        "(1.05 µJ). 70% of it is synaptic operations, so fewer events or sparser weights would "
        "change it most. With static power and the host it takes 4.00 µJ, of which the host is "
        "50%: 100.0× less than a dense GRU on a GPU (400 µJ). An average synapse sees 2.00 events "
        "an inference, above the published break-even band of 0.15 to 1.38."
    )


def test_the_verdict_holds_the_time_of_core_and_host_against_what_was_measured() -> None:
    measured = replace(MEASURED, least_s=4.0, median_s=5.0)
    arguments = (figures(1, 3, 2), {"spike": 1.0}, {"x": 1.0}, {"y": 1.0}, 0.1)
    text = verdict(*arguments, measured)
    assert text.startswith(verdict(*arguments))
    assert text.endswith(
        " With the host it takes 2.00 s, 2.5× less than a GRU, on a machine (5.00 s)."
    )


@pytest.mark.parametrize(
    ("constant", "words"),
    [
        ("neuron_update_idle", "neuron updates, so fewer steps or fewer neurons"),
        ("message_out", "messages, so fewer spikes, or layers on fewer cores"),
        ("hop_north_south", "messages, so fewer spikes"),
        ("within_tile", "messages, so fewer spikes"),
        ("spike", "making spikes, so fewer spikes"),
    ],
)
def test_every_part_has_its_own_remedy(constant: str, words: str) -> None:
    assert words in verdict(figures(1, 3, 2), {constant: 1.0}, {"x": 1.0}, {"y": 1.0}, 0.1)


@pytest.mark.parametrize(("events", "place"), [(0.1, "below"), (0.5, "inside"), (2.0, "above")])
def test_the_verdict_places_the_program_in_the_break_even_band(events: float, place: str) -> None:
    text = verdict(figures(1, 3, 2), {"spike": 1.0}, {"x": 1.0}, {"y": 1.0}, events)
    assert f"{place} the published" in text
    assert "of which static power is 50%" in text
