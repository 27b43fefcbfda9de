"""Samples of sound: one channel of finite numbers within ±1."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hardware.errors import InputError
from hardware.sequences.dense import NO_ARRAY, as_array

FULL_SCALES = {"u1": (128, 128), "i2": (0, 2**15), "i4": (0, 2**31)}
"""Middle and largest magnitude of whole samples, by their type."""

LARGEST = 1e6
"""Largest magnitude of a sample: some programs write a little more than full scale."""

Samples = NDArray[np.float64]


def mono(samples: ArrayLike, mix: bool = False) -> Samples:
    """Return one channel of samples; whole numbers are scaled to ±1.

    Samples are (samples,) or (samples, channels). Several channels are refused, or with `mix` their
    mean is taken.
    """
    try:
        array = as_array(samples)
    except NO_ARRAY as error:
        raise InputError(f"samples are not an array of numbers: {error}") from error
    kind = array.dtype.str[1:]
    if array.dtype.kind != "f" and kind not in FULL_SCALES:
        raise InputError(
            f"samples are of {array.dtype}, expected floating point within ±1, or int16, int32 or "
            f"uint8: convert them"
        )
    if array.ndim not in (1, 2) or (array.ndim == 2 and not array.shape[1]):
        raise InputError(
            f"samples have shape {array.shape}, expected (samples,) or (samples, channels)"
        )
    middle, full = FULL_SCALES.get(kind, (0, 1))
    scaled = (array.astype(np.float64) - middle) / full
    sound = np.abs(scaled) <= LARGEST  # NaN is not
    if not sound.all():
        place = tuple(np.argwhere(~sound)[0].tolist())
        raise InputError(
            f"sample {place[0]} is {scaled[place]}, expected a finite number; full scale is ±1"
        )
    if scaled.ndim == 2:
        require_mono("samples", scaled.shape[1], mix)
        scaled = scaled.mean(axis=1) if scaled.shape[1] > 1 else scaled[:, 0]
    return scaled


def require_mono(source: str, channels: int, mix: bool) -> None:
    """Refuse several channels unless their mean is asked for."""
    if channels > 1 and not mix:
        raise InputError(
            f"{source}: {channels} channels, expected 1: take their mean with mix = true in "
            f"[log-mel] (LogMel(mix=True) in Python), or convert to mono"
        )
