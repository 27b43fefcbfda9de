"""The form of targets as people have them: one of each sequence, or one of each frame."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import InputError
from hardware.sequences.dense import NO_ARRAY, as_array

MOSTLY = 0.5
"""Share of sequences with a target of each frame above which all are meant to have one."""

Table = NDArray[np.object_]
"""Targets as (items,) or (items, outputs), each as it was given."""


def listed_targets(given: Any, count: int) -> list[Any]:
    """Return one target for each sequence, as Python's own numbers, texts and lists."""
    try:
        items = [_plain(item) for item in given]
    except NO_ARRAY as error:
        raise InputError(
            f"targets are {given!r:.60}: expected one for each sequence: {error}"
        ) from error
    if len(items) != count:
        raise InputError(
            f"{len(items)} targets for {count} sequences, expected one for each: give as many"
        )
    return items


def _plain(item: Any) -> Any:
    """Return a target as Python's own number, text or list."""
    if isinstance(item, (set, frozenset)):
        item = sorted(item, key=str)
    try:
        return as_array(item).tolist()
    except NO_ARRAY:
        if not isinstance(item, (list, tuple)):
            raise
        return [_plain(part) for part in item]


def _width(item: Any) -> int | None:
    """Return the length of a target that is a list; None for a single one."""
    return len(item) if isinstance(item, list) else None


def are_per_step(items: list[Any], lengths: NDArray[np.int64]) -> bool:
    widths = [_width(item) for item in items]
    if widths != lengths.tolist() or not items:
        return False
    if len(set(widths)) == 1 and not isinstance(items[0][0], list):
        raise InputError(
            f"every target is a list of {widths[0]}, and every sequence has as many frames: give "
            f"task='regress' for {widths[0]} values of each sequence, task='multi-label' for its "
            f"labels, or task='regress-steps' or 'classify-steps' for one target of each frame"
        )
    return True


def require_whole_frames(items: list[Any], lengths: NDArray[np.int64]) -> None:
    """Refuse targets of frames of which some sequences have too few or too many."""
    whole = sum(_width(item) == length for item, length in zip(items, lengths, strict=True))
    are_lists = all(isinstance(item, list) for item in items)
    if are_lists and MOSTLY < whole / max(len(items), 1) < 1 and len(set(lengths)) > 1:
        of_all_frames(items, lengths)


def of_all_frames(items: list[Any], lengths: NDArray[np.int64]) -> list[Any]:
    """Return the targets of all frames, one after another."""
    for number, (item, length) in enumerate(zip(items, lengths, strict=True)):
        width = _width(item)
        if width != length:
            found = "one target" if width is None else f"{width} targets"
            raise InputError(
                f"sequence {number} has {length} frames, but {found}, expected one for each frame: "
                f"give it {length} targets, or name the task of targets of sequences"
            )
    return [target for item in items for target in item]


def or_of_frames(items: list[Any], lengths: NDArray[np.int64]) -> str:
    """Return what else lists of different lengths may have been meant as, for an error."""
    if not all(isinstance(item, list) for item in items) or not len(lengths):
        return ""
    return f", or one for each frame, of which sequence 0 has {lengths[0]}"


def table_of_targets(items: list[Any], otherwise: str = "") -> Table:
    width = _width(items[0]) if items else None
    for i, item in enumerate(items):
        if _width(item) != width:
            raise InputError(
                f"targets have different widths: target {i} is {_listed(item)}, expected "
                f"{_listed(items[0])} as in target 0: give every target as many "
                f"numbers{otherwise}"
            )
    table = np.empty(len(items) if width is None else (len(items), width), dtype=object)
    for i, item in enumerate(items):
        table[i] = item
    return table


def _listed(item: Any) -> str:
    """Return how many numbers a target is, in words."""
    width = _width(item)
    return "one number" if width is None else f"a list of {width}"
