"""Recordings as they come from files, frames and loaders: what `Dataset.from_lists` takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hardware.errors import InputError
from hardware.sequences.dense import NO_ARRAY, as_array
from hardware.sequences.sparse import AnySequences, SparseSequences
from spiking_gru.data.tables import Table, table_of_frame, targets_in
from spiking_gru.data.tasks import TASKS
from spiking_gru.data.time_order import in_time_order

if TYPE_CHECKING:
    from typing import TypeGuard

MOST_VALUES = 2**30
"""Values of all frames: 4 GiB as float32."""


Preprocessing = tuple[tuple[str, Mapping[str, Any]], ...]
"""Names and settings of steps on the host."""


@dataclass(frozen=True)
class Recordings:
    """Sequences, and one target, group and part of each."""

    sequences: Sequence[ArrayLike] | AnySequences
    targets: Sequence[Any] | Mapping[str, Sequence[Any]]
    """By the name of each head, where there are several."""

    groups: Sequence[Any] | None = None
    parts: Sequence[str] | None = None
    channels: tuple[str, ...] = ()
    """The name of each channel, where it has one."""

    preprocessing: Preprocessing = ()
    """The steps that made the frames, as a program states them."""

    naive: Mapping[str, ArrayLike] = field(default_factory=dict)
    """Naive forecasts of the targets by name."""

    classes: tuple[str, ...] = ()
    """The names of the classes, where they do not follow from the targets."""

    places: Sequence[str] | None = None
    """The name of each sequence in errors, such as its file; None where they are counted."""


def frames_of(
    table: Table,
    names: Sequence[str],
    like: Table | None = None,
    missing: str | None = None,
) -> NDArray[np.float32]:
    """Return the columns `names` as frames; an InputError where `like` has other columns."""
    if like is not None and list(table.columns) != list(like.columns):
        raise InputError(
            f"{table.source} has the columns {_listed(table)}, expected {_listed(like)} as in "
            f"{like.source}: give every recording the same columns in the same order"
        )
    return table.numbers(names, missing).astype(np.float32)


def _listed(table: Table) -> str:
    text = ", ".join(table.columns)
    return text if len(text) <= 100 else f"{text[:100]} … ({len(table.columns)} in all)"


def of_frames(
    frames: Iterable[Any],
    targets: Sequence[Any] | Mapping[str, Sequence[Any]],
    groups: Sequence[Any] | None = None,
    time: str | None = None,
    missing: str | None = None,
) -> Recordings:
    """Return the recordings of one table for each sequence; all have the same columns.

    Rows are in the order of the column `time`, which is no channel.
    """
    if not isinstance(frames, Iterable):
        raise InputError(
            f"frames are of the type {type(frames).__name__}, expected a list of data frames, or "
            f"one and the name of its column sequence"
        )
    aside = () if time is None else (time,)
    tables = [
        in_time_order(table_of_frame(f"frame {i}", frame, exact=aside), time)
        for i, frame in enumerate(frames)
    ]
    names = tuple(tables[0].without(aside)) if tables else ()
    sequences = [frames_of(table, names, tables[0], missing) for table in tables]
    return Recordings(sequences, targets, groups, channels=names)


def of_long_frame(
    frame: Any,
    sequence: str,
    target: Sequence[str],
    group: str | None = None,
    time: str | None = None,
    missing: str | None = None,
    task: str | Mapping[str, str] | None = None,
) -> Recordings:
    """Return the recordings in one table, whose column `sequence` says to which a row belongs.

    Their order is that of the first rows. Within each, rows are in the order of `time`. A target
    that is the same in all rows of every sequence is one of the sequence, unless `task` says
    otherwise.
    """
    aside = [name for name in (sequence, *target, group, time) if name is not None]
    table = table_of_frame("the frame", frame, exact=aside)
    for name in aside:
        table.require(name)
    if not target:
        raise InputError("no target column is named: give target='NAME'")
    of_each = [in_time_order(table.take(rows), time) for rows in _rows_of_each(table, sequence)]
    targets: list[Any] = targets_in(of_each, target)
    if not (TASKS[task].per_step if _is_known(task) else not all(map(_is_constant, targets))):
        targets = [_only(*each, target) for each in zip(of_each, targets, strict=True)]
    return _of_rows(table, of_each, targets, aside, group, missing)


def of_long_frame_with_heads(
    frame: Any,
    sequence: str,
    heads: Sequence[str],
    group: str | None = None,
    time: str | None = None,
    missing: str | None = None,
) -> Recordings:
    """As `of_long_frame`, with a target of each head: a column of its name.

    Targets are of sequences where every head is the same in all rows of every sequence.
    """
    aside = [name for name in (sequence, *heads, group, time) if name is not None]
    table = table_of_frame("the frame", frame, exact=aside)
    for name in aside:
        table.require(name)
    of_each = [in_time_order(table.take(rows), time) for rows in _rows_of_each(table, sequence)]
    targets = {name: targets_in(of_each, [name]) for name in heads}
    if all(_is_constant(values) for of_head in targets.values() for values in of_head):
        targets = {name: [values[0] for values in found] for name, found in targets.items()}
    return _of_rows(table, of_each, targets, aside, group, missing)


def _of_rows(
    table: Table,
    of_each: Sequence[Table],
    targets: Any,
    aside: Sequence[str],
    group: str | None,
    missing: str | None,
) -> Recordings:
    """Return the recordings of the rows of each sequence, whose other columns are channels."""
    names = table.without(aside)
    return Recordings(
        [of_one.numbers(names, missing) for of_one in of_each],
        targets,
        group and [_only(of_one, of_one.columns[group], [group]) for of_one in of_each],
        channels=tuple(names),
        places=[f"the sequence from {of_one.unit} {of_one.place(0)}" for of_one in of_each],
    )


def _is_known(task: Any) -> TypeGuard[str]:
    """Return whether one task is named; that of the targets is refused later otherwise."""
    return isinstance(task, str) and task in TASKS


def _only(table: Table, values: NDArray[Any], names: Sequence[str]) -> Any:
    """Return what is the same in all rows of a sequence."""
    if not _is_constant(values):
        raise InputError(
            f"{table.where(0, names[0])} and below: it changes within a sequence, expected one of "
            f"each sequence: targets of each frame need a task of steps"
        )
    return values[0]


def _rows_of_each(table: Table, sequence: str) -> list[NDArray[np.int64]]:
    """Return the rows of each sequence, in the order in which the sequences begin."""
    column = table.columns[sequence]
    absent = np.flatnonzero(column != column)
    if len(absent):
        raise InputError(f"{table.where(absent[0], sequence)} is missing: give its sequence")
    identities = column.astype(str)
    _, first, index = np.unique(identities, return_index=True, return_inverse=True)
    order = np.argsort(index, kind="stable")
    edges = [0, *(np.flatnonzero(np.diff(index[order])) + 1).tolist(), len(order)]
    rows = [order[a:b] for a, b in pairwise(edges)]
    return [rows[i] for i in np.argsort(first)]


def _is_constant(values: NDArray[Any]) -> bool:
    """Return whether all rows are equal; what is missing is equal to what is missing."""
    return bool(((values == values[:1]) | ((values != values) & (values[:1] != values[:1]))).all())


def of_loader(batches: Iterable[Any], task: str | Mapping[str, str] | None = None) -> Recordings:
    """Return the recordings of batches (inputs, targets) or (inputs, targets, lengths).

    Inputs are (batch, frames, channels). With lengths, frames after the end are left out, and so
    are targets of such frames.
    """
    found: list[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]] = []
    total = 0
    for number, batch in enumerate(batches):
        found.append(_batch(number, batch))
        total += found[-1][0].size
        if total > MOST_VALUES:
            raise InputError(
                f"the loader gave more than {MOST_VALUES} values in {number + 1} batches: expected "
                f"one pass over the data: give a loader that ends"
            )
    if not found:
        raise InputError("the loader gave no batch: expected (inputs, targets) of some sequences")
    per_step = TASKS[task].per_step if _is_known(task) else _are_per_step(found)
    ends = [(i, end) for i, (_, _, lengths) in enumerate(found) for end in enumerate(lengths)]
    return Recordings(
        [found[i][0][j, :end] for i, (j, end) in ends],
        [found[i][1][j, :end] if per_step else found[i][1][j] for i, (j, end) in ends],
    )


def _are_per_step(found: list[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]]) -> bool:
    """Return whether padded targets have the frames of padded inputs; only one reading may do."""
    if any(answers.shape[1:2] != inputs.shape[1:2] for inputs, answers, _ in found):
        return False
    frames = {inputs.shape[1] for inputs, _, _ in found}
    if found[0][1].ndim == 2 and len(frames) == 1:
        raise InputError(
            f"every target is {frames.pop()} numbers, and every batch has as many frames: give "
            f"task='regress' for values of each sequence, or task='regress-steps' or "
            f"'classify-steps' for one target of each frame"
        )
    return True


def _batch(number: int, batch: Any) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return inputs, targets and lengths of a batch, which fit one another."""
    if not isinstance(batch, (tuple, list)) or len(batch) not in (2, 3):
        found = f"{len(batch)} items" if isinstance(batch, (tuple, list)) else type(batch).__name__
        raise InputError(
            f"batch {number} is {found}, expected (inputs, targets) or (inputs, targets, lengths)"
        )
    try:
        # Copies: a loader may write its next batch into the same memory.
        arrays = [np.array(as_array(item)) for item in batch]
    except NO_ARRAY as error:
        raise InputError(f"batch {number} is no tuple of arrays: {error}") from error
    inputs, answers, *rest = arrays
    if inputs.ndim != 3 or len({array.shape[:1] for array in arrays}) > 1:
        shapes = ", ".join(str(array.shape) for array in arrays)
        raise InputError(
            f"batch {number} has the shapes {shapes}, expected (batch, frames, channels), then one "
            f"target and length of each: put the batch first"
        )
    lengths = rest[0] if rest else np.full(len(inputs), inputs.shape[1])
    if not (
        lengths.ndim == 1
        and np.issubdtype(lengths.dtype, np.integer)
        and ((lengths >= 1) & (lengths <= inputs.shape[1])).all()
    ):
        raise InputError(
            f"batch {number} has the lengths {lengths.tolist()!r:.60}, expected whole numbers from "
            f"1 to {inputs.shape[1]}"
        )
    return inputs, answers, lengths


