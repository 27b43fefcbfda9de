"""Events of cameras and cochleas: recordings of single events become frames of counts.

An event has a time t, a place x (and y), and of cameras a polarity p. It belongs to

    frame   = ⌊(t − start) / dt⌋
    channel = (p · height + ⌊y / pool_y⌋) · width + ⌊x / pool_x⌋

where width and height count pooled pixels. A frame holds the number of events of each channel.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from math import isfinite
from numbers import Integral, Real
from typing import Any, NamedTuple, NoReturn, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hardware.errors import InputError, SettingError, choose

NAMES = {
    "t": ("t", "ts", "time", "times", "timestamp", "timestamps"),
    "x": ("x", "addr", "address", "unit", "units", "channel", "col"),
    "y": ("y", "row"),
    "p": ("p", "pol", "polarity", "on"),
}
"""Names under which recordings have the time, the place and the polarity of events."""

FIRST = "first"
"""Value of `start`: times are counted from the first event of the recording."""

AT_ONCE = 2**17
"""Events that are sorted into frames together."""

MOST_FRAMES = 2**22
"""Frames of a recording."""

MOST_SOURCES = 2**31 - 1

Recording: TypeAlias = NDArray[Any] | Mapping[str, Any]
"""A structured array of events, or an array for each field by its name."""

Field: TypeAlias = NDArray[Any]


class Counts(NamedTuple):
    """The frames of one recording: the nonzero counts, as compressed rows have them."""

    values: NDArray[np.float32]
    columns: NDArray[np.int32]
    edges: NDArray[np.int64]
    """(frames + 1,): where the counts of each frame begin, and where those of the last end."""


class _Part(NamedTuple):
    """Counts of some events of a recording."""

    values: NDArray[np.float32]
    columns: NDArray[np.int32]
    first: int
    """The frame of the first count."""

    per_frame: NDArray[np.int64]
    """The number of counts of each frame from there on."""


@dataclass(frozen=True)
class EventForm:
    """How the events of a sensor become frames.

    `sensor_size` is (width, height, polarities), or the channels of a cochlea. `dt` is the length
    of a frame in the unit of t. `pool` is (x, y), or one number for both. `frames` is the number of
    frames of every recording: later events are left out, and shorter recordings end in silence.
    Times are counted from `start`, a time or `"first"`.
    """

    sensor_size: int | Sequence[int]
    dt: float
    pool: int | Sequence[int] = 1
    frames: int | None = None
    start: float | str = 0

    def __post_init__(self) -> None:
        sizes = _sizes("sensor_size", self.sensor_size, 3)
        object.__setattr__(self, "sensor_size", sizes + (1,) * (3 - len(sizes)))
        pool = _sizes("pool", self.pool, 2)
        object.__setattr__(self, "pool", pool * 2 if len(pool) == 1 else pool)
        if not _is_number(self.dt) or not self.dt > 0:
            raise SettingError(
                f"dt is {self.dt!r}, expected the length of a frame in the unit of t: give a "
                f"number above 0"
            )
        if self.frames is not None and not _is_whole(self.frames, MOST_FRAMES):
            raise SettingError(f"frames is {self.frames!r}, expected 1 to {MOST_FRAMES}")
        if self.start != FIRST and not _is_number(self.start):
            raise SettingError(f"start is {self.start!r}, expected a time or {FIRST!r}")
        if self.channels > MOST_SOURCES:
            raise SettingError(
                f"sensor_size {self.sensor_size} has {self.channels} channels, expected at most "
                f"{MOST_SOURCES}: choose a larger pool"
            )

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> EventForm:
        """Return the form with these settings, by name."""
        names = [field.name for field in fields(cls)]
        for name in settings:
            choose("events setting", name, names)
        for field in fields(cls):
            if field.default is MISSING and field.name not in settings:
                raise SettingError(
                    f"events has no {field.name}: give sensor_size (width, height, polarities), "
                    f"and dt, the length of a frame in the unit of t"
                )
        return cls(**settings)

    @property
    def size(self) -> tuple[int, int, int]:
        """Width and height in pixels, and polarities."""
        width, height, polarities = self.sensor_size  # type: ignore[misc]
        return width, height, polarities

    @property
    def pooled(self) -> tuple[int, int]:
        """Width and height in pooled pixels."""
        (width, height, _), (across, down) = self.size, self.pool  # type: ignore[misc]
        return -(-width // across), -(-height // down)

    @property
    def channels(self) -> int:
        width, height = self.pooled
        return width * height * self.size[2]

    def counts(self, recording: Recording, name: str = "the recording") -> Counts:
        """Return the frames of one recording; an InputError that names it and the event.

        Events are taken a few at a time, so that the memory needed next to the result is constant.
        """
        given = self._fields(recording, name)
        events = len(given["t"])
        if not events:
            raise InputError(f"{name}: no events: leave the recording out")
        zero = given["t"][0].item() if self.start == FIRST else self.start
        held, weights = np.empty(0, dtype=np.int64), np.empty(0)
        found: list[_Part] = []
        last = 0
        for first in range(0, events, AT_ONCE):
            part = {key: field[first : first + AT_ONCE] for key, field in given.items()}
            before = given["t"][first - 1] if first else None
            frame = self._frames(part["t"], before, zero, name, first)
            last = int(frame[-1])
            if self.frames is not None:
                part = {key: field[frame < self.frames] for key, field in part.items()}
                frame = frame[frame < self.frames]
            place = frame * self.channels + self._channels(part, name, first)
            # The last frame so far may go on in the next part.
            places, counts = _summed(
                np.concatenate([held, place]), np.concatenate([weights, np.ones(len(place))])
            )
            ends = np.searchsorted(places, (frame[-1] if len(frame) else 0) * self.channels)
            found.append(self._part(places[:ends], counts[:ends]))
            held, weights = places[ends:], counts[ends:]
            if self.frames is not None and last >= self.frames:
                break
        return _joined([*found, self._part(held, weights)], self.frames or last + 1)

    def _part(self, places: NDArray[np.int64], counts: NDArray[np.float64]) -> _Part:
        frame, column = np.divmod(places, self.channels)
        first = int(frame[0]) if len(frame) else 0
        per_frame = np.bincount(frame - first)
        return _Part(counts.astype(np.float32), column.astype(np.int32), first, per_frame)

    def _fields(self, recording: Recording, name: str) -> dict[str, Field]:
        """Return the fields that the sensor needs, all of one length."""
        names = getattr(getattr(recording, "dtype", None), "names", None)
        given: list[str] = list(names or (recording if isinstance(recording, Mapping) else ()))
        if not given:
            raise InputError(
                f"{name} is no structured array of events: expected one with fields such as t, x, "
                f"y and p, or arrays by these names"
            )
        needed = [key for key, of in zip("xyp", self.size, strict=True) if key == "x" or of > 1]
        found: dict[str, Field] = {}
        for key in ("t", *needed):
            known = [field for field in given if field.lower() in NAMES[key]]
            if len(known) != 1:
                raise InputError(
                    f"{name}: {len(known) or 'no'} field{'s' * (len(known) > 1)} for {key}, the "
                    f"fields are {', '.join(given)}: call one of them {' or '.join(NAMES[key][:3])}"
                )
            found[key] = field = numbers(recording[known[0]])
            kinds = "iuf" if key == "t" else "iub"
            if field.ndim != 1 or field.dtype.kind not in kinds:
                raise InputError(
                    f"{name}: {known[0]} is {field.dtype} of shape {field.shape}, expected one "
                    f"{'number' if key == 't' else 'whole number'} for each event: convert it"
                )
            if len(field) != len(found["t"]):
                raise InputError(
                    f"{name}: {len(field)} values of {known[0]} for {len(found['t'])} events: "
                    f"expected one for each: save them together again"
                )
        return found

    def _frames(self, t: Field, before: Any, zero: Any, name: str, first: int) -> NDArray[np.int64]:
        """Return the frame of each event; `before` is the time of the event before these."""
        times = t.astype(np.float64 if t.dtype.kind == "f" else np.int64)
        wrong = np.zeros(len(times), dtype=bool)
        wrong[1:] = times[1:] < times[:-1]
        wrong[0] = before is not None and times[0] < before
        for fault, refuse in (
            (~np.isfinite(times), "expected a finite time: correct it, or leave the event out"),
            (times < zero, f"expected no time before {zero}: shift the times, or give start="),
            (wrong, "but the event before it is later: put the events in the order of time"),
        ):
            if fault.any():
                event = int(fault.argmax())
                raise InputError(f"{name}: event {first + event} is at {t[event]}, {refuse}")
        frame: NDArray[np.int64]
        if times.dtype.kind == "i" and float(self.dt).is_integer() and int(zero) == zero:
            frame = (times.astype(np.int64) - int(zero)) // int(self.dt)
        else:
            frame = np.minimum(np.floor((times - zero) / self.dt), 2.0**62).astype(np.int64)
        if self.frames is None and frame[-1] >= MOST_FRAMES:
            event = int((frame >= MOST_FRAMES).argmax())
            raise InputError(
                f"{name}: event {first + event} is at {t[event]}, in frame {frame[event]}, the "
                f"limit is {MOST_FRAMES}: give a longer dt, or start={FIRST!r}"
            )
        return frame

    def _channels(self, part: Mapping[str, Field], name: str, first: int) -> NDArray[np.int64]:
        """Return the channel of each event."""
        width, height = self.pooled
        across, down = self.pool  # type: ignore[misc]
        channel = np.zeros(len(part["t"]), dtype=np.int64)
        for key, limit, pool, times in zip(
            "pyx", self.size[::-1], (1, down, across), (1, height, width), strict=True
        ):
            if key in part:
                field = part[key].astype(np.int64)
                if key == "p" and limit == 2:
                    field = np.where(field == -1, 0, field)
                outside = (field < 0) | (field >= limit)
                if outside.any():
                    event = int(outside.argmax())
                    _refuse_outside(name, first + event, key, part[key][event], limit)
                channel = channel * times + field // pool
            else:
                channel = channel * times
        return channel


def _refuse_outside(name: str, event: int, key: str, value: Any, limit: int) -> NoReturn:
    of = {"x": "width", "y": "height", "p": "polarities"}[key]
    raise InputError(
        f"{name}: event {event} has {key} = {value}, expected 0 to {limit - 1}: give the {of} of "
        f"the sensor in sensor_size"
    )


def _joined(parts: Sequence[_Part], frames: int) -> Counts:
    """Return the counts of all parts, in which frames may go on from part to part."""
    per_frame = np.zeros(frames + 1, dtype=np.int64)
    for part in parts:
        per_frame[part.first + 1 : part.first + 1 + len(part.per_frame)] += part.per_frame
    values = np.concatenate([part.values for part in parts])
    return Counts(values, np.concatenate([part.columns for part in parts]), np.cumsum(per_frame))


def _summed(
    places: NDArray[np.int64], weights: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the places in their order, each once, and the sum of its weights."""
    distinct, which = np.unique(places, return_inverse=True)
    return distinct, np.bincount(which, weights, len(distinct)).astype(np.float64)


