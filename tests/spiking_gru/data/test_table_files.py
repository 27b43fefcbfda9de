"""CSV, Parquet and NPZ files as tables: what is read, and what is refused on one line."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.errors import InputError
from spiking_gru.data import table_files
from spiking_gru.data.table_files import read_csv, read_npz, read_table

NUMBERS = st.floats(-(2.0**99), 2.0**99, width=32)


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "r.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@given(
    rows=st.integers(1, 3).flatmap(
        lambda n: st.lists(st.lists(NUMBERS, min_size=n, max_size=n), min_size=1, max_size=5)
    ),
    header=st.booleans(),
    delimiter=st.sampled_from(",;\t"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    ending=st.sampled_from(["\n", "\r\n"]),
)
def test_numbers_come_back_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[list[float]],
    header: bool,
    delimiter: str,
    quoting: int,
    ending: str,
) -> None:
    path = tmp_path_factory.mktemp("csv") / "r.csv"
    names = [f"channel {i}" if header else str(i + 1) for i in range(len(rows[0]))]
    with path.open("w", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, quoting=quoting, lineterminator=ending)
        writer.writerows([names, *rows] if header else rows)
    table = read_csv(path)
    assert list(table.columns) == names
    assert np.array_equal(table.numbers(names), np.array(rows))


@given(st.text('0.e-na,;\t"\n\r é\0\x1b', max_size=30).map(str.encode) | st.binary(max_size=20))
def test_any_bytes_are_a_table_or_refused_on_one_line(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("csv") / "r.csv"
    path.write_bytes(content)
    refusal = ""
    try:
        table = read_csv(path)
        values = table.numbers(table.columns, "zero")
        assert values.shape == (len(table), len(table.columns))
        assert np.isfinite(values).all()
    except InputError as error:
        refusal = str(error)
    assert refusal.isprintable()
    assert not refusal or refusal.startswith(str(path))


def test_a_byte_order_mark_spaces_truth_values_and_a_last_empty_line_do_no_harm(
    tmp_path: Path,
) -> None:
    table = read_csv(written(tmp_path, "\ufeffa, b\n 1 ,True\n-2e1,false\n\n"))
    assert table.numbers(["a", "b"]).tolist() == [[1, 1], [-20, 0]]


def test_columns_that_are_named_stay_text(tmp_path: Path) -> None:
    path = written(tmp_path, "day,x\n2020-01-01,1\n2020-01-02,2\n")
    table = read_csv(path, ["day"])
    assert table.columns["day"].tolist() == ["2020-01-01", "2020-01-02"]
    assert table.numbers(["x"]).tolist() == [[1], [2]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n3\n", r"r\.csv: line 3 has 1 cell, expected 2"),
        ("a,b\n1,2\n3,4,5\n", r"r\.csv: line 3 has 3 cells, expected 2"),
        ("a,b\n1,2\n3,x\n", r"r\.csv: line 3, column 'b' is 'x': expected a number"),
        ("1;2,5\n", r"line 1, column '2' is '2,5': expected a number"),
        ("a,7\n1,2\n", r"line 1, column '1' is 'a': expected a number"),
        ("a,b\n1,2\n\n3,4\n", r"r\.csv: line 3 is empty: expected a row"),
        ("a,a\n1,2\n", r"two columns are called 'a': rename"),
        (",x\n0,1\n1,2\n", r"r\.csv: columns: the name '' has 0 characters.*: rename this one"),
        ('"a\nb"\n1\n', r"r\.csv: columns: the name 'a\\nb' has 3 characters"),
        ("a,b\n", r"r\.csv: no rows, expected at least one frame"),
        ("", r"r\.csv: no columns"),
        (b"\xff\xfe1\n", r"r\.csv: not a CSV file in UTF-8"),
        ('a\n"1\n' + "2\n" * 70000, r"r\.csv: line 2: not a CSV file: field larger"),
        ("1," * 2**19 + "1", r"r\.csv: line 1 has 1048576 characters or more"),
    ],
)
def test_a_csv_file_that_is_no_table_of_numbers_is_refused_by_line(
    tmp_path: Path, text: str | bytes, message: str
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read_csv(written(tmp_path, text))
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("cell", "found"), [("", "missing"), ("NaN", "missing"), ("1e39", "1e.39")]
)
def test_a_number_that_is_missing_or_too_large_is_named_by_its_line(
    tmp_path: Path, cell: str, found: str
) -> None:
    table = read_csv(written(tmp_path, f"a,b\n1,2\n3,{cell}\n"))
    with pytest.raises(InputError, match=rf"r\.csv: line 3, column 'b' is {found}.*: expected a"):
        table.numbers(["a", "b"])


def test_a_file_over_the_limit_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "r.csv"
    with path.open("wb") as file:
        file.truncate(2**30)  # a hole: it takes no space
    with pytest.raises(InputError, match=r"it has 1073741824 bytes, the limit is"):
        read_csv(path)
    monkeypatch.setattr(table_files, "MOST_CELLS", 9)
    assert len(read_csv(written(tmp_path, "1,2,3\n" * 3))) == 3
    with pytest.raises(InputError, match=r"r\.csv: more than 9 cells by line 4: split the file"):
        read_csv(written(tmp_path, "1,2,3\n" * 5))


@pytest.mark.parametrize("ending", list(table_files.READERS))
def test_a_pipe_and_a_loop_of_links_are_not_waited_for(tmp_path: Path, ending: str) -> None:
    if ending == ".parquet":
        pytest.importorskip("pyarrow")
    os.mkfifo(tmp_path / f"pipe{ending}")
    (tmp_path / f"loop{ending}").symlink_to(f"loop{ending}")
    for name, reason in (("pipe", "not a regular file"), ("loop", "symbolic links")):
        with pytest.raises(InputError, match=rf"cannot read .*{name}{ending}: .*{reason}"):
            read_table(tmp_path / f"{name}{ending}")


def test_the_ending_says_how_a_file_is_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.xlsx: expected a file that ends in \.csv, "):
        read_table(tmp_path / "a.xlsx")


def test_an_archive_gives_its_only_array_or_the_one_called_values(tmp_path: Path) -> None:
    np.savez(tmp_path / "one.npz", x=np.eye(2))
    np.savez(tmp_path / "two.npz", values=np.eye(2), rate=3)
    np.savez(tmp_path / "bad.npz", a=np.eye(2), b=np.eye(2))
    for name in ("one", "two"):
        table = read_npz(tmp_path / f"{name}.npz")
        assert table.numbers(["1", "2"]).tolist() == [[1, 0], [0, 1]]
    with pytest.raises(InputError, match=r"the arrays a, b: expected one array, or one that"):
        read_npz(tmp_path / "bad.npz")


def test_a_parquet_file_is_a_table(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    path = tmp_path / "r.parquet"
    columns = {"day": ["mo", "tu"], "x": [1, None], "b": [True, False]}
    parquet.write_table(pyarrow.table(columns), path)
    table = read_table(path, ["day"])
    assert list(table.columns) == ["day", "x", "b"]
    assert table.numbers(["x", "b"], "hold").tolist() == [[1, 1], [1, 0]]
    with pytest.raises(InputError, match=r"r\.parquet: row 2, column 'x' is missing"):
        table.numbers(["x"])
    with pytest.raises(InputError, match=r"r\.parquet: row 1, column 'day' is 'mo': expected a n"):
        table.numbers(["day"])


def test_a_parquet_file_that_is_damaged_or_unpacks_too_far_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    path = tmp_path / "r.parquet"
    parquet.write_table(pyarrow.table({"x": np.zeros(100_000)}), path)
    monkeypatch.setattr(table_files, "MOST_CELLS", 99_999)
    with pytest.raises(InputError, match=r"r\.parquet: 100000 cells of \d+ bytes, the limit is"):
        read_table(path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match=r"r\.parquet: not a readable Parquet file: "):
        read_table(path)


def test_without_pyarrow_an_error_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(ImportError, match=r'needs pyarrow: pip install "spiking-gru\[parquet\]"'):
        read_table(tmp_path / "r.parquet")
