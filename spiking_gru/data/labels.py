"""Targets of which each names any number of classes: rows of 0 and 1, or lists of names.

A text is one name, or several with `|` between them, as a table has them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import InputError
from hardware.metrics import MISSING_CLASS

BETWEEN = "|"
"""Between the names of several classes in one text."""


def is_missing(target: Any) -> bool:
    """Return whether a target is None or NaN."""
    return target is None or bool(target != target)


def are_labels(items: list[Any]) -> bool:
    """Return whether targets name any number of classes: rows that are not one-hot, or names.

    An InputError where rows that are known are one-hot and others are not known.
    """
    if any(isinstance(item, list) and any(isinstance(x, str) for x in item) for item in items):
        return True
    if not _are_rows(items, least=2):
        return False
    known = [row for row in items if isinstance(row, list) and not any(map(is_missing, row))]
    if any(sum(row) != 1 for row in known):
        return True
    if len(known) == len(items):
        return False
    raise InputError(
        "targets are one-hot rows, but some are missing: give task='multi-label' if several "
        "classes of one item may be right, or one label of each item with task='classify'"
    )


def _are_rows(items: list[Any], least: int = 1) -> bool:
    """Return whether targets are rows of 0 and 1, `least` or more in each; some may be missing."""
    rows = [item for item in items if isinstance(item, list)]
    widths = {len(row) for row in rows}
    if len(widths) != 1 or widths.pop() < least:
        return False
    others = [item for item in items if not isinstance(item, list)]
    return all(map(is_missing, others)) and all(_is_mark(mark) for row in rows for mark in row)


def _is_mark(mark: Any) -> bool:
    """Return whether a value is 0, 1 or missing."""
    return is_missing(mark) or (isinstance(mark, (int, float)) and mark in (0, 1))


def labels_of(
    items: list[Any], names: tuple[str, ...], text: Callable[[Any], str]
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Return labels (items, classes), each 0, 1 or missing, and the names of the classes.

    `text` writes a label as the name of a class.
    """
    return _of_rows(items, names) if _are_rows(items) else _of_names(items, names, text)


def _of_rows(items: list[Any], names: tuple[str, ...]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    width = next(len(item) for item in items if isinstance(item, list))
    if names and len(names) != width:
        raise InputError(
            f"rows of {width} labels for {len(names)} classes: expected one column for each"
        )
    rows: list[list[Any]] = [item if isinstance(item, list) else [None] * width for item in items]
    labels = [[MISSING_CLASS if is_missing(x) else int(x) for x in row] for row in rows]
    return np.array(labels, dtype=np.int64), names or tuple(str(i) for i in range(width))


def _of_names(
    items: list[Any], names: tuple[str, ...], text: Callable[[Any], str]
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    listed = [_listed(number, item) for number, item in enumerate(items)]
    every = [label for item in listed if item is not None for label in item]
    names = names or names_of(every, text)
    place = {name: i for i, name in enumerate(names)}
    labels = np.zeros((len(items), len(names)), dtype=np.int64)
    for i, item in enumerate(listed):
        if item is None:
            labels[i] = MISSING_CLASS
        for label in item or ():
            if text(label) not in place:
                raise InputError(
                    f"target {i}: a label is {text(label)!r}, but the classes are "
                    f"{', '.join(names)}, expected some of them: correct it, or add the class"
                )
            labels[i, place[text(label)]] = 1
    return labels, names


def _listed(number: int, item: Any) -> list[Any] | None:
    """Return the labels of one item; None where they are not known."""
    if isinstance(item, list):
        if any(isinstance(label, list) or is_missing(label) for label in item):
            raise InputError(
                f"target {number} is {item!r:.60}: expected a list of labels; give None for all "
                f"labels of an item where they are not known"
            )
        return item
    if is_missing(item):
        return None
    if isinstance(item, str):
        return [name.strip() for name in item.split(BETWEEN) if name.strip()]
    return [item]


def names_of(labels: list[Any], text: Callable[[Any], str]) -> tuple[str, ...]:
    """Return the names of the classes: numbers in their own order, then names in theirs."""
    known = {text(label): label for label in labels if not is_missing(label)}
    if not known:
        raise InputError("every label is missing, expected some that are known: fill them in")
    numbers = sorted(
        (t for t, label in known.items() if not isinstance(label, str)), key=lambda t: known[t]
    )
    return (*numbers, *sorted(t for t, label in known.items() if isinstance(label, str)))
