"""The bounds from which the engine chooses its integers, compared with what programs reach."""

from __future__ import annotations

from dataclasses import replace
from itertools import product as corners_of

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import every_cell, every_program, random_program, random_sequences, with_readout

from hardware import run
from hardware.definition.arithmetic import Integers
from hardware.definition.cell import step
from hardware.engines.magnitudes import bounds, product, width
from hardware.engines.reference import product_of, synapses
from hardware.errors import RangeError
from hardware.program.model import Program


def reached(program: Program, sequences: object) -> dict[tuple[str, str], int]:
    """The largest magnitude of every quantity that the definition shows, by layer."""
    trace = run(program, sequences, engine="numpy", strict=False)
    most: dict[tuple[str, str], int] = {}

    def see(owner: str, quantity: str, values: Integers) -> None:
        largest = int(np.abs(values).max(initial=0))
        most[owner, quantity] = max(most.get((owner, quantity), 0), largest)

    seen, number = trace.events, 0
    for level in program.levels:
        emissions = []
        for layer in level:
            emitted, membranes = trace.emitted[number].astype(np.int64), trace.membranes[number]
            number += 1
            rows = slice(0, -1) if layer.backward else slice(1, None)
            before = slice(1, None) if layer.backward else slice(0, -1)
            step(
                layer.cell,
                layer.gate,
                synapses(layer.input_weights, seen[rows]),
                product_of(layer),
                emitted[before],
                membranes[before],
                lambda quantity, _, values, name=layer.name: see(name, quantity, values),
            )
            see(layer.name, "emission", emitted)
            see(layer.name, "membrane", membranes)
            emissions.append(emitted)
        seen = np.concatenate(emissions, axis=1)
    see("readout", "score", trace.scores)
    return most


@settings(max_examples=120, deadline=None)
@given(program=every_program, cell=every_cell, steps=st.integers(2, 12))
def test_no_quantity_goes_over_its_bound(program: dict, cell: dict, steps: int) -> None:
    made = random_program(**program, **cell)
    allowed = {(bound.owner, bound.quantity): bound.magnitude for bound in bounds(made)}
    sequences = random_sequences(program["seed"], program["channels"], [steps])
    for place, largest in reached(made, sequences).items():
        assert largest <= allowed[place], place


@given(
    rows=st.lists(st.lists(st.integers(-128, 127), min_size=3, max_size=3), min_size=1, max_size=3),
    ends=st.lists(
        st.tuples(st.integers(-32767, 32767), st.integers(0, 32767)), min_size=3, max_size=3
    ),
)
def test_a_product_is_bounded_by_its_largest_at_the_corners(
    rows: list[list[int]], ends: list[tuple[int, int]]
) -> None:
    weights = np.array(rows, dtype=np.int8)
    low, high = (np.array(end, dtype=np.float64) for end in zip(*ends, strict=True))
    high += low
    corners = np.array(list(corners_of(*zip(low, high, strict=True))))
    assert np.array_equal(product(weights, low, high), np.abs(weights @ corners.T).max(axis=1))


@pytest.mark.parametrize("emit", ["binary", "signed"])
def test_bounds_are_reached_by_the_inputs_that_push_furthest(emit: str) -> None:
    """All weights are equal and the reset gate stays open: the bound is reached."""
    made = random_program(0, channels=6, hidden=(4,), emit=emit, reset_mechanism="none")
    layer = made.layers[0]
    pushed = replace(
        layer,
        input_weights=np.full_like(layer.input_weights, 100),
        recurrent_weights=np.full_like(layer.recurrent_weights, 100),
        gate=replace(
            layer.gate,
            recurrent_bias=np.full(4, 50),
            bias=np.full((3, 4), 2**17) * np.array([1, -1, 1])[:, np.newaxis],
        ),
    )
    program = replace(made, layers=(pushed,))
    frames = np.full((5, 6), 1e9)
    allowed = {(bound.owner, bound.quantity): bound.magnitude for bound in bounds(program)}
    found = reached(program, [frames])
    for quantity in ("input accumulator", "recurrent accumulator", "reset product"):
        assert found["layer 0", quantity] == allowed["layer 0", quantity]


