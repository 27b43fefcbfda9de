"""Recordings of events in a folder: sparse frames of counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from hardware.definition.limits import WIDEST
from hardware.errors import InputError, SettingError
from hardware.sequences.events import EventForm
from hardware.sequences.on_disk import IN_MEMORY, SparseStore
from spiking_gru.data.event_files import read_events
from spiking_gru.data.folder_index import Entry, require_course
from spiking_gru.data.recordings import Recordings

EventSettings: TypeAlias = EventForm | Mapping[str, Any] | None


def event_recordings(
    entries: Sequence[Entry], events: EventForm | Mapping[str, Any], others: Sequence[str] = ()
) -> Recordings:
    """Return the recordings of files of events, read one by one.

    `others` names options that are given but have no meaning for events.
    """
    if others:
        raise InputError(
            f"{others[0]} has no meaning for events, whose times and places are t, x, y and p: "
            f"leave {others[0]} out"
        )
    form = events if isinstance(events, EventForm) else EventForm.of(events)
    if form.channels > WIDEST:
        raise SettingError(
            f"sensor_size {form.sensor_size} has {form.channels:,} channels, expected at most "
            f"{WIDEST:,}: choose a larger pool"
        )
    store = SparseStore(form.channels, IN_MEMORY)
    for entry in entries:
        counts = form.counts(read_events(entry.path), str(entry.path))
        require_course(entry.path, len(counts.edges) - 1)
        store.add(counts)
    groups = [entry.group for entry in entries if entry.group is not None]
    parts = [entry.part for entry in entries if entry.part is not None]
    targets = [entry.target for entry in entries]
    places = [entry.place for entry in entries]
    return Recordings(store.sequences(), targets, groups or None, parts or None, places=places)
