"""First names of the US census of 1990, from the package `names`: female or male."""

from __future__ import annotations

from pathlib import Path

from spiking_gru.data.sources.package import Package
from spiking_gru.data.sources.texts import Texts

NAMES = Package("names", "names", "pip install --no-deps names")

FILES = {"female": "dist.female.first", "male": "dist.male.first"}


def names() -> Texts:
    """Return each name once, in lower case; one that both have is of the more frequent gender."""
    shares = {gender: _shares(NAMES.file(path)) for gender, path in FILES.items()}
    texts = sorted({name for of_gender in shares.values() for name in of_gender})
    genders = [max(shares, key=lambda gender: shares[gender].get(name, 0.0)) for name in texts]
    return Texts(tuple(texts), tuple(genders))


def _shares(file: Path) -> dict[str, float]:
    """Return the share of people, in per cent, who have each name."""
    rows = (line.split() for line in file.read_text(encoding="ascii").splitlines())
    return {name.lower(): float(share) for name, share, *_ in rows}
