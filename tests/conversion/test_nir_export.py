"""What NIR can say is written, what it cannot is refused with the reason."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from programs import random_program, random_sequences, with_readout

from conversion.nir_export import export_nir
from hardware.errors import SettingError
from hardware.runs.run import run

nir = pytest.importorskip("nir")


@pytest.mark.parametrize("emit", ["binary", "state"])
@pytest.mark.parametrize("kind", ["count", "leaky", "step"])
def test_the_readout_in_nir_computes_the_scores(emit: str, kind: str, tmp_path: Path) -> None:
    program = random_program(3, emit=emit, readout=kind)
    program = with_readout(program, replace(program.readout, shift=0))  # nothing rounds
    trace = run(program, random_sequences(3, 3, [9]), engine="numpy")
    graph = nir.read(export_nir(program, tmp_path / "r.nir"))
    weights = graph.nodes["weights"]
    emitted = trace.emitted[0] * 2.0 ** -program.layers[0].cell.event_fraction
    currents = emitted @ weights.weight.T + weights.bias
    expected = trace.scores * 2.0**program.readout.exponent
    if kind == "step":
        assert np.allclose(currents, expected)
    elif kind == "count":
        assert np.allclose(currents.sum(0) * graph.nodes["integrate"].r, expected[0])
    else:
        node, v = graph.nodes["integrate"], np.zeros(2)
        for current in currents:
            v = v + (node.v_leak - v + node.r * current) / node.tau
        # Integers round what leaks, by up to one step at each step.
        assert np.allclose(v, expected[0], atol=9 * 2.0**program.readout.exponent)


@pytest.mark.parametrize("window", [1, 3, 20])
def test_a_sliding_window_in_nir_takes_out_what_leaves_it(window: int, tmp_path: Path) -> None:
    program = random_program(3, readout="sliding", window=window)
    program = with_readout(program, replace(program.readout, shift=0))  # nothing rounds
    trace = run(program, random_sequences(3, 3, [9]), engine="numpy")
    graph = nir.read(export_nir(program, tmp_path / "r.nir"))
    weights, delay, negate = (graph.nodes[name] for name in ("weights", "delay", "negate"))
    assert ("weights", "delay") in graph.edges
    assert ("delay", "negate") in graph.edges
    assert ("negate", "integrate") in graph.edges
    currents = trace.emitted[0] @ weights.weight.T + weights.bias
    steps = int(delay.delay[0])
    delayed = np.vstack([np.zeros((steps, 2)), currents])[: len(currents)]
    found = ((currents + negate.scale * delayed) * graph.nodes["integrate"].r).sum(0)
    assert np.allclose(found, trace.scores[0] * 2.0**program.readout.exponent)


def test_a_tumbling_window_is_refused_with_the_reason(tmp_path: Path) -> None:
    program = random_program(3, readout="tumbling")
    with pytest.raises(SettingError, match="'tumbling', and NIR has no node for a sum that begin"):
        export_nir(program, tmp_path / "r.nir")
    assert not list(tmp_path.iterdir())


def test_the_encoder_in_nir_standardises(tmp_path: Path) -> None:
    program = random_program(4)
    affine = nir.read(export_nir(program, tmp_path / "e.nir", "encoder")).nodes["standardise"]
    frame = np.array([0.25, -0.5, 0.125])
    rounded = program.encoder.rounded(frame) * 2.0**program.encoder.exponent
    assert np.allclose(affine.weight @ frame + affine.bias, rounded, atol=2**-5)


def test_a_gated_layer_is_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(
        SettingError, match="layer 0 is gated .*NIR has no node for that: export part"
    ):
        export_nir(random_program(1), tmp_path / "all.nir", "all")
    assert not list(tmp_path.iterdir())


def test_an_encoder_of_tokens_is_refused_with_the_reason(tmp_path: Path) -> None:
    program = random_program(0, encoder="tokens")
    with pytest.raises(SettingError, match="NIR has no node for them: export part"):
        export_nir(program, tmp_path / "p.nir", "encoder")
    assert export_nir(program, tmp_path / "p.nir", "readout").exists()
