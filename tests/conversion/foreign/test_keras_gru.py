"""Keras' arrays are read as Keras computes with them: its equations, transcribed on their own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import random_sequences

from conversion import from_keras_weights
from conversion.foreign.floating import scores
from conversion.foreign.keras_gru import from_keras_arrays
from hardware.errors import InputError


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def keras_gru(x: np.ndarray, kernel, recurrent_kernel, bias, reset_after: bool) -> np.ndarray:  # type: ignore[no-untyped-def]
    """Every state of one sequence, as Keras' GRUCell.call computes it, gates z, r, h."""
    units = recurrent_kernel.shape[0]
    if bias is None:
        input_bias = recurrent_bias = np.zeros(3 * units)
    elif reset_after:
        input_bias, recurrent_bias = bias
    else:
        input_bias, recurrent_bias = bias, None
    h, states = np.zeros(units), []
    for frame in x:
        matrix_x = frame @ kernel + input_bias
        x_z, x_r, x_h = np.split(matrix_x, 3)
        if reset_after:
            matrix_inner = h @ recurrent_kernel + recurrent_bias
        else:
            matrix_inner = h @ recurrent_kernel[:, : 2 * units]
        z = sigmoid(x_z + matrix_inner[:units])
        r = sigmoid(x_r + matrix_inner[units : 2 * units])
        if reset_after:
            recurrent_h = r * matrix_inner[2 * units :]
        else:
            recurrent_h = (r * h) @ recurrent_kernel[:, 2 * units :]
        hh = np.tanh(x_h + recurrent_h)
        h = z * h + (1 - z) * hh
        states.append(h)
    return np.array(states)


def random_layer(rng: np.random.Generator, inputs: int, units: int, bias: str) -> list:
    shapes = {"two": (2, 3 * units), "one": (3 * units,), "none": None}
    shape = shapes[bias]
    return [
        rng.normal(size=(inputs, 3 * units)),
        rng.normal(size=(units, 3 * units)),
        None if shape is None else rng.normal(size=shape),
    ]


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    units=st.lists(st.integers(1, 5), min_size=1, max_size=3),
    bidirectional=st.booleans(),
    reset_after=st.booleans(),
    has_bias=st.booleans(),
    reads=st.sampled_from(["last", "mean", "step"]),
)
def test_what_is_read_computes_what_keras_computes(
    seed: int, units: list, bidirectional: bool, reset_after: bool, has_bias: bool, reads: str
) -> None:
    rng = np.random.default_rng(seed)
    directions, width, layers = 1 + bidirectional, 3, []
    kind = ("two" if reset_after else "one") if has_bias else "none"
    for size in units:
        layers.append([random_layer(rng, width, size, kind) for _ in range(directions)])
        width = size * directions
    head = [rng.normal(size=(width, 2)), rng.normal(size=2)]
    sequences = random_sequences(seed, 3, [5, 1, 3])
    expected = []
    for frames in sequences:
        x, ends = frames.astype(np.float64), [frames]
        for level in layers:
            states = [
                keras_gru(x[::-1] if backward else x, *layer, reset_after)
                for backward, layer in enumerate(level)
            ]
            ends = [h[-1] for h in states]
            x = np.concatenate([h[::-1] if i else h for i, h in enumerate(states)], axis=1)
        seen = {"last": np.concatenate(ends), "mean": x.mean(axis=0), "step": x}[reads]
        expected.append(np.atleast_2d(seen @ head[0] + head[1]))

    def arrays(i: int) -> object:
        if len(layers) == directions == 1:
            return layers[0][0][i]
        return [
            tuple(layer[i] for layer in level) if bidirectional else level[0][i] for level in layers
        ]

    gru = from_keras_weights(
        arrays(0), arrays(1), arrays(2) if has_bias else None,
        reset_after=reset_after, head=head, reads=reads,
    )  # fmt: skip
    np.testing.assert_allclose(scores(gru, sequences), np.concatenate(expected), atol=1e-9)

    named = {"head_kernel": head[0], "head_bias": head[1]}
    if not has_bias:
        named["reset_after"] = np.array(reset_after)
    single = len(layers) == 1
    for i, level in enumerate(layers):
        for layer, end in zip(level, ("", "_backward"), strict=False):
            for name, array in zip(("kernel", "recurrent_kernel", "bias"), layer, strict=True):
                if array is not None:
                    named[f"{name}{end if single else f'_{i}{end}'}"] = array
    again = from_keras_arrays(named, reads)
    assert again.reset_after is reset_after
    assert scores(again, sequences).tolist() == scores(gru, sequences).tolist()


def test_the_bias_must_be_the_one_that_reset_after_has() -> None:
    kernel, recurrent, two = random_layer(np.random.default_rng(0), 3, 4, "two")
    with pytest.raises(InputError, match=r"shape \(2, 12\), expected \(12,\) with reset_after=Fal"):
        from_keras_weights(kernel, recurrent, two, reset_after=False)
    with pytest.raises(
        InputError, match=r"shape \(12,\), expected \(2, 12\) with reset_after=True"
    ):
        from_keras_weights(kernel, recurrent, two[0], reset_after=True)


def test_layers_that_do_not_fit_together_are_refused() -> None:
    kernel, recurrent, bias = random_layer(np.random.default_rng(0), 3, 4, "two")
    with pytest.raises(InputError, match="layer 1 takes 3 inputs, but layer 0 gives 4"):
        from_keras_weights([kernel, kernel], [recurrent, recurrent], [bias, bias])
    with pytest.raises(InputError, match=r"with \[1, 1\], \[1\] and \[1, 1\] directions"):
        from_keras_weights([kernel, kernel], [recurrent], [bias, bias])
    with pytest.raises(InputError, match=r"expected \(3 · units, inputs\)"):
        from_keras_weights(kernel[:, :9], recurrent, bias)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"gamma": np.ones(4)}, "the arrays are bias, gamma, .*expected kernel"),
        ({"kernel": None}, "the arrays are bias, .*expected kernel"),
        ({"recurrent_kernel": None}, "layer 0: no recurrent kernel"),
        ({"bias": None}, "without a bias, the array reset_after must say true or false"),
        ({"reset_after": np.array("false")}, "array reset_after is false, expected true or false"),
        ({"reset_after": np.array([1, 0])}, r"reset_after has shape \(2,\), expected one true or"),
        ({"recurrent_kernel": np.array(3.0)}, r"layer 0: the recurrent kernel has shape \(\)"),
        ({"bias": np.ones((3, 12))}, r"shape \(3, 12\), expected \(2, 12\)"),
    ],
)
def test_arrays_that_are_no_gru_are_refused(change: dict, message: str) -> None:
    names = ("kernel", "recurrent_kernel", "bias")
    layer = random_layer(np.random.default_rng(0), 3, 4, "two")
    arrays = dict(zip(names, layer, strict=True)) | change
    with pytest.raises(InputError, match=message):
        from_keras_arrays({name: array for name, array in arrays.items() if array is not None})
