"""Byte-pair encoding: frequent pairs of neighbouring symbols become one symbol (Sennrich 2016).

A text is cut into chunks, each a run of characters with the space before it, or a single white
space. Symbols begin as characters and are merged within a chunk only, so the symbols joined are the
text.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush
from itertools import pairwise

Pair = tuple[str, str]

CHUNK = re.compile(r" ?\S+|\s")


def chunks(text: str) -> list[str]:
    """Return the parts of a text within which symbols are merged."""
    found: list[str] = CHUNK.findall(text)
    return found


def pairs_of(symbols: Sequence[str]) -> Iterator[Pair]:
    """Return all pairs of neighbours."""
    return pairwise(symbols)


def learn_merges(texts: Iterable[str], most: int) -> list[Pair]:
    """Return at most `most` merges, in their order: each of the pair that is then most frequent.

    Of equally frequent pairs the first by its text is taken. A pair that occurs once is not merged.
    """
    times = Counter(chunk for text in texts for chunk in chunks(text))
    words = {chunk: list(chunk) for chunk in times}
    counts: Counter[Pair] = Counter()
    homes: defaultdict[Pair, set[str]] = defaultdict(set)
    for chunk, symbols in words.items():
        for pair in pairs_of(symbols):
            counts[pair] += times[chunk]
            homes[pair].add(chunk)
    # An entry is pushed when a count changes; one that no longer holds is passed over.
    heap = [(-count, pair) for pair, count in counts.items()]
    heapify(heap)
    merges: list[Pair] = []
    while len(merges) < most and heap:
        count, best = heappop(heap)
        if counts[best] != -count or count == 0:
            continue
        if count == -1:
            break
        merges.append(best)
        changes: Counter[Pair] = Counter()
        for chunk in homes.pop(best):
            for pair in pairs_of(words[chunk]):
                changes[pair] -= times[chunk]
            words[chunk] = merged(words[chunk], best)
            for pair in pairs_of(words[chunk]):
                changes[pair] += times[chunk]
                homes[pair].add(chunk)
        for pair, change in changes.items():
            if change:
                counts[pair] += change
                heappush(heap, (-counts[pair], pair))
    return merges


def merged(symbols: Sequence[str], pair: Pair) -> list[str]:
    """Return the symbols with every occurrence of a pair as one, from the left."""
    found: list[str] = []
    i = 0
    while i < len(symbols):
        if tuple(symbols[i : i + 2]) == pair:
            found.append(pair[0] + pair[1])
            i += 2
        else:
            found.append(symbols[i])
            i += 1
    return found


def symbols_of(chunk: str, ranks: Mapping[Pair, int]) -> list[str]:
    """Return the symbols of a chunk: its characters, merged in the order of the ranks."""
    found = list(chunk)
    while len(found) > 1:
        best = min(pairs_of(found), key=lambda pair: ranks.get(pair, len(ranks)))
        if best not in ranks:
            break
        found = merged(found, best)
    return found
