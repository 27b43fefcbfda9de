"""Published event data are read where their files are; else an error says where they go."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from event_data import (
    aedat_bytes,
    bin_bytes,
    put_dvs_gesture,
    put_event_data,
    put_n_mnist,
    some_events,
    write_heidelberg,
)

from hardware import SparseSequences
from hardware.errors import InputError, MissingPackageError
from spiking_gru.data import load
from spiking_gru.data.registry import DATASETS
from spiking_gru.data.sources import heidelberg
from spiking_gru.data.sources.dvs_gesture import dvs_gesture
from spiking_gru.data.sources.files import VARIABLE, data_folder
from spiking_gru.data.sources.n_mnist import n_mnist

SETS = [name for name, source in DATASETS.items() if source.files]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    return tmp_path


def refused(fault: str, function: Callable[..., Any], *arguments: Any) -> None:
    with pytest.raises(InputError, match=fault) as found:
        function(*arguments)
    assert "\n" not in str(found.value)


@pytest.mark.parametrize("name", SETS)
def test_a_missing_file_is_named_with_its_place_and_where_it_is_published(
    name: str, root: Path
) -> None:
    files = DATASETS[name].files
    assert files is not None
    assert not files.installed
    missing = root / files.folder / files.names[0]
    refused(f"^{missing} is missing: put it there: .*{files.published}", load, name)
    assert files.install == f"put its files into $SPIKING_GRU_DATA/{name}"


def test_the_folder_of_all_data_sets_may_be_named(root: Path, monkeypatch: Any) -> None:
    assert data_folder() == root
    monkeypatch.delenv(VARIABLE)
    assert data_folder() == Path.home() / ".local/share/spiking-gru"


def test_every_set_is_read_as_sparse_parts_and_by_its_folder(root: Path) -> None:
    put_event_data(root)
    for name in SETS:
        files = DATASETS[name].files
        assert files is not None
        assert files.installed
        dataset = load(name)
        for part in (dataset.training, dataset.validation, dataset.test):
            assert isinstance(part.sequences, SparseSequences)
            assert len(part)
        assert load(str(root / files.folder)).fingerprint == dataset.fingerprint


def test_spikes_of_a_cochlea_are_counted_in_frames_of_10_ms_of_140_channels(tmp_path: Path) -> None:
    keys = ["zero", "one", "null"]
    for part in ("train", "test"):
        write_heidelberg(tmp_path / f"shd_{part}.h5", [0, 1, 2, 1], keys)
    found = heidelberg.shd(tmp_path)
    assert found.classes == tuple(keys)
    assert found.targets == [0, 1, 2, 1] * 2
    assert found.parts == ["train"] * 4 + ["test"] * 4
    with h5py.File(tmp_path / "shd_train.h5") as file:
        times = file["spikes/times"][1].astype(np.float64)
        units = file["spikes/units"][1].astype(int)
    expected = np.zeros((int(times[-1] / 0.01) + 1, 140))
    np.add.at(expected, (np.floor(times / 0.01).astype(int), units // 5), 1)
    assert np.array_equal(list(found.sequences)[1], expected)


def damaged(name: str, value: Any) -> Callable[[Any], None]:
    def change(file: Any) -> None:
        del file[name]
        if value is not None:
            file[name] = value

    return change


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (damaged("labels", None), "no labels"),
        (damaged("spikes/units", None), "no spikes/units"),
        (damaged("labels", np.array([0, 1])), "4 recordings of times and 4 of units for 2 labels"),
        (damaged("labels", np.array([0.5, 1, 2, 1])), "labels are float64"),
        (
            damaged("labels", np.array([0, 1, 3, 2])),
            r"shd_train\.h5: recording 2 has the label 3, expected 0 to 2: unpack the file again",
        ),
        (
            damaged("labels", np.array([0, 1, 2, -1])),
            "recording 3 has the label -1, expected 0 to 2: unpack the file again",
        ),
        (damaged("labels", np.array([0, 2000, 2, 1])), "recording 1 has the label 2000"),
        (damaged("labels", np.zeros(0, int)), r"shd_train\.h5: no labels, expected one of each"),
        (damaged("labels", np.zeros((4, 2), int)), "labels is no list"),
        (damaged("spikes/times", np.zeros(4)), "recording 0 has times"),
        (damaged("labels", h5py.ExternalLink("/etc/passwd", "labels")), "no labels"),
        (damaged("labels", h5py.SoftLink("/extra/speaker")), "no labels"),
        (damaged("extra/keys", np.array([b"zero", b"a\nb", b"c"])), "extra/keys"),
    ],
)
def test_a_hdf5_file_of_another_form_is_refused(change: Any, fault: str, tmp_path: Path) -> None:
    for part in ("train", "test"):
        write_heidelberg(tmp_path / f"shd_{part}.h5", [0, 1, 2, 1], ["zero", "one", "null"])
    with h5py.File(tmp_path / "shd_train.h5", "r+") as file:
        change(file)
    refused(fault, heidelberg.shd, tmp_path)


def test_a_spike_beyond_the_cochlea_is_named_with_its_recording(tmp_path: Path) -> None:
    path = tmp_path / "shd_train.h5"
    write_heidelberg(path, [0, 1, 2, 1], ["zero", "one", "null"])
    with h5py.File(path, "r+") as file:
        file["spikes/units"][2] = np.array([5, 700, 6] * 10, dtype=np.uint16)
    refused(
        f"^{path}: recording 2: event 1 has x = 700, expected 0 to 699", heidelberg.shd, tmp_path
    )


def test_a_label_beyond_the_classes_of_the_other_part_is_named(tmp_path: Path) -> None:
    keys = ["zero", "one", "null"]
    write_heidelberg(tmp_path / "shd_train.h5", [0, 1, 2, 1], keys)
    write_heidelberg(tmp_path / "shd_test.h5", [0, 1, 2, 5], keys)
    refused(
        f"^{tmp_path / 'shd_test.h5'}: recording 3 has the label 5, expected 0 to 2",
        heidelberg.shd,
        tmp_path,
    )
    write_heidelberg(tmp_path / "shd_test.h5", [0, 1, 2, 0], ["zero", "one", "two"])
    refused(
        "extra/keys are not those of the training part: take both files", heidelberg.shd, tmp_path
    )


@pytest.mark.parametrize("kept", [0, 100, 3000, -1])
def test_a_truncated_hdf5_file_is_refused(kept: int, tmp_path: Path) -> None:
    path = tmp_path / "shd_train.h5"
    write_heidelberg(path, [0, 1, 2, 1], ["zero", "one", "null"])
    path.write_bytes(path.read_bytes()[:kept])
    refused(f"^{path}: ", heidelberg.shd, tmp_path)


def test_without_h5py_the_line_that_installs_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(MissingPackageError, match=r'pip install "spiking-gru\[events\]"'):
        heidelberg.shd(tmp_path)


def test_digits_of_n_mnist_have_the_label_of_their_folder(root: Path) -> None:
    put_n_mnist(root)
    found = n_mnist(root / "n-mnist")
    assert found.sequences.channels == 2 * 34 * 34  # type: ignore[union-attr]
    assert found.targets == [str(d) for d in range(10) for _ in range(4)] + [*map(str, range(10))]
    cut = root / "n-mnist" / "Train" / "3" / "00000.bin"
    cut.write_bytes(bin_bytes(some_events(0, 34, 34, 1000))[:-2])
    refused(f"^{cut}: event 39 .* cut off", n_mnist, root / "n-mnist")
    cut.write_bytes(bin_bytes([(5, 34, 0, 1)]))
    refused(f"^{cut}: event 0 has x = 34, expected 0 to 33", n_mnist, root / "n-mnist")
    cut.write_bytes(b"")
    refused(f"^{cut}: no events", n_mnist, root / "n-mnist")
    for path in (root / "n-mnist" / "Test" / "7").iterdir():
        path.unlink()
    cut.write_bytes(bin_bytes(some_events(0, 34, 34, 1000)))
    refused("Test/7 holds no .bin file", n_mnist, root / "n-mnist")


def test_gestures_are_cut_from_trials_and_grouped_by_person(root: Path) -> None:
    put_dvs_gesture(root)
    folder = root / "dvs-gesture"
    found = dvs_gesture(folder)
    assert found.targets == [*range(11)] * 3
    assert found.groups == ["user01"] * 11 + ["user02"] * 11 + ["user24"] * 11
    assert found.parts == ["train"] * 22 + ["test"] * 11
    events = some_events(0, 128, 128, 1_100_000, 900)
    for gesture, frames in enumerate(list(found.sequences)[:11]):
        expected = np.zeros((4, 2 * 32 * 32))
        for t, x, y, p in events:
            if gesture == t // 100_000:
                expected[t % 100_000 // 25_000, (p * 32 + y // 4) * 32 + x // 4] += 1
        assert np.array_equal(frames, expected[: len(frames)])
        assert not expected[len(frames) :].any()


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ("12,0,5", "line 2, column 'class' is 12, expected 1 to 11"),
        ("1,7,5", "'startTime_usec' is 7 and the end 5"),
        ("1,0,5", "gesture in .*line 2.*: no events"),
        ("1,0", "line 2 has 2 cells, expected 3"),
        ("1,x,5", "is 'x'"),
    ],
)
def test_labels_of_gestures_that_cannot_be_are_refused(rows: str, fault: str, root: Path) -> None:
    put_dvs_gesture(root)
    folder = root / "dvs-gesture"
    labels = folder / "user02_led_labels.csv"
    labels.write_text(f"class,startTime_usec,endTime_usec\n{rows}\n")
    refused(fault, dvs_gesture, folder)


def test_an_event_out_of_order_outside_the_gestures_is_refused(root: Path) -> None:
    """A gesture is found by bisection, which such an event would lead astray."""
    put_dvs_gesture(root)
    folder = root / "dvs-gesture"
    trial = folder / "user02_led.aedat"
    events = [(t + 10**6, *place) for t, *place in some_events(1, 128, 128, 1_100_000, 900)]
    events[780] = (2_200_000, *events[780][1:])
    trial.write_bytes(aedat_bytes([events[:500], events[500:]]))
    refused(
        f"^{trial}: event 781 is at {events[781][0]}, but the event before it is later: "
        f"unpack DvsGesture.tar.gz again",
        dvs_gesture,
        folder,
    )


def test_a_trial_that_is_missing_or_cut_off_is_refused_by_name(root: Path) -> None:
    put_dvs_gesture(root)
    folder = root / "dvs-gesture"
    trial = folder / "user02_led.aedat"
    trial.write_bytes(aedat_bytes([some_events(0, 128, 128, 1000)])[:-50])
    refused(f"^{trial}: packet 0 .* is cut off", dvs_gesture, folder)
    trial.unlink()
    refused(f"{trial}: No such file", dvs_gesture, folder)
    (folder / "trials_to_train.txt").write_text("../secret.aedat\n")
    refused("line 1 is '../secret.aedat'", dvs_gesture, folder)
    (folder / "trials_to_train.txt").write_text("\n")
    refused("no trial in it", dvs_gesture, folder)
