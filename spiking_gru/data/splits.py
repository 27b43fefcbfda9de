"""Splits of sequences into parts: by a share of each class, by group, by time, into folds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.display import number_of
from hardware.errors import InputError, choose

Indices = NDArray[np.int64]

PARTS = ("train", "validation", "test")

VALIDATION_SHARE, TEST_SHARE = 0.1, 0.2


def _counted(i: int) -> str:
    return f"sequence {i}"


def by_class(
    labels: NDArray[np.int64],
    share: float,
    seed: int,
    names: Sequence[str] = (),
    where: Callable[[int], str] = _counted,
) -> Indices:
    """Return about `share` of each class, at least one sequence of it, chosen by the seed.

    Each class keeps at least one sequence as well. `names` of the classes and `where` sequences
    come from are for errors.
    """
    rng = np.random.default_rng(seed)
    held: list[Indices] = []
    for label in np.unique(labels[labels >= 0]):  # those without a label stay
        members = rng.permutation(np.flatnonzero(labels == label))
        if len(members) < 2:
            name = repr(names[label]) if names else label
            raise InputError(
                f"class {name} has 1 sequence ({where(members[0])}), expected at least 2, one to "
                f"train on and one to hold out: correct its label, or add sequences of this class"
            )
        held.append(members[: min(len(members) - 1, max(1, round(share * len(members))))])
    return np.sort(np.concatenate(held)) if held else np.empty(0, dtype=np.int64)


def by_share(count: int, share: float, seed: int) -> Indices:
    """Return about `share` of all sequences, at least one, chosen by the seed."""
    _require_two(count)
    rng = np.random.default_rng(seed)
    return np.sort(rng.permutation(count)[: min(count - 1, max(1, round(share * count)))])


def by_group(groups: NDArray[Any], share: float, seed: int) -> Indices:
    """Return all sequences of some groups, which make up about `share`, chosen by the seed.

    Groups are added in random order as long as that brings the share nearer.
    """
    names, sizes = np.unique(groups, return_counts=True)
    if len(names) < 2:
        raise InputError(
            f"every sequence is of the group {str(names[0])!r}, expected at least 2 groups, so "
            f"that no group is in two parts: add sequences of another group, or leave the groups "
            f"out"
        )
    wanted, taken = share * len(groups), 0
    chosen: list[int] = []
    for i in np.random.default_rng(seed).permutation(len(names)):
        nearer = abs(taken + sizes[i] - wanted) < abs(taken - wanted)
        if (nearer or not chosen) and len(chosen) < len(names) - 1:
            chosen.append(int(i))
            taken += int(sizes[i])
    return np.flatnonzero(np.isin(groups, names[chosen]))


def _require_two(count: int) -> None:
    if count < 2:
        raise InputError(
            f"there is {count} sequence, expected at least 2, one to train on and one to hold out: "
            f"add sequences"
        )


def by_time(count: int, share: float) -> Indices:
    """Return the last `share` of all sequences, which are in the order of time."""
    _require_two(count)
    return np.arange(count - min(count - 1, max(1, round(share * count))), count)


def given(
    parts: Sequence[Any],
    count: int,
    groups: NDArray[Any] | None,
    where: Callable[[int], str] = _counted,
) -> dict[str, Indices]:
    """Return the sequences of each part that are named one by one; no group is in two of them.

    Only validation may have none.
    """
    if len(parts) != count:
        raise InputError(f"{len(parts)} parts for {count} sequences: expected one for each")
    names = np.array([choose("part", str(part), PARTS) for part in parts], dtype=object)
    found = {part: np.flatnonzero(names == part) for part in PARTS}
    for part in ("train", "test"):
        if not len(found[part]):
            raise InputError(
                f"no sequence is of the {part} part: expected some for train and for test, and "
                f"for validation if you like"
            )
    if groups is not None:
        require_disjoint(
            {part: groups[chosen] for part, chosen in found.items()},
            lambda part, i: where(int(found[part][i])),
        )
    return found


def require_disjoint(groups: Mapping[str, NDArray[Any]], where: Callable[[str, int], str]) -> None:
    """Refuse a group that is in two parts; `where` names a sequence of a part."""
    home: dict[str, tuple[str, int]] = {}
    for part, members in groups.items():
        for name, first in zip(*_first_of_each(members), strict=True):
            other, before = home.setdefault(name, (part, first))
            if other != part:
                raise InputError(
                    f"the group {name!r} is in the {other} part ({where(other, before)}) and in "
                    f"the {part} part ({where(part, first)}), expected every group in one part: "
                    f"move its sequences, or leave the groups out"
                )


def _first_of_each(members: NDArray[Any]) -> tuple[list[str], list[int]]:
    """Return the names of all groups, and the first sequence of each."""
    names, first = np.unique(np.asarray(members, dtype=str), return_index=True)
    return names.tolist(), first.tolist()


def folds(
    count: int, k: int, seed: int, like: NDArray[Any] | None = None, *, whole: bool = False
) -> list[Indices]:
    """Return k disjoint folds that together hold every sequence.

    `like` has a label of each sequence: every fold gets about as many of each. With `whole` the
    labels are groups, and every group is in one fold.
    """
    if not 2 <= k <= count:
        raise InputError(f"{number_of(k, 'fold')} of {count} sequences: expected 2 to {count}")
    rng = np.random.default_rng(seed)
    if like is None:
        like = np.zeros(count, dtype=np.int64)
    names, index, sizes = np.unique(like, return_inverse=True, return_counts=True)
    fold = np.empty(count, dtype=np.int64)
    if whole:
        if len(names) < k:
            groups = number_of(len(names), "group")
            raise InputError(f"{k} folds of {groups}: expected at most {len(names)}")
        filled = np.zeros(k, dtype=np.int64)
        # Large groups first, each into the emptiest fold; equal ones in random order.
        for i in sorted(rng.permutation(len(names)), key=lambda i: -sizes[i]):
            emptiest = int(filled.argmin())
            fold[index == i] = emptiest
            filled[emptiest] += sizes[i]
    else:
        order = rng.permutation(count)
        order = order[np.argsort(index[order], kind="stable")]
        fold[order] = np.arange(count) % k
    return [np.flatnonzero(fold == i) for i in range(k)]
