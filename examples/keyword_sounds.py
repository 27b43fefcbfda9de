"""Sounds for `keywords.py`: words that espeak-ng speaks, noise, clips and long recordings.

Every sound is made from a seed, so a folder of clips can be made again with the same bits.
"""

from __future__ import annotations

import csv
import shutil
import subprocess
import wave
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np

from hardware.errors import MissingPackageError

RATE = 22_050
"""Samples per second, as espeak-ng has them."""

WORDS = ("yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go")
OTHER_WORDS = ("house", "seven", "happy", "tree", "bird", "nine", "water", "music", "zero")
OTHER = "other"
"""The label of everything else: noise alone, another word, half a word."""

ACCENTS = (
    "en", "en-us", "en-gb-scotland", "en-gb-x-rp", "en-gb-x-gbclan", "en-gb-x-gbcwmd", "en-029"
)  # fmt: skip
VARIANTS = (
    *(f"m{i}" for i in range(1, 9)), *(f"f{i}" for i in range(1, 6)), "Alex", "Andy", "Annie",
    "Gene", "Hugo", "Jacky", "Lee", "Linda", "Mario", "Mike", "adam", "anika", "aunty", "belinda",
    "benjamin", "boris", "iven", "john", "max", "norbert", "pablo", "paul", "pedro", "rob",
    "robert", "shelby", "steph", "travis", "victor",
)  # fmt: skip
VOICES = tuple(f"{ACCENTS[i % len(ACCENTS)]}+{name}" for i, name in enumerate(VARIANTS))
"""espeak-ng takes a voice that it does not know for another one; a test hears that all differ."""

SPEEDS, PITCHES = (130, 210), (30, 70)
"""Words per minute, and espeak-ng's scale of 0 to 99."""

LOUDNESS, NOISE_BELOW = (0.05, 0.2), (5, 25)
"""Standard deviation of a word's samples; dB of noise below a word of 0.1."""

COLOURS = {
    "white": lambda f: np.ones_like(f),
    "pink": lambda f: 1 / np.sqrt(np.maximum(f, 20)),
    "brown": lambda f: 1 / np.maximum(f, 20),
    "hum": lambda f: (0.01 + (f % 50 < 2)) / np.maximum(f, 50),
}
"""Noises by the magnitudes of their spectra, from frequencies in Hz."""


class Clip(NamedTuple):
    sound: np.ndarray
    label: str
    voice: str


class Spoken(NamedTuple):
    """A word of a long recording, and its first and last second."""

    first: float
    last: float
    word: str


def require_espeak() -> None:
    if shutil.which("espeak-ng") is None:
        raise MissingPackageError("espeak-ng is missing: apt-get install espeak-ng")


def spoken(word: str, voice: str, rng: np.random.Generator) -> np.ndarray:
    """Return a word at random speed, pitch and loudness, without the silence around it."""
    speed, pitch = rng.integers(*SPEEDS), rng.integers(*PITCHES)
    command = ["espeak-ng", "-v", voice, "-s", str(speed), "-p", str(pitch), "--stdout", word]
    said = subprocess.run(command, capture_output=True, check=True).stdout
    return trimmed(np.frombuffer(said[44:], "<i2"), rng)  # after a header of 44 bytes


def trimmed(sound: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a sound without the silence around it, at random loudness."""
    heard = np.flatnonzero(np.abs(sound) > 0.02 * np.abs(sound).max())
    inner = sound[heard[0] : heard[-1] + 1]
    return inner * rng.uniform(*LOUDNESS) / inner.std()


def noise(rng: np.random.Generator, samples: int) -> np.ndarray:
    """Return noise of a random colour and level."""
    f = np.fft.rfftfreq(samples, 1 / RATE)
    colour = COLOURS[rng.choice(list(COLOURS))](f)
    sound = np.fft.irfft(colour * np.exp(2j * np.pi * rng.random(len(f))), samples)
    return sound * 0.1 * 10 ** (-rng.uniform(*NOISE_BELOW) / 20) / sound.std()


def clip(voice: str, label: str, seconds: float, seed: int) -> Clip:
    """Return a clip of a word, or of something else, in noise."""
    rng = np.random.default_rng(seed)
    sound = noise(rng, round(seconds * RATE))
    kinds = ["noise", "another word", "half a word"] if label == OTHER else ["word"]
    kind = rng.choice(kinds)
    if kind == "noise":
        return Clip(sound, label, voice)
    of_kind = {"word": [label], "another word": OTHER_WORDS, "half a word": WORDS}
    word = spoken(str(rng.choice(of_kind[kind])), voice, rng)[: len(sound)]
    start = int(rng.integers(0, len(sound) - len(word) + 1))
    if kind == "half a word":  # its first half at the end, or its second half at the begin
        half = len(word) // 2
        start, word = (len(sound) - half, word[:half]) if rng.random() < 0.5 else (0, word[half:])
    sound[start : start + len(word)] += word
    return Clip(sound, label, voice)


def write_clips(folder: Path, seconds: float, takes: int, others: int) -> None:
    """Write clips of every voice: `takes` of each word, `others` of something else.

    `index.csv` names the label and the voice of each WAV file. The folder is whole or not there.
    """
    labels = [word for word in WORDS for _ in range(takes)] + [OTHER] * others
    wanted = [(voice, label) for voice in VOICES for label in labels]
    part = folder.with_suffix(".part")
    part.mkdir(parents=True, exist_ok=True)
    rows = [("file", "label", "group")]
    with ThreadPoolExecutor(2) as pool:
        made = pool.map(lambda of: clip(*of[1], seconds, of[0]), enumerate(wanted))
        for number, (sound, label, voice) in enumerate(made):
            rows.append((f"{number:05}.wav", label, voice))
            write_wav(part / rows[-1][0], sound)
    with (part / "index.csv").open("w", newline="") as index:
        csv.writer(index).writerows(rows)
    part.rename(folder)


def write_wav(path: Path, sound: np.ndarray) -> None:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes((np.clip(sound, -1, 1) * (2**15 - 1)).astype("<i2").tobytes())


def recording(
    voices: tuple[str, ...], words: int, rng: np.random.Generator
) -> tuple[np.ndarray, list[Spoken]]:
    """Return a long recording of words in noise, one in four another word, and where the ten are.

    A pause of 0.5 to 2 s follows each word. The noise changes every 10 s.
    """
    sounds, said, end = [], [], 1.0
    for _ in range(words):
        word = str(rng.choice(WORDS if rng.random() < 0.75 else OTHER_WORDS))
        sounds.append((round(end * RATE), spoken(word, str(rng.choice(voices)), rng)))
        first, end = end, end + len(sounds[-1][1]) / RATE
        if word in WORDS:
            said.append(Spoken(first, end, word))
        end += rng.uniform(0.5, 2.0)
    whole = np.concatenate([noise(rng, 10 * RATE) for _ in range(1 + int(end / 10))])
    for start, sound in sounds:
        whole[start : start + len(sound)] += sound
    return whole, said
