"""BasicMotions from files of the form that aeon holds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from packages_of_data import put_basic_motions

from hardware.errors import InputError
from spiking_gru import data
from spiking_gru.data.sources.basic_motions import basic_motions

LINE = "@data\n1,2,3,4:5,6,7,8:9,10,11,12:Running\n"


def test_the_official_split_is_kept(site: Path) -> None:
    put_basic_motions(site)
    dataset = data.load("basic-motions")
    assert (len(dataset.training) + len(dataset.validation), len(dataset.test)) == (12, 6)
    assert dataset.classes == ("Badminton", "Running")
    assert dataset.test.labels.tolist() == [1, 0, 1, 0, 1, 0]


def test_channels_of_a_line_are_columns_of_frames(site: Path) -> None:
    put_basic_motions(site, test=LINE)
    expected = [[1, 5, 9], [2, 6, 10], [3, 7, 11], [4, 8, 12]]
    assert np.array_equal(basic_motions()["test_values"], expected)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no sequence after a line @data"),
        ("@data\n1,2:x,4:Running\n", "line 2: could not convert string to float"),
        ("@data\n\n1,2:3:Running\n", "line 3: .*expected channels of as many numbers"),
        ("@data\nRunning\n", "line 2: 0 channels"),
    ],
)
def test_a_line_of_another_form_is_named(site: Path, text: str, message: str) -> None:
    put_basic_motions(site, test=text)
    with pytest.raises(InputError, match=rf"BasicMotions_TEST\.ts: {message}"):
        basic_motions()
