"""What `convert --explain` says of a conversion, against its network and a run of its program."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import random_network
from programs import random_sequences

from conversion import Explanation, conversion_of, explain
from hardware.definition.arithmetic import WORD_BITS
from hardware.definition.cell import step
from hardware.definition.emission import EMISSIONS
from hardware.definition.formulation import FORMULATIONS
from hardware.engines.reference import product_of, synapses
from hardware.runs.run import run


def by_name(rows: list[Explanation]) -> dict[tuple[str, str, str], Explanation]:
    return {(row.layer, row.gate, row.quantity): row for row in rows}


@pytest.mark.parametrize("formulation", FORMULATIONS)
def test_every_gate_has_its_matrices_and_its_bias_and_only_what_it_receives(
    formulation: str,
) -> None:
    row = FORMULATIONS[formulation]
    rows = explain(conversion_of(random_network(0, formulation=formulation, layers=2)))
    expected = [
        (f"layer {i}", gate, quantity)
        for i in range(2)
        for gate in row.gates
        for quantity in "WUb"
        if gate in {"W": row.input_gates, "U": row.recurrent_gates, "b": row.gates}[quantity]
    ]
    assert list(by_name(rows)) == [*expected, ("readout", "", "V"), ("readout", "", "b")]


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 1000),
    formulation=st.sampled_from(list(FORMULATIONS)),
    emit=st.sampled_from(list(EMISSIONS)),
    bits=st.integers(2, 8),
)
def test_integers_stand_for_the_floats_to_half_a_step(
    seed: int, formulation: str, emit: str, bits: int
) -> None:
    conversion = conversion_of(random_network(seed, formulation=formulation, emit=emit, bits=bits))
    for row in explain(conversion):
        assert row.worst_rounding <= 2.0**row.exponent / 2
        for real, whole in zip(row.floats, row.integers, strict=True):
            assert abs(real - whole * 2.0**row.exponent) <= row.worst_rounding
        if row.quantity in "WUV":
            assert max(map(abs, row.integers)) < 2 ** (bits - 1 if row.quantity != "V" else 7)
        assert row.headroom_bits == pytest.approx(WORD_BITS - row.bound_bits)
        assert row.headroom_bits >= 0


@pytest.mark.parametrize("formulation", FORMULATIONS)
@pytest.mark.parametrize("emit", EMISSIONS)
def test_no_run_passes_a_bound_that_is_printed(formulation: str, emit: str) -> None:
    network = random_network(1, channels=3, hidden=6, formulation=formulation, emit=emit)
    conversion = conversion_of(network)
    rows, layer = by_name(explain(conversion)), conversion.program.layers[0]
    trace = run(conversion.program, random_sequences(1, 3, [40]), engine="numpy")
    letters = {"input accumulator": "W", "recurrent accumulator": "U", "pre-activation": "b"}
    seen: set[str] = set()

    def see(quantity: str, gate: str, values: np.ndarray) -> None:
        letter = letters.get(quantity)
        if letter is not None and (layer.name, gate, letter) in rows:
            seen.add(letter)
            assert np.abs(values).max() <= rows[layer.name, gate, letter].bound

    step(
        layer.cell,
        layer.gate,
        synapses(layer.input_weights, trace.events[1:]),
        product_of(layer),
        trace.emitted[0][:-1].astype(np.int64),
        trace.membranes[0][:-1].astype(np.int64),
        see,
    )
    assert seen == {letter for name, _, letter in rows if name == layer.name}
