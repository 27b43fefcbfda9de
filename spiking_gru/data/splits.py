"""Splits of sequences into parts: by a share of each class, by group, by time, into folds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import InputError, choose

Indices = NDArray[np.int64]

PARTS = ("train", "validation", "test")

VALIDATION_SHARE, TEST_SHARE = 0.1, 0.2


def by_class(
    labels: NDArray[np.int64], share: float, seed: int, names: Sequence[str] = ()
) -> Indices:
    """Return about `share` of each class, at least one sequence of it, chosen by the seed.

    Each class keeps at least one sequence as well. `names` of the classes are for errors.
    """
    rng = np.random.default_rng(seed)
    held: list[Indices] = []
    for label in np.unique(labels[labels >= 0]):  # those without a label stay
        members = rng.permutation(np.flatnonzero(labels == label))
        if len(members) < 2:
            name = repr(names[label]) if names else label
            raise InputError(
                f"class {name} has {len(members)} sequence: at least 2 are needed, one to train on "
                f"and one to hold out"
            )
        held.append(members[: min(len(members) - 1, max(1, round(share * len(members))))])
    return np.sort(np.concatenate(held)) if held else np.empty(0, dtype=np.int64)


def by_share(count: int, share: float, seed: int) -> Indices:
    """Return about `share` of all sequences, at least one, chosen by the seed."""
    if count < 2:
        raise InputError(
            f"there is {count} sequence: at least 2 are needed, one to train on and one to hold out"
        )
    rng = np.random.default_rng(seed)
    return np.sort(rng.permutation(count)[: min(count - 1, max(1, round(share * count)))])


def by_group(groups: NDArray[Any], share: float, seed: int) -> Indices:
    """Return all sequences of some groups, which make up about `share`, chosen by the seed.

    Groups are added in random order as long as that brings the share nearer.
    """
    names, sizes = np.unique(groups, return_counts=True)
    if len(names) < 2:
        raise InputError(
            f"every sequence is of the group {str(names[0])!r}: at least 2 groups are needed, so "
            f"that no group is in two parts"
        )
    wanted, taken = share * len(groups), 0
    chosen: list[int] = []
    for i in np.random.default_rng(seed).permutation(len(names)):
        nearer = abs(taken + sizes[i] - wanted) < abs(taken - wanted)
        if (nearer or not chosen) and len(chosen) < len(names) - 1:
            chosen.append(int(i))
            taken += int(sizes[i])
    return np.flatnonzero(np.isin(groups, names[chosen]))


def by_time(count: int, share: float) -> Indices:
    """Return the last `share` of all sequences, which are in the order of time."""
    if count < 2:
        raise InputError(
            f"there is {count} sequence: at least 2 are needed, one to train on and one to hold out"
        )
    return np.arange(count - min(count - 1, max(1, round(share * count))), count)


def given(parts: Sequence[Any], count: int, groups: NDArray[Any] | None) -> dict[str, Indices]:
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
        require_disjoint({part: groups[chosen] for part, chosen in found.items()})
    return found


def require_disjoint(groups: Mapping[str, NDArray[Any]]) -> None:
    """Refuse a group that is in two parts."""
    home: dict[str, str] = {}
    for part, members in groups.items():
        for name in np.unique(np.asarray(members, dtype=str)):
            if home.setdefault(str(name), part) != part:
                raise InputError(
                    f"the group {str(name)!r} is in the {home[str(name)]} part and in the {part} "
                    f"part: expected every group in one part: move its sequences, or leave the "
                    f"groups out"
                )


def folds(
    count: int, k: int, seed: int, like: NDArray[Any] | None = None, *, whole: bool = False
) -> list[Indices]:
    """Return k disjoint folds that together hold every sequence.

    `like` has a label of each sequence: every fold gets about as many of each. With `whole` the
    labels are groups, and every group is in one fold.
    """
    if not 2 <= k <= count:
        raise InputError(f"{k} folds of {count} sequences: expected 2 to {count}")
    rng = np.random.default_rng(seed)
    if like is None:
        like = np.zeros(count, dtype=np.int64)
    names, index, sizes = np.unique(like, return_inverse=True, return_counts=True)
    fold = np.empty(count, dtype=np.int64)
    if whole:
        if len(names) < k:
            raise InputError(f"{k} folds of {len(names)} groups: expected at most {len(names)}")
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
