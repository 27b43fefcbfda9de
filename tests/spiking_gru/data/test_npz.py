from __future__ import annotations

import os
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from mutations.data_files import archive, npy
from mutations.zips import archive_of, bomb, entry

from hardware.errors import InputError
from spiking_gru import data
from spiking_gru.data.npz import ALWAYS_UNPACKED, MOST_TIMES, read_arrays

PLAIN = "{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }"


def refused(path: Path, content: bytes) -> str:
    """Why a file is refused, on one line, and without the memory that it asks for."""
    path.write_bytes(content)
    tracemalloc.start()
    with pytest.raises(InputError) as caught:
        read_arrays(path)
    assert tracemalloc.get_traced_memory()[1] < 8 * 2**20 + 2 * len(content)
    tracemalloc.stop()
    assert str(caught.value).startswith(f"{path}: not a readable .npz file of plain numbers: ")
    assert str(caught.value).isprintable()
    return str(caught.value)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("kind", ["<f4", ">f8", "i1", "?", "U3", "u8"])
def test_arrays_come_back_as_numpy_wrote_them(tmp_path: Path, save: object, kind: str) -> None:
    arrays = {
        "a": np.ones((3, 2), kind),
        "b/c": np.asfortranarray(np.arange(6).reshape(2, 3)).astype(kind),
        "empty": np.zeros((0, 5), kind),
        "one": np.array(1).astype(kind),
    }
    save(tmp_path / "d.npz", **arrays)  # type: ignore[operator]
    found = read_arrays(tmp_path / "d.npz")
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        assert np.array_equal(found[name], array)


def test_two_megabytes_that_ask_for_two_gigabytes_are_refused(tmp_path: Path) -> None:
    packed = bomb(zipfile.ZIP_DEFLATED) * 4
    local, central = entry(b"values.npy", packed, method=zipfile.ZIP_DEFLATED, size=2**31)
    content = archive_of([local], [central])
    assert len(content) < 3 * 2**20
    assert f"bytes unpack to {2**31}, the limit is" in refused(tmp_path / "d.npz", content)


def test_a_bomb_that_says_it_is_small_is_not_unpacked_further(tmp_path: Path) -> None:
    packed = bomb(zipfile.ZIP_DEFLATED)
    local, central = entry(b"values.npy", packed, method=zipfile.ZIP_DEFLATED, size=2**20)
    assert refused(tmp_path / "d.npz", archive_of([local], [central]))


def test_data_that_compresses_well_is_read(tmp_path: Path) -> None:
    values = np.zeros(ALWAYS_UNPACKED // 8, np.float32)
    np.savez_compressed(tmp_path / "d.npz", values=values)
    assert values.nbytes > MOST_TIMES * (tmp_path / "d.npz").stat().st_size
    assert np.array_equal(read_arrays(tmp_path / "d.npz")["values"], values)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_can_only_be_unpacked_without_a_bound_is_refused(tmp_path: Path, method: int) -> None:
    content = archive({"values.npy": npy(PLAIN, bytes(16))}, method)
    assert f"'values' is compressed by method {method}" in refused(tmp_path / "d.npz", content)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "d.npz")
    for read in (data.load, lambda name: read_arrays(Path(name))):
        with pytest.raises(InputError, match=r"cannot read .*d.npz: not a regular file"):
            read(str(tmp_path / "d.npz"))


@pytest.mark.parametrize(
    ("member", "message"),
    [
        (npy(PLAIN.replace("4,", "1099511627776,"), bytes(16)), "its header says 43980465"),
        (npy(PLAIN, bytes(15)), "'a' has 83 bytes, but its header says 84"),
        (npy(PLAIN, bytes(17)), "'a' has 85 bytes, but its header says 84"),
        (npy(PLAIN.replace("<f4", "|O"), bytes(16)), "is not that of an array of plain numbers"),
        (npy(PLAIN.replace("4,", "-4,"), bytes(16)), "is not that of an array of plain numbers"),
        (npy("(" * 9999), "is not that of an array of plain numbers"),
        (npy("__import__('os').abort()"), "is not that of an array of plain numbers"),
        (npy(PLAIN, bytes(16), (3, 0)), r"'a' is of version (3, 0) of .npy"),
        (npy(PLAIN)[:9], "is not that of an array of plain numbers"),
        (b"\x80\x04.", "it holds 'a', which is not an array"),
        (b"", "it holds 'a', which is not an array"),
    ],
)
def test_an_array_that_is_not_as_it_says_is_refused(
    tmp_path: Path, member: bytes, message: str
) -> None:
    assert message in refused(tmp_path / "d.npz", archive({"a.npy": member}))


def test_an_array_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    member = npy(PLAIN, bytes(16))
    content = archive({"a.npy": member, "a": member})
    assert "it holds 'a' twice" in refused(tmp_path / "d.npz", content)
