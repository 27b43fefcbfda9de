"""WAV files for tests: those of Python's own writer, and others byte by byte."""

from __future__ import annotations

import struct
import wave
from pathlib import Path

import numpy as np


def chunk(name: bytes, content: bytes, length: int | None = None) -> bytes:
    """A chunk; `length` is what its header tells where that is not the truth."""
    told = len(content) if length is None else length
    return name + struct.pack("<I", told) + content + b"\0" * (len(content) % 2)


def format_chunk(
    tag: int = 1, channels: int = 1, rate: int = 8000, bits: int = 16, more: bytes = b""
) -> bytes:
    block = channels * bits // 8
    about = struct.pack("<HHIIHH", tag, channels, rate, rate * block & 0xFFFFFFFF, block, bits)
    return chunk(b"fmt ", about + more)


def riff(*chunks: bytes) -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def floating(samples: np.ndarray, rate: int = 8000) -> bytes:
    """A WAV file of floating point."""
    bits = 8 * samples.dtype.itemsize
    return riff(format_chunk(3, 1, rate, bits), chunk(b"data", samples.tobytes()))


def write_wav(
    path: Path, samples: np.ndarray, rate: int = 8000, width: int = 2, channels: int = 1
) -> Path:
    """Write whole samples of `width` bytes, as Python's own writer does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = np.asarray(samples, dtype="<i8").reshape(-1, 1).view(np.uint8)[:, :width].tobytes()
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(content)
    return path


def tone(frequency: float, samples: int, rate: int = 8000, seed: int = 0) -> np.ndarray:
    """A tone in noise, as samples of 16 bits."""
    noise = np.random.default_rng(seed).normal(0, 300, samples)
    wave_of_sine = 9000 * np.sin(2 * np.pi * frequency * np.arange(samples) / rate)
    return np.rint(wave_of_sine + noise).astype(np.int64)
