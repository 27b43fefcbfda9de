"""A folder of recordings, one a file: tables or sound; labels are subfolders, or in `index.csv`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from hardware.errors import InputError, name_fault
from hardware.files.disk import opened
from hardware.sequences.log_mel import NAME, LogMel
from hardware.sequences.on_disk import IN_MEMORY, SequenceStore
from spiking_gru.data.event_files import EVENT_READERS
from spiking_gru.data.event_recordings import EventSettings, event_recordings
from spiking_gru.data.folder_index import INDEX, MOST_FILES, Entry, indexed, require_course
from spiking_gru.data.recordings import Recordings, frames_of
from spiking_gru.data.sound import ENDING, LogMelSettings, features_of, table_of_sound
from spiking_gru.data.splits import PARTS
from spiking_gru.data.table_files import LARGEST, READERS, read_table
from spiking_gru.data.tables import Table, targets_in
from spiking_gru.data.time_order import in_time_order

MOST_BYTES = 2**40
"""Bytes of all recordings."""

EVENTS_ALONE = tuple(ending for ending in EVENT_READERS if ending not in READERS)

ENDINGS = (*READERS, ENDING, *EVENTS_ALONE)
"""Endings of recordings."""


def recordings_in(
    folder: Path,
    time: str | None = None,
    target: Sequence[str] = (),
    missing: str | None = None,
    log_mel: LogMelSettings = None,
    events: EventSettings = None,
    heads: Sequence[str] = (),
) -> tuple[Recordings, str | None]:
    """Return the recordings of a folder, and their task where the folder decides it.

    Names, sizes and parts are checked before a recording is read. See `Dataset.from_folder`.
    """
    if not _is_folder(folder):
        raise InputError(f"{folder}: not a folder, expected one of recordings: check the path")
    if heads and target:
        raise InputError("target and heads are given: name all columns of targets as heads")
    task: str | None = None if target or heads else "classify"
    in_index: tuple[str, ...] = ()
    if os.path.lexists(folder / INDEX):
        entries, task, in_index = indexed(folder, bool(target), heads)
    else:
        per_frame = bool(target or heads)
        entries = list(islice(_labelled(folder, per_frame), MOST_FILES + 1))
    if not entries:
        raise InputError(
            f"{folder}: no recordings: put files that end in {', '.join(ENDINGS)} into a subfolder "
            f"for each label, or list them in {INDEX}"
        )
    _require_sizes(folder, entries)
    of_frames = () if in_index else heads
    if events is not None:
        given = {"time": time, "target": target, "missing": missing, "log_mel": log_mel}
        others = [key for key, of in {**given, "heads": of_frames}.items() if of]
        found = event_recordings(entries, events, others)
    else:
        _require_no_events(entries)
        features = features_of(folder, [entry.path for entry in entries], log_mel)
        found = _read(entries, time, target, missing, features, of_frames)
    if in_index:
        by_name = {name: [entry.target[name] for entry in entries] for name in in_index}
        found = replace(found, targets=by_name)
    return found, task


def _labelled(folder: Path, per_frame: bool) -> Iterator[Entry]:
    """Yield the recordings in subfolders, which are labels, or parts with labels below."""
    below = _listed(folder)
    folders = {path.name for path in below if _is_folder(path)}
    parts = [path for path in below if path.name in folders] if folders <= {*PARTS} else []
    for path in below if parts else ():
        if path.name not in folders:
            _require_no_recording(path)
    for place in parts or [folder]:
        part = place.name if parts else None
        for path in _listed(place):
            if _is_folder(path):
                if per_frame:
                    raise InputError(f"{path}: a folder, expected recordings with their targets")
                yield from (
                    Entry(file, path.name, part=part, place=str(file.relative_to(folder)))
                    for file in _recordings(path)
                )
            elif per_frame and path.suffix.lower() in ENDINGS:
                yield Entry(path, part=part, place=str(path.relative_to(folder)))
            else:
                _require_no_recording(path)


def _recordings(folder: Path) -> list[Path]:
    """Return the files in the folder of a label: one recording each, at least one."""
    paths = _listed(folder)
    for path in paths:
        if _is_folder(path):
            raise InputError(
                f"{path}: a folder within the folder of a label: expected recordings: move them "
                f"up, or list them in {INDEX}"
            )
        if path.suffix.lower() not in ENDINGS:
            raise InputError(
                f"{path}: expected a recording that ends in {', '.join(ENDINGS)}: convert it or "
                f"move it away"
            )
    if not paths:
        raise InputError(f"{folder}: no recording in it: remove the folder, or put some in")
    return paths


def _require_no_events(entries: Sequence[Entry]) -> None:
    """Refuse files that hold nothing but events."""
    for entry in entries:
        if entry.path.suffix.lower() in EVENTS_ALONE:
            raise InputError(
                f"{entry.path} holds events: give events = {{sensor_size, dt}}, or a TOML file "
                f"with a table [events]"
            )


def _require_no_recording(path: Path) -> None:
    if path.suffix.lower() in ENDINGS:
        raise InputError(
            f"{path}: a recording without a label: put it into a subfolder that is called as its "
            f"label, or list it in {INDEX}"
        )


def _is_folder(path: Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112 - Path.is_dir raises for some paths


def _listed(folder: Path) -> list[Path]:
    """Return what is in a folder, by name; hidden files are left out."""
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in islice(entries, MOST_FILES + 1)]
    except OSError as error:
        raise InputError(f"cannot read {folder}: {error.strerror}") from error
    if len(names) > MOST_FILES:
        raise InputError(
            f"{folder}: more than {MOST_FILES} files: put several recordings into each .npz file "
            f"of train_values and train_lengths"
        )
    for fault in filter(None, map(name_fault, names)):
        raise InputError(f"{folder}: {fault}: rename the file")
    return [folder / name for name in sorted(names) if not name.startswith(".")]


def _require_sizes(folder: Path, entries: Sequence[Entry]) -> None:
    """Refuse recordings that are no files, or too many or too large."""
    if len(entries) > MOST_FILES:
        raise InputError(f"{folder}: more than {MOST_FILES} recordings: leave some out")
    total = 0
    for entry in entries:
        if not os.path.lexists(entry.path) or _is_folder(entry.path):
            raise InputError(
                f"{folder}: {entry.place}: no such file, expected a recording: correct its name, "
                f"or take the line out"
            )
        with opened(entry.path, LARGEST) as (_, size):
            total += size
    if total > MOST_BYTES:
        raise InputError(
            f"{folder}: its {len(entries)} recordings have {total} bytes, the limit is "
            f"{MOST_BYTES}: leave some out"
        )


def _read(
    entries: Sequence[Entry],
    time: str | None,
    target: Sequence[str],
    missing: str | None,
    features: LogMel | None,
    heads: Sequence[str] = (),
) -> Recordings:
    """Return the recordings, read one by one."""
    store = SequenceStore(IN_MEMORY)
    of_frames: list[Table] = []
    first: Table | None = None
    channels: list[str] = []
    answers = [*target, *heads]
    aside = [*answers, *([] if time is None else [time])]
    for entry in entries:
        if features is None:
            table = in_time_order(read_table(entry.path, aside), time)
        else:
            table = table_of_sound(entry.path, features)
        for name in aside:
            table.require(name)
        first, channels = first or table, channels or table.without(aside)
        frames = frames_of(table, channels, first, missing)
        require_course(entry.path, len(frames))
        store.add(frames)
        of_frames.append(Table(table.source, {name: table.columns[name] for name in answers}))
    targets: Any = targets_in(of_frames, target) if target else [e.target for e in entries]
    if heads:
        targets = {name: targets_in(of_frames, [name]) for name in heads}
    groups = [entry.group for entry in entries if entry.group is not None]
    parts = [entry.part for entry in entries if entry.part is not None]
    return Recordings(
        store.sequences(),
        targets,
        groups or None,
        parts or None,
        tuple(channels),
        () if features is None else ((NAME, features.settings),),
        places=[entry.place for entry in entries],
    )