def joined(parts: Mapping[str, Recordings]) -> Recordings:
    """Return the recordings of all parts, one after another."""
    grouped = [name for name, part in parts.items() if part.groups is not None]
    if grouped and len(grouped) < len(parts):
        raise InputError(f"only the {grouped[0]} part has groups: give those of every part")

    for name, part in parts.items():
        of_heads = part.targets if isinstance(part.targets, Mapping) else {"": part.targets}
        owned: dict[str, Any] = {f"{h} targets".lstrip(): of for h, of in of_heads.items()}
        for what, items in {**owned, **({"groups": part.groups} if grouped else {})}.items():
            if len(items) != len(part.sequences):
                raise InputError(
                    f"{len(items)} {what} for {len(part.sequences)} sequences of the "
                    f"{name} part: expected one for each"
                )

    def each(field: str) -> Iterator[Any]:
        return (item for part in parts.values() for item in getattr(part, field))

    sparse = [p.sequences for p in parts.values() if isinstance(p.sequences, SparseSequences)]
    whole = len(sparse) == len(parts)
    return Recordings(
        SparseSequences.joined(sparse) if whole else list(each("sequences")),
        _joined_targets(parts),
        list(each("groups")) if grouped else None,
        [name for name, part in parts.items() for _ in part.sequences],
        places=[place for part in parts.values() for place in _places(part)],
    )