def broken(what: str) -> Program:
    made = random_program(0, emit="state" if what == "emission" else "binary")
    layer, readout = made.layers[0], made.readout
    if what == "emission":
        return replace(made, layers=(replace(layer, initial_membrane=np.full(5, 2**30)),))
    if what == "membrane":
        layer = replace(layer, initial_membrane=np.full(5, 2**30))
        return with_readout(replace(made, layers=(layer,)), replace(readout, kind="last"))
    if what == "score":
        return with_readout(made, replace(readout, shift=60))
    shift = np.array([0, 2**31 - 1, 0])
    return replace(made, layers=(replace(layer, gate=replace(layer.gate, input_shift=shift)),))


@pytest.mark.parametrize("engine", ["numpy", "events"])
@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("emission", "layer 0: the emission can reach .*, over 3.28e.04"),
        ("membrane", "layer 0: the last membrane on the gate grid can reach .*, over 3.28e.04"),
        ("shift", "layer 0: the shifted input can reach .*, over 4.61e.18"),
        ("score", "readout: the current can reach .*, over 4.61e.18"),
    ],
)
def test_no_engine_wraps_silently(engine: str, what: str, message: str) -> None:
    with pytest.raises(RangeError, match=f"{message}: no engine can compute it exactly"):
        run(broken(what), random_sequences(0, 3, [2]), engine=engine)


def test_a_membrane_whose_mix_leaves_32_bits_is_mixed_in_64() -> None:
    """z · (h − c) is largest where the gate keeps, and the candidate is at the other end."""
    made = random_program(
        0, reset_mechanism="none", gate_fraction=10, state_fraction=14, initial=True
    )
    layer, one = made.layers[0], 2**14
    kept = replace(
        layer,
        initial_membrane=np.full(5, 2**21 - 1),
        gate=replace(layer.gate, bias=np.repeat([[0], [2**22], [-(2**22)]], 5, axis=1)),
    )
    program = replace(made, layers=(kept,))
    assert not width(program).narrow
    sequences = random_sequences(0, 3, [4])
    expected = run(program, sequences, engine="numpy")
    assert (expected.membranes[0] > 2**21 - one).all()
    assert np.array_equal(run(program, sequences).membranes[0], expected.membranes[0])


def test_a_gate_sum_that_leaves_32_bits_is_added_in_64() -> None:
    """On grids as coarse as these the half of σ is added to the whole pre-activation."""
    made = random_program(0, gate_fraction=10, state_fraction=8, initial=True)
    layer = made.layers[0]
    open_gates = np.repeat([[2**31 - 1], [2**31 - 1], [0]], 5, axis=1)
    mute = replace(
        layer,
        input_weights=np.zeros_like(layer.input_weights),
        recurrent_weights=np.zeros_like(layer.recurrent_weights),
        gate=replace(layer.gate, bias=open_gates),
    )
    program = replace(made, layers=(mute,))
    assert not width(program).narrow
    sequences = random_sequences(0, 3, [4])
    expected = run(program, sequences, engine="numpy", strict=False)
    found = run(program, sequences, strict=False)
    assert np.array_equal(found.membranes[0], expected.membranes[0])


def test_a_shift_of_nothing_is_nothing_however_far() -> None:
    made = random_program(0)
    layer = made.layers[0]
    still = replace(
        layer,
        input_weights=np.zeros_like(layer.input_weights),
        gate=replace(layer.gate, input_shift=np.array([2**31 - 1, -(2**31), 0])),
    )
    program = replace(made, layers=(still,))
    assert width(program).narrow
    sequences = random_sequences(0, 3, [6])
    expected = run(program, sequences, engine="numpy")
    assert np.array_equal(run(program, sequences).scores, expected.scores)


@pytest.mark.parametrize("far", [15, 16, 24, 31, 32, 40, 63, 64, 100, 2**31 - 1])
def test_a_shift_to_the_right_floors_however_far(far: int) -> None:
    """A negative value ends at −1, not at 0."""
    made = random_program(0, channels=9, hidden=(9,), formulation="keep")
    layer = made.layers[0]
    shifts = np.full(3, -far)
    gate = replace(layer.gate, input_shift=shifts, recurrent_shift=shifts)
    program = replace(
        made,
        encoder=replace(made.encoder, limit=2**12, gain=1e6 * made.encoder.gain),
        layers=(replace(layer, gate=gate),),
        readouts=(replace(made.readout, shift=-far),),
    )
    sequences = random_sequences(0, 9, [12])
    expected = run(program, sequences, engine="numpy")
    found = run(program, sequences)
    assert np.array_equal(found.membranes[0], expected.membranes[0])
    assert np.array_equal(found.scores, expected.scores)
