"""Log-mel features: samples of sound become frames, on the host, before the encoder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from functools import cached_property
from math import inf, log2, log10
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hardware.errors import InputError, SettingError, choose
from hardware.sequences.samples import Samples, mono

NAME = "log-mel"
"""The name of this step in the `preprocessing` of a program."""

FASTEST = 768_000
"""Samples per second that are accepted at most."""

LONGEST_WINDOW = 2**15
"""Samples of a window at most."""

MOST_MELS = 512

BLOCK = 2**19
"""Points of spectra that are computed at once."""


class FrameOperations(NamedTuple):
    """Operations of the host for one frame."""

    arithmetic: int
    """Multiplications and additions."""

    logarithms: int


@dataclass(frozen=True)
class LogMel:
    """Settings of log-mel features, and the features themselves.

    ::

        y_t[i] = x[t·hop + i] · (1/2 − 1/2 cos(2π i / window))      0 ≤ i < window
        Y_t[k] = Σ_i y_t[i] · exp(−2πj i k / N)                     0 ≤ k ≤ N/2
        P_t[k] = Re(Y_t[k])² + Im(Y_t[k])²
        E_t[m] = Σ_k w[m, k] · P_t[k]                               in the order of k
        frame_t[m] = ln(max(E_t[m], floor))                         kept as float32

    x are samples within ±1, without pre-emphasis. The window is Hann's, periodic. N is the smallest
    power of two that is not below the window. Frame t needs samples up to t·hop + window: nothing
    is padded. Corners c[0] … c[mels + 1] are evenly spaced between `lowest` and `highest` on HTK's
    mel scale, mel(f) = 2595 log10(1 + f / 700). Filter m is a triangle in f with the peak 1:

        w[m, k] = max(0, min((f_k − c[m]) / (c[m+1] − c[m]), (c[m+2] − f_k) / (c[m+2] − c[m+1])))

    where f_k = k · rate / N and 0 ≤ m < mels. Every frame is computed alone, so a stream gives
    the bits of the whole recording.
    """

    rate: int
    """Samples per second."""

    window_ms: float = 25.0
    hop_ms: float = 10.0
    mels: int = 40
    lowest: float = 20.0
    """Hz."""

    highest: float | None = None
    """Hz; half the rate unless told otherwise."""

    floor: float = 1e-6
    mix: bool = False
    """Whether the mean of several channels is taken; without it they are refused."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value, of = getattr(self, field.name), TYPES[str(field.type)]
            if not of.holds(value):
                raise SettingError(f"{NAME}: {field.name} is {value!r:.60}, expected {of.expected}")
            object.__setattr__(self, field.name, of.kept(value))
        _within("rate", self.rate, 1, FASTEST)
        if self.highest is None:
            object.__setattr__(self, "highest", self.rate / 2)
        _within("window_ms", self.window_ms, 2000 / self.rate, 1000 * LONGEST_WINDOW / self.rate)
        _within("hop_ms", self.hop_ms, 1000 / self.rate, 1000 * LONGEST_WINDOW / self.rate)
        _within("mels", self.mels, 1, MOST_MELS)
        _within("highest", self.top, 0, self.rate / 2)
        if not 0 <= self.lowest < self.top:
            raise SettingError(
                f"{NAME}: lowest is {self.lowest:g}, expected 0 or more and less than the highest, "
                f"{self.top:g}"
            )
        _within("floor", self.floor, float(np.finfo(np.float64).tiny), 1e30)
        empty = np.flatnonzero(~self.filters.any(axis=1))
        if len(empty):
            raise SettingError(
                f"mel filter {empty[0]} of {self.mels} has no frequency of the {self.size} point "
                f"spectrum in it: take fewer mels, a longer window or a wider range of frequencies"
            )

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> LogMel:
        """Return the features with these settings, by name."""
        names = [field.name for field in fields(cls)]
        for name in settings:
            choose(f"{NAME} setting", name, names)
        for field in fields(cls):
            if field.default is MISSING and field.name not in settings:
                raise SettingError(f"{NAME} has no {field.name}: give the samples per second")
        return cls(**settings)

    @property
    def settings(self) -> dict[str, Any]:
        """All settings by name, as a program states them."""
        return asdict(self)

    @property
    def top(self) -> float:
        """The highest frequency in Hz."""
        assert self.highest is not None
        return self.highest

    @property
    def window(self) -> int:
        """Samples of a window."""
        return round(self.rate * self.window_ms / 1000)

    @property
    def hop(self) -> int:
        """Samples from one window to the next."""
        return round(self.rate * self.hop_ms / 1000)

    @property
    def size(self) -> int:
        """Points of the Fourier transform."""
        return 1 << (self.window - 1).bit_length()

    @property
    def operations(self) -> FrameOperations:
        """Operations of one frame::

            window + 2.5 N log2 N + 3 (N/2 + 1) + 2 × nonzero weights    and a logarithm per filter

        2.5 N log2 N is the usual figure for a real fast Fourier transform of N points.
        """
        transform = round(2.5 * self.size * log2(self.size))
        weights = int(np.count_nonzero(self.filters))
        arithmetic = self.window + transform + 3 * (self.size // 2 + 1) + 2 * weights
        return FrameOperations(arithmetic, self.mels)

    @cached_property
    def filters(self) -> NDArray[np.float64]:
        """The weights w of the filters: (mels, N/2 + 1)."""
        low, high = (2595 * log10(1 + f / 700) for f in (self.lowest, self.top))
        mel = np.linspace(low, high, self.mels + 2)
        corner = (700 * (10 ** (mel / 2595) - 1))[:, np.newaxis]
        frequency = np.arange(self.size // 2 + 1) * self.rate / self.size
        if (np.diff(corner, axis=0) <= 0).any():
            return np.zeros((self.mels, len(frequency)))
        rising = (frequency - corner[:-2]) / (corner[1:-1] - corner[:-2])
        falling = (corner[2:] - frequency) / (corner[2:] - corner[1:-1])
        return np.maximum(0, np.minimum(rising, falling))

    @cached_property
    def _bands(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The nonzero weights of each filter and their frequencies: (widest, mels) both."""
        first = (self.filters > 0).argmax(axis=1)
        widest = int((self.filters > 0).sum(axis=1).max())
        places = np.minimum(first + np.arange(widest)[:, np.newaxis], self.size // 2)
        inside = first + np.arange(widest)[:, np.newaxis] <= self.size // 2
        return places, np.where(inside, self.filters[np.arange(self.mels), places], 0)

    @cached_property
    def _hann(self) -> NDArray[np.float64]:
        return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(self.window) / self.window)

    def frames_in(self, samples: int) -> int:
        """Return the number of frames in a number of samples."""
        return max(0, 1 + (samples - self.window) // self.hop)

    def __call__(self, samples: ArrayLike) -> NDArray[np.float32]:
        """Return the frames of a recording, (frames, mels): at least one."""
        sound = mono(samples, self.mix)
        if len(sound) < self.window:
            raise InputError(
                f"{len(sound)} samples, but a window has {self.window}: expected at least one "
                f"window: leave the recording out, or take a shorter window"
            )
        return self.frames(sound)

    def frames(self, sound: Samples) -> NDArray[np.float32]:
        """Return the frames of one channel of samples; none of fewer than a window."""
        count = self.frames_in(len(sound))
        found = np.empty((count, self.mels), dtype=np.float32)
        most = BLOCK // self.size
        for start in range(0, count, most):
            stop = min(count, start + most)
            piece = sound[start * self.hop : (stop - 1) * self.hop + self.window]
            windows = np.lib.stride_tricks.sliding_window_view(piece, self.window)[:: self.hop]
            found[start:stop] = self._of_windows(windows)
        return found

    def _of_windows(self, windows: NDArray[np.float64]) -> NDArray[np.float64]:
        spectrum = np.fft.rfft(windows * self._hann, self.size, axis=1)
        power = spectrum.real**2 + spectrum.imag**2
        energy = np.zeros((len(windows), self.mels))
        # One weight after another: a matrix product could add up in an order of its own.
        for places, weights in zip(*self._bands, strict=True):
            energy += weights * power[:, places]
        return np.log(np.maximum(energy, self.floor))


def front_end(preprocessing: Iterable[tuple[str, Mapping[str, Any]]]) -> LogMel | None:
    """Return the log-mel features that a program states; None where it states none."""
    return next((LogMel.of(settings) for name, settings in preprocessing if name == NAME), None)


class _Type(NamedTuple):
    """A type of settings: whether a value is of it, its name in an error, and how it is kept."""

    holds: Callable[[Any], bool]
    expected: str
    kept: Callable[[Any], Any]


def _is_number(value: Any) -> bool:
    known = isinstance(value, (int, float, np.integer, np.floating))
    return known and not isinstance(value, bool) and abs(value) < inf


def _is_whole(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def _as_float(value: Any) -> float:
    number = value.item() if isinstance(value, np.generic) else value
    return float(max(-1e300, min(number, 1e300)))  # a whole number may be larger than any float


# 25 and 25.0 are one setting: in every file it has the same text.
TYPES = {
    "int": _Type(_is_whole, "a whole number", int),
    "bool": _Type(lambda value: isinstance(value, bool), "true or false", bool),
    "float": _Type(_is_number, "a finite number", _as_float),
    "float | None": _Type(
        lambda value: value is None or _is_number(value),
        "a finite number",
        lambda value: value if value is None else _as_float(value),
    ),
}
"""Types of the settings by their annotations."""


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        found = f"{value:g}" if isinstance(value, float) else f"{value!r:.40}"
        raise SettingError(f"{NAME}: {name} is {found}, expected {low:g} to {high:g}")