def _places(part: Recordings) -> Sequence[str]:
    """Return the names of the sequences of a part, which are counted where they have none."""
    return part.places or [f"sequence {i}" for i in range(len(part.sequences))]


def _listed_part(item: Any) -> Any:
    """Return a list of items; targets of several heads as a dict of lists."""
    if isinstance(item, Mapping):
        return {name: list(items) for name, items in item.items()}
    return list(item)


def _joined_targets(parts: Mapping[str, Recordings]) -> list[Any] | dict[str, list[Any]]:
    """Return the targets of all parts one after another, those of heads by name."""
    all_of = [part.targets for part in parts.values()]
    heads = {name for of in all_of if isinstance(of, Mapping) for name in of}
    if not heads:
        return [item for of in all_of for item in of]
    found: dict[str, list[Any]] = {}
    for of in all_of:
        if not isinstance(of, Mapping) or of.keys() != heads:
            raise InputError(
                f"a part has not the targets of the heads {', '.join(sorted(heads))}, which "
                f"another part has: give every part the same heads"
            )
        for name, items in of.items():
            found.setdefault(name, []).extend(items)
    return found


def recordings(given: Sequence[Any] | Recordings) -> Recordings:
    """Return (sequences, targets) or (sequences, targets, groups) as recordings."""
    if isinstance(given, Recordings):
        return given
    if not isinstance(given, (tuple, list)) or len(given) not in (2, 3):
        raise InputError(
            "a part is not (sequences, targets) or (sequences, targets, groups): give these"
        )
    try:
        sparse = given[0] if isinstance(given[0], SparseSequences) else None
        sequences, targets, *groups = (
            _listed_part(item) if item is not sparse else [] for item in given
        )
        return Recordings(
            sequences if sparse is None else sparse, targets, groups[0] if groups else None
        )
    except NO_ARRAY as error:
        raise InputError(f"a part is not lists of sequences and targets: {error}") from error
