"""WAV files are read to the last bit, or refused in one line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sounds import chunk, floating, format_chunk, riff, write_wav

from hardware.errors import InputError
from spiking_gru.data.wav import read_header, read_wav

SOUND = chunk(b"data", b"\1\0\2\0")
SUBFORMAT = bytes.fromhex("0000000010008000 00aa00389b71")


def extensible(tag: int) -> bytes:
    return format_chunk(0xFFFE, more=b"\x16\0\x10\0\4\0\0\0" + bytes([tag, 0]) + SUBFORMAT)


@pytest.mark.parametrize(("width", "middle"), [(1, 128), (2, 0), (3, 0), (4, 0)])
def test_samples_of_8_to_32_bits_are_exact(tmp_path: Path, width: int, middle: int) -> None:
    full = 1 << (8 * width - 1)
    rng = np.random.default_rng(width)
    samples = np.concatenate([rng.integers(-full, full, 50), [-full, full - 1, 0, 1, -1]])
    path = write_wav(tmp_path / "a.wav", samples + middle, 11025, width)
    found, rate = read_wav(path)
    assert rate == 11025
    assert np.array_equal(found, samples / full)


@pytest.mark.parametrize("kind", ["<f4", "<f8"])
def test_samples_in_floating_point_stay_as_they_are(tmp_path: Path, kind: str) -> None:
    samples = np.random.default_rng(0).normal(size=30).astype(kind)
    (tmp_path / "a.wav").write_bytes(floating(samples, 44100))
    found, rate = read_wav(tmp_path / "a.wav")
    assert rate == 44100
    assert np.array_equal(found, samples)


def test_the_header_tells_rate_channels_and_samples(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", np.arange(12), 16000, channels=2)
    assert read_header(path)[:3] == (16000, 2, 6)


def test_chunks_before_and_after_the_samples_are_passed_over(tmp_path: Path) -> None:
    parts = (chunk(b"LIST", b"abc"), format_chunk(), chunk(b"fact", b"1234"), SOUND)
    (tmp_path / "a.wav").write_bytes(riff(*parts, chunk(b"id3 ", b"xyz")))
    assert np.array_equal(read_wav(tmp_path / "a.wav")[0], np.array([1, 2]) / 2**15)


def test_the_extensible_form_names_its_format_in_its_second_part(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(riff(extensible(1), SOUND))
    assert np.array_equal(read_wav(tmp_path / "a.wav")[0], np.array([1, 2]) / 2**15)
    (tmp_path / "a.wav").write_bytes(riff(extensible(6), SOUND))
    with pytest.raises(InputError, match="samples of the format 0x6 with 16 bits"):
        read_header(tmp_path / "a.wav")


def test_of_two_channels_the_mean_is_taken_only_when_asked_for(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", np.array([1, 3, 10, 20]), channels=2)
    with pytest.raises(InputError, match=r"a\.wav: 2 channels, expected 1: .*mix = true"):
        read_wav(path)
    assert np.array_equal(read_wav(path, mix=True)[0], np.array([2, 15]) / 2**15)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a WAV file: it begins with b''"),
        (b"ID3\4 a song", "not a WAV file: it begins with b'ID3"),
        (b"RIFX" + riff(format_chunk(), SOUND)[4:], "not a WAV file"),
        (riff(), "the chunk 'data' is missing"),
        (riff(format_chunk()), "the chunk 'data' is missing"),
        (riff(SOUND, format_chunk()), "its samples come before their format"),
        (riff(chunk(b"fmt ", b"\1\0"), SOUND), "the chunk 'fmt ' has 2 bytes"),
        (riff(format_chunk(tag=2), SOUND), "samples of the format 0x2 with 16 bits"),
        (riff(format_chunk(bits=12), SOUND), "samples of the format 0x1 with 12 bits"),
        (riff(format_chunk(channels=0), SOUND), "the header contradicts itself"),
        (riff(format_chunk(channels=65), SOUND), "the header contradicts itself"),
        (riff(format_chunk(rate=0), SOUND), "the header contradicts itself"),
        (riff(format_chunk(), chunk(b"data", b"")), "no samples: record it again"),
        (riff(format_chunk(), chunk(b"data", b"\1\0\2")), "cut off: its header tells of 3 bytes"),
        (riff(format_chunk(), chunk(b"data", b"\1\0", 2**31)), "tells of 2147483648 bytes"),
        (riff(format_chunk(), chunk(b"data", b"\1\0", 2**32 - 1)), "but 2 are there"),
        (riff(format_chunk(), SOUND)[:-1], "cut off: its header tells of 4 bytes"),
        (riff(chunk(b"x   ", b"", 2**32 - 2), format_chunk(), SOUND), "'data' is missing"),
        (riff(*[chunk(b"x   ", b"")] * 1001), "more than 1000 chunks"),
        (floating(np.array([0, np.nan], "<f4")), "sample 1 is nan, expected a finite number"),
        (floating(np.array([np.inf], "<f8")), "sample 0 is inf, expected a finite number"),
    ],
)
def test_another_file_is_refused_by_name_in_one_line(
    tmp_path: Path, content: bytes, message: str
) -> None:
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        read_wav(tmp_path / "a.wav")
    assert str(tmp_path / "a.wav") in str(caught.value)
    assert str(caught.value).isprintable()


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "gone.wav", tmp_path, Path("/dev/zero")):
        with pytest.raises(InputError, match="cannot read"):
            read_wav(path)
