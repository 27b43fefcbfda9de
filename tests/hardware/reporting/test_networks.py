"""The networks that a report compares: their sizes, their metrics, and what an inference takes."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace

import pytest
from pages import Page
from programs import random_program
from reports import LSTM, PROGRAM, SEQUENCES
from rich.console import Console

from hardware.cost.dense_gru import dense_gru
from hardware.errors import SettingError
from hardware.reporting import (
    Report,
    Study,
    TrainedNetwork,
    make_report,
    print_report,
    render_page,
    study,
)
from hardware.reporting.markup import SHOWN, Figures
from hardware.runs.run import run


def table(report: Report) -> list[str]:
    text = io.StringIO()
    print_report(report, Console(file=text, width=80))
    return text.getvalue().splitlines()


def test_networks_stand_in_the_order_given_and_the_program_last(report: Report) -> None:
    assert [network.name for network in report.networks] == [
        "lstm",
        "float",
        "quantised",
        "deployed",
    ]
    assert [network.dense for network in report.networks] == [True, False, False, False]
    assert report.network("lstm").title == "torch.nn.LSTM"
    assert report.network("float").title == "spiking GRU, float"
    assert report.deployed is report.network("deployed")
    with pytest.raises(SettingError, match="unknown network 'lst': did you mean 'lstm'"):
        report.network("lst")


def test_a_dense_network_meets_its_weights_at_every_step(report: Report) -> None:
    found = report.network("lstm")
    steps = SEQUENCES.lengths.mean()
    assert found.operations == pytest.approx(steps * (200 + 20))
    # A weight is read for each multiply-accumulate, from a memory of 8 kB.
    assert found.energy_j == pytest.approx(
        {
            "int8": found.operations * (0.3 + 1.25) * 1e-12,
            "int8_arithmetic": found.operations * 0.3e-12,
            "fp32": found.operations * (4.6 + 4 * 1.25) * 1e-12,
            "fp32_arithmetic": found.operations * 4.6e-12,
        }
    )
    assert (found.hidden, found.parameters, found.spikes) == (5, 300, None)


@pytest.mark.parametrize(("readout", "answers"), [("last", 1), ("mean", 21 / 4), ("step", 21 / 4)])
def test_a_dense_network_answers_as_often_as_the_program(readout: str, answers: float) -> None:
    program = random_program(4, hidden=(6, 4), outputs=3, readout=readout)
    found = study(program, run(program, SEQUENCES))
    report = make_report(found, dataset="small", trained={"lstm": LSTM})
    assert report.network("lstm").operations == pytest.approx(200 * 21 / 4 + 20 * answers)


def test_a_network_with_the_programs_own_weights_costs_what_the_dense_gru_does(
    measured: Study,
) -> None:
    layers = sum(x.input_weights.size + x.recurrent_weights.size for x in PROGRAM.layers)
    same = replace(LSTM, layer_weights=layers, readout_weights=PROGRAM.readout.weights.size)
    report = make_report(measured, dataset="small", trained={"same": same})
    expected = dense_gru(PROGRAM, measured.counts)
    assert report.network("same").operations == expected.multiply_accumulates.mean()
    for name, energy in report.dense_gru.formats.items():
        found = report.network("same").energy_j
        assert found[f"{name}_arithmetic"] == energy.arithmetic_j.nominal
        assert found[name] < energy.with_memory_j.nominal  # its values are not known


def test_the_program_has_its_own_size_spikes_operations_and_energy(report: Report) -> None:
    deployed = report.deployed
    assert deployed.hidden is None, "its layers have 6 and 4 neurons"
    weights = 3 * 6 * (3 + 6) + 3 * 4 * (6 + 4) + 4 * 3
    biases = 3 * 6 + 6 + 3 * 4 + 4 + 3
    assert deployed.parameters == weights + biases
    assert deployed.spikes == report.per_inference.spikes.mean
    assert deployed.operations == report.per_inference.synaptic_operations.mean
    assert deployed.energy_j == {"core_dynamic": report.energy_j.core_dynamic.nominal}


def test_what_is_not_known_of_a_network_is_left_open(measured: Study) -> None:
    report = make_report(measured, dataset="small", trained={"a rival": {"accuracy": 0.5}})
    rival = report.network("a rival")
    assert rival.title == "a rival"
    assert rival.metrics["macro_f1"] is None
    assert rival.hidden is rival.parameters is rival.operations is None
    assert rival.energy_j == {}
    (row,) = [line for line in table(report) if "a rival" in line]
    assert re.search(r"a rival +│ +50.00 % │ +– │", row)
    assert "Size of each network" not in Page(render_page(report, measured)).text


def test_the_terminal_shows_size_operations_and_energy_of_each_network(report: Report) -> None:
    lines = table(report)
    assert max(map(len, [line for line in lines if "│" in line or "┃" in line])) <= 80
    (row,) = [line for line in lines if "torch.nn.LSTM" in line and "300" in line]
    assert re.search(r"LSTM +│ +5 │ +300 │ +1,155 │ +1.79 nJ │", row)
    assert "dense networks: multiply-accumulates, int8 with memory; program: synaptic" in " ".join(
        lines
    )


def test_alone_the_program_is_compared_with_nothing(measured: Study) -> None:
    report = make_report(measured, dataset="small")
    assert "parameters" not in " ".join(table(report))
    assert "Size of each network" not in Page(render_page(report, measured)).text


def test_the_page_has_a_row_for_each_network_and_every_figure_is_that_of_the_json(
    report: Report, measured: Study
) -> None:
    page = Page(render_page(report, measured))
    content = Figures(json.loads(json.dumps(report.as_json())))
    shown = {pointer: (float(value), text) for pointer, value, text in page.figures}
    assert "/networks/3/spikes" in shown
    for place in ("hidden", "parameters", "operations", "energy_j/int8", "energy_j/fp32"):
        pointer = f"/networks/0/{place}"
        assert shown[pointer][0] == content.at(pointer)
        assert any(shown[pointer][1] == way(shown[pointer][0]) for way in SHOWN.values())
    assert "/networks/3/energy_j/core_dynamic" in shown
    assert page.text.count("torch.nn.LSTM") >= 2


def test_a_title_is_text_and_no_markup(measured: Study) -> None:
    named = TrainedNetwork({"accuracy": 0.5}, title="<i>[red]$x_")
    report = make_report(measured, dataset="small", trained={"odd": named})
    assert any("<i>[red]$x_" in line for line in table(report))
    assert "<i>[red]" not in render_page(report, measured)
