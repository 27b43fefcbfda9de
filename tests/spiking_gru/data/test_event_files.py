"""Files of events are read as they were written; a damaged one is refused by name and place."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from event_data import aedat_bytes, bin_bytes, some_events

from hardware.errors import InputError
from spiking_gru.data import event_files
from spiking_gru.data.event_files import read_events

EVENTS = [(0, 33, 0, 1), (2**16 + 3, 0, 33, 0), (2**23 - 1, 7, 5, 1)]


def fields(path: Path) -> list[tuple[int, ...]]:
    found = read_events(path)
    return list(zip(*(found[key].tolist() for key in "txyp"), strict=True))


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_a_bin_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    for events in (EVENTS, some_events(0, 34, 34, 300_000, 500)):
        assert fields(written(tmp_path / "00001.bin", bin_bytes(events))) == events


def test_an_aedat_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    events = some_events(1, 128, 128, 10**6, 300)
    content = aedat_bytes([events[:100], [], events[100:]])
    assert fields(written(tmp_path / "a.aedat", content)) == events
    later = written(tmp_path / "b.aedat", aedat_bytes([EVENTS], overflows=1))
    assert fields(later) == [(t + 2**31, *rest) for t, *rest in EVENTS]
    assert fields(written(tmp_path / "c.aedat", aedat_bytes([EVENTS], kind=2))) == []


def test_events_that_are_marked_as_invalid_are_left_out(tmp_path: Path) -> None:
    content = bytearray(aedat_bytes([EVENTS]))
    start = content.index(b"#!END-HEADER\r\n") + len("#!END-HEADER\r\n") + 28
    content[start] &= 0xFE
    assert fields(written(tmp_path / "a.aedat", bytes(content))) == EVENTS[1:]


def test_a_npz_file_holds_an_array_of_each_field(tmp_path: Path) -> None:
    t, x, y, p = np.array(EVENTS).T
    np.savez(tmp_path / "a.npz", t=t, x=x, y=y, p=p)
    assert fields(tmp_path / "a.npz") == EVENTS


@pytest.mark.parametrize("lost", [1, 4, 6])
def test_a_bin_file_that_is_cut_off_is_refused(lost: int, tmp_path: Path) -> None:
    path = written(tmp_path / "a.bin", bin_bytes(EVENTS)[:-lost])
    event = (15 - lost) // 5
    with pytest.raises(InputError, match=f"^{path}: event {event} has .* cut off: copy") as found:
        read_events(path)
    assert "\n" not in str(found.value)


def test_an_aedat_file_that_is_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    content = aedat_bytes([EVENTS, EVENTS])
    header = content.index(b"#!END-HEADER\r\n") + len("#!END-HEADER\r\n")
    packets = {header + 28 * i + 24 * (-(-i // 2)) + 8 * (i // 2) for i in range(5)}
    for size in range(len(content)):
        path = written(tmp_path / "a.aedat", content[:size])
        if size in packets:  # whole packets are all that a file needs
            assert len(fields(path)) in (0, 3, 6)
            continue
        with pytest.raises(InputError, match=f"^{path}: ") as found:
            read_events(path)
        assert "\n" not in str(found.value)


@pytest.mark.parametrize(
    ("at", "form", "value", "fault"),
    [
        (4, "<i", 0, "packet 0 at byte 61 has 3 events of 0 bytes"),
        (4, "<i", 16, "is cut off|polarity events of 16 bytes, expected 8"),
        (20, "<i", -1, "packet 0 at byte 61 has -1 events"),
        (20, "<i", 2**31 - 1, "packet 0 at byte 61 is cut off: 2147483647 events"),
        (12, "<i", -5, "-5 overflows"),
        (20, "<i", 2, r"packet \d at byte 1\d\d"),
    ],
)
def test_a_packet_that_cannot_be_is_refused(
    at: int, form: str, value: int, fault: str, tmp_path: Path
) -> None:
    content = bytearray(aedat_bytes([EVENTS]))
    assert content.index(b"#!END-HEADER\r\n") + 14 == 61
    struct.pack_into(form, content, 61 + at, value)
    with pytest.raises(InputError, match=fault):
        read_events(written(tmp_path / "a.aedat", bytes(content)))


def test_a_header_without_an_end_is_refused(tmp_path: Path) -> None:
    for content in (b"#!AER-DAT3.1\r\n#a\r\nno line", b"#!AER-DAT3.1\r\n" + b"#\r\n" * 2000):
        with pytest.raises(InputError, match="no line #!END-HEADER ends the header"):
            read_events(written(tmp_path / "a.aedat", content))
    for content in (b"", b"#!AER-DAT2.0\r\n"):
        with pytest.raises(InputError, match="expected #!AER-DAT3.1"):
            read_events(written(tmp_path / "a.aedat", content))


def test_other_and_larger_files_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="ends in .npz, .bin, .aedat"):
        read_events(tmp_path / "a.csv")
    monkeypatch.setattr(event_files, "LARGEST", 14)
    with pytest.raises(InputError, match="15 bytes, the limit is 14"):
        read_events(written(tmp_path / "a.bin", bin_bytes(EVENTS)))
    with pytest.raises(InputError, match="No such file"):
        read_events(tmp_path / "b.bin")
