"""Handwritten digits by rows and by pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from packages_of_data import put_digits

from hardware.errors import InputError
from spiking_gru import data
from spiking_gru.data.sources.digits import digits, digits_pixels


def test_digits_are_those_that_scikit_learn_itself_loads() -> None:
    load_digits = pytest.importorskip("sklearn.datasets").load_digits
    images, labels = load_digits(return_X_y=True)
    arrays, order = digits(), np.random.default_rng(0).permutation(1797)
    for part, chosen in (("test", order[:539]), ("train", order[539:])):
        assert np.array_equal(arrays[f"{part}_values"], images[chosen].reshape(-1, 8))
        assert np.array_equal(arrays[f"{part}_labels"], labels[chosen])


def test_digits_keep_the_fingerprint_that_runs_name() -> None:
    pytest.importorskip("sklearn")
    expected = "0921597332b8b58cf4a99a357fbd4b3401afe92eab647a91cf5145f69c2ac030"
    assert data.load("digits").fingerprint == expected


def test_pixels_are_the_same_images_in_64_frames(site: Path) -> None:
    put_digits(site)
    rows, pixels = digits(), digits_pixels()
    assert pixels["test_values"].shape == (18 * 64, 1)
    assert set(pixels["test_lengths"].tolist()) == {64}
    assert np.array_equal(rows["test_values"].ravel(), pixels["test_values"].ravel())
    assert np.array_equal(rows["test_labels"], pixels["test_labels"])


def test_a_file_of_another_form_is_named(site: Path) -> None:
    put_digits(site)
    place = site / "sklearn" / "datasets" / "data" / "digits.csv.gz"
    place.write_bytes(b"1,2,3\n")
    with pytest.raises(InputError, match=r"digits\.csv\.gz: not 64 pixels and a digit a line"):
        digits()