def _sizes(name: str, given: Any, most: int) -> tuple[int, ...]:
    """Return one to `most` whole numbers."""
    sizes = tuple(given) if isinstance(given, (Sequence, np.ndarray)) else (given,)
    if not 1 <= len(sizes) <= most or not all(_is_whole(size, MOST_SOURCES) for size in sizes):
        form = "(width, height, polarities)" if most == 3 else "(x, y)"
        raise SettingError(f"{name} is {given!r:.60}, expected {form} or one whole number")
    return tuple(int(size) for size in sizes)


def _is_whole(value: Any, most: int) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and 1 <= int(value) <= most


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and isfinite(value)


def numbers(values: ArrayLike) -> NDArray[Any]:
    """Return an array; of whole numbers where it is empty, because NumPy takes [] for floats."""
    array = np.asarray(values)
    return array if array.size else array.astype(np.int64)


def named_recordings(events: Any) -> Iterator[tuple[str, Recording]]:
    """Yield each recording, and how an error calls it."""
    if isinstance(events, Mapping) or getattr(getattr(events, "dtype", None), "names", None):
        yield "the recording", events
        return
    if not isinstance(events, Iterable):
        raise InputError(
            f"events are of the type {type(events).__name__}, expected a structured array with "
            f"fields such as t, x, y and p, or a list of these"
        )
    for i, recording in enumerate(events):
        yield f"recording {i}", recording
